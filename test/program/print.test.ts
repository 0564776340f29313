import { describe, expect, it } from "vitest";
import { FormatError } from "../../lib/errors.js";
import { printProgram } from "../../lib/program/print.js";
import { type MicroDescription, ProgramWriter } from "../../lib/program/writer.js";
import { writeInstruction } from "./hand-written.js";

/** The line of the one instruction of a Program. */
function line(instruction: Parameters<typeof writeInstruction>[0]): string {
  return printProgram(writeInstruction(instruction)).trimEnd().split("\n").at(-1) as string;
}

function mapLine(micro: MicroDescription, inputs: number, outputs = 1): string {
  const view = { shape: [4] };
  const text = line({
    opcode: "map",
    outputs: new Array(outputs).fill(view),
    inputs: new Array(inputs).fill(view),
    micro,
  });
  return text.slice(text.indexOf("{"));
}

describe("printProgram", () => {
  it("appends what a machine says about an instruction", () => {
    const instruction = { opcode: "copy", outputs: [{ shape: [4] }], inputs: [{ shape: [4] }] } as const;
    const words = writeInstruction(instruction);
    expect(printProgram(words, ["by hand"])).toBe(printProgram(words).replace(/\n$/, "  -- by hand\n"));
    expect(printProgram(words, [""])).toBe(printProgram(words));
  });

  it("prints buffers with places and sizes, and a line per instruction", () => {
    const writer = new ProgramWriter();
    const add = (kind: "input" | "constant" | "temp" | "output", shape: number[], strides: number[], place: number) =>
      writer.view(writer.buffer(kind, "float32", place === 0 ? 1225 : 32, place), { offset: 0, shape, strides });
    const x = add("input", [2, 35], [35, 1], 0);
    const w = add("constant", [35, 16], [1, 35], 0);
    const bias = add("constant", [2, 16], [0, 1], 1);
    const hidden = add("temp", [2, 16], [16, 1], 3);
    const picked = writer.view(3, { offset: 1, shape: [1, 16], strides: [7, 2] });
    const out = add("output", [1, 1], [1, 1], 0);
    writer.arenaBlocks = 20;
    const micro: MicroDescription = {
      registers: 3,
      results: [2],
      code: [
        { op: "add", dtype: "float32", dst: 2, a: 0, b: 1 },
        { op: "constant", dtype: "float32", dst: 1, value: 0 },
        { op: "max", dtype: "float32", dst: 2, a: 2, b: 1 },
      ],
    };
    writer.instruction("matmul", { outputs: [hidden], inputs: [x, w, bias], micro });
    writer.instruction("reduce", {
      outputs: [out],
      inputs: [picked],
      attributes: { kind: 2, axis: -1 },
      micro: { registers: 1, results: [0], code: [] },
    });
    expect(printProgram(writer.finish())).toBe(
      [
        "program: 5 buffers, 6 views, 2 instructions, 0 scalars, arena 1,280 bytes",
        "buffers",
        "  %0  input 0     float32 × 1,225 = 4,900 bytes",
        "  %1  constant 0  float32 × 1,225 = 4,900 bytes",
        "  %2  constant 1  float32 × 32 = 128 bytes",
        "  %3  temp @192   float32 × 32 = 128 bytes",
        "  %4  output 0    float32 × 1,225 = 4,900 bytes",
        "code",
        "  0  matmul  %3[2, 16] = %0[2, 35] · %1[35, 16]ᵀ, in0 %2[2, 16](0, 1)  { max(product + in0, 0) }",
        "  1  reduce  %4[1, 1] = in0 %3+1[1, 16](7, 2)  max",
        "",
      ].join("\n"),
    );
  });

  it("prints attributes by name, pairs together", () => {
    const four = (...shape: number[]) => ({ shape });
    const window = {
      strideH: 2,
      strideW: 1,
      padTop: 1,
      padLeft: 0,
      dilationH: 1,
      dilationW: 1,
      groups: 1,
      accuracy: 1,
    };
    expect(
      line({
        opcode: "conv2d",
        outputs: [four(1, 3, 4, 4)],
        inputs: [four(1, 2, 8, 4), four(3, 2, 1, 1)],
        attributes: window,
        micro: { registers: 1, results: [0], code: [] },
      }),
    ).toBe(
      "  0  conv2d  %0[1, 3, 4, 4] = %1[1, 2, 8, 4] ⋆ %2[3, 2, 1, 1]  stride 2×1, pad 1×0, dilation 1×1, groups 1, strict",
    );
    const pooling = { kind: 1, kernelH: 2, kernelW: 2, strideH: 2, strideW: 2, padTop: 0, padLeft: 0 };
    expect(
      line({
        opcode: "poolGrad",
        outputs: [four(1, 1, 4, 4)],
        inputs: [four(1, 1, 2, 2)],
        attributes: { ...pooling, countIncludePadding: 1 },
      }),
    ).toBe(
      "  0  poolGrad  %0[1, 1, 4, 4] = %1[1, 1, 2, 2]  average, kernel 2×2, stride 2×2, pad 0×0, countIncludePadding 1",
    );
    expect(
      line({
        opcode: "random",
        outputs: [{ shape: [4] }],
        inputs: [{ dtype: "int32", shape: [2] }],
        attributes: { kind: 2, stream: 5 },
      }),
    ).toBe("  0  random  %0[4] = %1[2]  normal, stream 5");
  });

  it("prints micro-programs as expressions with the brackets they need", () => {
    const dtype = "float32";
    expect(
      mapLine(
        {
          registers: 4,
          results: [3],
          code: [
            { op: "sub", dtype, dst: 3, a: 1, b: 2 },
            { op: "sub", dtype, dst: 3, a: 0, b: 3 },
            { op: "neg", dtype, dst: 3, a: 3 },
            { op: "mul", dtype, dst: 3, a: 3, b: 0 },
            { op: "mulAdd", dtype, dst: 3, a: 0, b: 3, c: 1 },
          ],
        },
        3,
      ),
    ).toBe("{ in0 · (-(in0 - (in1 - in2)) · in0) + in1 }");
    expect(
      mapLine(
        {
          registers: 4,
          results: [2],
          code: [
            { op: "scalar", dtype, dst: 2, a: 1 },
            { op: "lt", dtype, dst: 3, a: 0, b: 2 },
            { op: "not", dtype: "bool", dst: 3, a: 3 },
            { op: "cast", dtype: "float32", dst: 1, a: 1, b: 2 },
            { op: "constant", dtype, dst: 2, value: -0 },
            { op: "where", dtype, dst: 2, a: 3, b: 1, c: 2 },
          ],
        },
        2,
      ),
    ).toBe("{ where(not(in0 < s1), float32(in1), -0) }");
  });

  it("names what is read more than once, and lists several results", () => {
    const dtype = "float32";
    expect(
      mapLine(
        {
          registers: 3,
          results: [1, 0, 2],
          code: [
            { op: "exp", dtype, dst: 0, a: 0 },
            { op: "constant", dtype, dst: 1, value: 1 },
            { op: "add", dtype, dst: 2, a: 0, b: 1 },
            { op: "div", dtype, dst: 1, a: 0, b: 2 },
          ],
        },
        1,
        3,
      ),
    ).toBe("{ t0 = exp(in0); t1 = t0 + 1; t0 / t1, t0, t1 }");
  });

  it("prints what does not verify, and rejects what cannot be decoded", () => {
    const micro: MicroDescription = {
      registers: 9,
      results: [7],
      code: [{ op: "sqrt", dtype: "bool", dst: 7, a: 8 }],
    };
    expect(mapLine(micro, 0)).toBe("{ sqrt(r8) }");
    expect(() => printProgram(new Int32Array(2))).toThrow(FormatError);
  });

  it("prints an empty Program", () => {
    expect(printProgram(new ProgramWriter().finish())).toBe(
      "program: 0 buffers, 0 views, 0 instructions, 0 scalars, arena 0 bytes\nbuffers\ncode\n",
    );
  });
});
