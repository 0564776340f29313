import { describe, expect, it } from "vitest";
import { FormatError } from "../../lib/errors.js";
import { OPCODES, type Opcode } from "../../lib/program/opcodes.js";
import { verifyProgram } from "../../lib/program/verify.js";
import type { MicroDescription, MicroStep } from "../../lib/program/writer.js";
import { ascending, type TestInstruction, type TestView, writeInstruction } from "./hand-written.js";
import { validInstructions } from "./valid-instructions.js";

/** A valid instruction with some of its parts replaced. */
interface Change {
  readonly output?: Partial<TestView>;
  readonly outputs?: readonly TestView[];
  readonly inputs?: readonly (Partial<TestView> | undefined)[];
  readonly fewerInputs?: number;
  readonly attributes?: Readonly<Record<string, number>>;
  readonly micro?: Partial<MicroDescription>;
}

function changed(opcode: Opcode, change: Change): TestInstruction {
  const valid = validInstructions[opcode];
  const count = change.fewerInputs ?? Math.max(valid.inputs.length, change.inputs?.length ?? 0);
  const inputs = ascending(count).map((i) => {
    const view = { ...(valid.inputs[i] ?? valid.inputs[0]), ...change.inputs?.[i] } as TestView;
    // Enough elements for any shape of the tables below.
    return { ...view, data: ascending(1000) };
  });
  const outputs = change.outputs ?? [{ ...(valid.outputs[0] as TestView), length: 1000, ...change.output }];
  const micro = valid.micro && { ...valid.micro, ...change.micro };
  return { ...valid, outputs, inputs, attributes: { ...valid.attributes, ...change.attributes }, micro };
}

function rejects(instruction: TestInstruction, message: string): void {
  const words = writeInstruction(instruction);
  expect(() => verifyProgram(words)).toThrow(FormatError);
  expect(() => verifyProgram(words)).toThrow(`program: instruction 0 (${instruction.opcode}): ${message}`);
}

describe("verifyProgram", () => {
  it.each(OPCODES)("accepts a valid %s", (opcode) => {
    const program = verifyProgram(writeInstruction(validInstructions[opcode]));
    expect(program.instructions[0]?.opcode).toBe(opcode);
    expect(() => verifyProgram(writeInstruction(changed(opcode, {})))).not.toThrow();
  });

  it.each<[Opcode, Change, string]>([
    ["map", { outputs: [], micro: { results: [] } }, "0 outputs; expected 1 to 32"],
    ["map", { inputs: [{ shape: [3, 2] }] }, "shapes differ: [2, 3], [3, 2], [2, 3]"],
    ["map", { output: { shape: [6] } }, "shapes differ: [6], [2, 3], [2, 3]"],
    ["reduce", { fewerInputs: 0 }, "no inputs; expected at least 1"],
    [
      "reduce",
      {
        outputs: [
          { shape: [1, 3], dtype: "int32" },
          { shape: [1, 3], dtype: "int32" },
        ],
        attributes: { kind: 4, axis: 0 },
        micro: { results: [2, 2] },
      },
      "2 outputs; expected 1",
    ],
    ["reduce", { outputs: [{ shape: [1, 3] }, { shape: [2, 1] }], micro: { results: [2, 2] } }, "shapes differ"],
    [
      "reduce",
      { outputs: [{ shape: [1, 3] }, { shape: [1, 3], dtype: "int32" }], micro: { results: [2, 2] } },
      "dtypes differ: float32, int32",
    ],
    [
      "reduce",
      { outputs: [{ shape: [1, 3] }, { shape: [1, 3] }], attributes: { kind: 6 }, micro: { results: [2, 3] } },
      "variance of register 2 with the sum of register 3",
    ],
    ["reduce", { inputs: [{ shape: [2, 2] }] }, "shapes differ: [2, 2], [2, 3]"],
    ["reduce", { output: { shape: [3] } }, "[2, 3] does not reduce to [3]"],
    ["reduce", { output: { shape: [1, 2] } }, "[2, 3] does not reduce to [1, 2]"],
    ["reduce", { attributes: { kind: 7 } }, "attribute kind is 7; expected it in [0, 6]"],
    ["reduce", { attributes: { axis: 0 } }, "attribute axis is 0; expected it in [-1, -1]"],
    ["reduce", { output: { dtype: "int32" } }, "output must be float32, got int32"],
    ["reduce", { attributes: { kind: 4 } }, "attribute axis is -1; expected it in [0, 1]"],
    ["reduce", { attributes: { kind: 4, axis: 1 } }, "argMax along axis 1 of [2, 3] does not give [1, 3]"],
    ["reduce", { attributes: { kind: 5, axis: 0 } }, "output must be int32, got float32"],
    [
      "reduce",
      { inputs: [{ shape: [0, 3] }, { shape: [0, 3] }], attributes: { kind: 4, axis: 0 }, output: { dtype: "int32" } },
      "argMax along an empty axis: [0, 3]",
    ],
    ["reduce", { micro: { results: [9] } }, "register 9 is read before it is assigned"],
    ["matmul", { fewerInputs: 1 }, "1 inputs; expected at least 2"],
    ["matmul", { output: { shape: [3, 4] } }, "ranks do not fit: [2, 3, 5] · [2, 5, 4] → [3, 4]"],
    ["matmul", { inputs: [{ shape: [3, 3, 5] }] }, "batch axes differ: [3, 3, 5] · [2, 5, 4] → [2, 3, 4]"],
    [
      "matmul",
      { inputs: [{ shape: [2, 3, 6] }] },
      "inner dimensions differ: [2, 3, 6] · [2, 5, 4] → [2, 3, 4] (6 ≠ 5)",
    ],
    ["matmul", { output: { shape: [2, 4, 3] } }, "output does not fit: [2, 3, 5] · [2, 5, 4] → [2, 4, 3]"],
    ["matmul", { inputs: [undefined, undefined, { shape: [2, 3, 1] }] }, "shapes differ: [2, 3, 4], [2, 3, 1]"],
    ["matmul", { inputs: [undefined, { dtype: "float64" }] }, "dtypes differ: float32, float64"],
    ["matmul", { inputs: [{ dtype: "int32" }, { dtype: "int32" }] }, "expected floats, got int32"],
    ["conv2d", { inputs: [{ shape: [2, 6, 16] }] }, "x must have 4 axes: [2, 6, 16]"],
    ["conv2d", { inputs: [undefined, { shape: [4, 3, 4] }] }, "w must have 4 axes"],
    ["conv2d", { output: { shape: [2, 4, 9] } }, "y must have 4 axes"],
    ["conv2d", { attributes: { strideH: 0 } }, "attribute strideH is 0; expected it in [1, 2147483647]"],
    ["conv2d", { attributes: { dilationW: -1 } }, "attribute dilationW is -1"],
    ["conv2d", { attributes: { padLeft: -1 } }, "attribute padLeft is -1"],
    ["conv2d", { attributes: { accuracy: 2 } }, "attribute accuracy is 2; expected it in [0, 1]"],
    ["conv2d", { attributes: { groups: 0 } }, "attribute groups is 0"],
    ["conv2d", { attributes: { groups: 3 } }, "channels do not fit the groups"],
    ["conv2d", { inputs: [{ shape: [2, 9, 4, 4] }], attributes: { groups: 3 } }, "channels do not fit the groups"],
    ["conv2d", { output: { shape: [1, 4, 3, 3] } }, "batch or output channels differ"],
    ["conv2d", { output: { shape: [2, 6, 3, 3] } }, "batch or output channels differ"],
    ["conv2d", { inputs: [undefined, { shape: [4, 3, 0, 2] }] }, "empty kernel"],
    ["conv2d", { attributes: { strideH: 2 ** 31 - 1 } }, "windows extend over 4294967296 elements"],
    ["conv2d", { inputs: [undefined, { dtype: "float64" }] }, "dtypes differ: float32, float64"],
    ["conv2d", { inputs: [{ dtype: "uint8" }, { dtype: "uint8" }] }, "expected floats, got uint8"],
    ["conv2dGradInput", { inputs: [{ shape: [2, 3, 3, 3] }] }, "batch or output channels differ"],
    ["conv2dGradInput", { inputs: [undefined, { shape: [4, 2, 2, 2] }] }, "channels do not fit the groups"],
    ["conv2dGradWeight", { output: { shape: [4, 6, 2, 2] } }, "channels do not fit the groups"],
    ["conv2dGradWeight", { inputs: [undefined, { shape: [2, 2, 3, 3] }] }, "batch or output channels differ"],
    ["pool", { attributes: { kind: 3 } }, "attribute kind is 3; expected it in [0, 2]"],
    ["pool", { attributes: { kind: 2 } }, "1 inputs; expected 2 for select"],
    ["pool", { inputs: [{}, {}] }, "2 inputs; expected 1 for max"],
    ["pool", { inputs: [{}, {}, {}] }, "3 inputs; expected 1 to 2"],
    ["pool", { inputs: [{}, { shape: [1, 2, 4, 3] }], attributes: { kind: 2 } }, "shapes differ"],
    ["pool", { inputs: [{ dtype: "float64" }] }, "dtypes differ: float32, float64"],
    ["pool", { inputs: [{ dtype: "uint8" }], output: { dtype: "uint8" } }, "expected floats, got uint8"],
    ["pool", { inputs: [{ shape: [1, 3, 4] }] }, "x must have 4 axes"],
    ["pool", { output: { shape: [2, 2, 2] } }, "y must have 4 axes"],
    ["pool", { output: { shape: [1, 1, 2, 2] } }, "batch or channels differ"],
    ["pool", { attributes: { kernelH: 0 } }, "attribute kernelH is 0"],
    ["pool", { attributes: { strideW: 0 } }, "attribute strideW is 0"],
    ["pool", { attributes: { padTop: 2 } }, "attribute padTop is 2; expected it in [0, 1]"],
    ["pool", { attributes: { padLeft: -1 } }, "attribute padLeft is -1"],
    ["pool", { attributes: { countIncludePadding: 2 } }, "attribute countIncludePadding is 2"],
    ["pool", { output: { shape: [1, 2, 3, 2] } }, "a window lies outside: [1, 2, 3, 4] to [1, 2, 3, 2]"],
    ["pool", { inputs: [{ shape: [1, 2, 0, 4] }] }, "a window lies outside"],
    ["pool", { attributes: { kernelH: 2 ** 31 - 1 } }, "windows extend over 2147483649 elements"],
    ["poolGrad", { fewerInputs: 1 }, "1 inputs; expected 2 for max"],
    ["poolGrad", { attributes: { kind: 1 } }, "2 inputs; expected 1 for average"],
    ["poolGrad", { attributes: { kind: 2 } }, "attribute kind is 2; expected it in [0, 1]"],
    ["poolGrad", { inputs: [undefined, { shape: [1, 2, 4, 3] }] }, "shapes differ"],
    ["poolGrad", { output: { shape: [1, 2, 2, 4] }, inputs: [undefined, { shape: [1, 2, 1, 4] }] }, "shapes differ"],
    ["softmax", { output: { shape: [3, 2] } }, "shapes differ"],
    ["softmax", { output: { dtype: "float64" } }, "dtypes differ"],
    ["softmax", { output: { shape: [] }, inputs: [{ shape: [] }] }, "expected at least one axis, got a scalar"],
    ["softmax", { output: { dtype: "int32" }, inputs: [{ dtype: "int32" }] }, "expected floats, got int32"],
    ["softmax", { attributes: { log: 2 } }, "attribute log is 2; expected it in [0, 1]"],
    ["softmax", { inputs: [{}, {}] }, "2 inputs; expected 1"],
    ["softmaxGrad", { fewerInputs: 1 }, "1 inputs; expected 2"],
    ["softmaxGrad", { inputs: [undefined, { shape: [3, 2] }] }, "shapes differ"],
    ["crossEntropy", { output: { shape: [2, 3] } }, "shapes differ: [2, 3], [2, 1]"],
    ["crossEntropy", { output: { dtype: "float64" } }, "dtypes differ: float64, float32"],
    ["crossEntropy", { inputs: [undefined, { dtype: "float32" }] }, "labels must be int32, got float32"],
    ["crossEntropy", { inputs: [{ shape: [3, 3] }] }, "shapes differ off axis 1: [3, 3], [2, 1]"],
    [
      "crossEntropy",
      { output: { shape: [2, 3] }, inputs: [undefined, { shape: [2, 3] }] },
      "expected one label for each row: [2, 3]",
    ],
    ["crossEntropyGrad", { output: { shape: [2, 2] } }, "shapes differ: [2, 2], [2, 3]"],
    ["crossEntropyGrad", { inputs: [{ shape: [2, 3] }] }, "shapes differ: [2, 3], [2, 1]"],
    ["gather", { output: { shape: [2, 2] } }, "shapes differ: [2, 2], [2, 3]"],
    ["gather", { output: { dtype: "int32" } }, "dtypes differ: int32, float32"],
    ["gather", { inputs: [undefined, { dtype: "float32" }] }, "indices must be int32, got float32"],
    ["gather", { attributes: { axis: 2 } }, "attribute axis is 2; expected it in [0, 1]"],
    ["gather", { attributes: { axis: 1 } }, "shapes differ off axis 1: [5, 3], [2, 3]"],
    ["gather", { inputs: [{ shape: [5, 3, 1] }] }, "shapes differ off axis 0: [5, 3, 1], [2, 3]"],
    ["scatterAdd", { output: { shape: [4, 3] } }, "shapes differ: [4, 3], [5, 3]"],
    ["scatterAdd", { inputs: [undefined, undefined, { shape: [1, 3] }] }, "shapes differ: [1, 3], [2, 3]"],
    ["scatterAdd", { inputs: [undefined, undefined, { dtype: "float64" }] }, "dtypes differ: float32, float64"],
    ["scatterAdd", { inputs: [undefined, { dtype: "float32" }] }, "indices must be int32, got float32"],
    ["scatterAdd", { attributes: { axis: -1 } }, "attribute axis is -1"],
    ["scatterAdd", { attributes: { axis: 1 } }, "shapes differ off axis 1: [5, 3], [2, 3]"],
    [
      "scatterAdd",
      { output: { dtype: "uint8" }, inputs: [{ dtype: "uint8" }, undefined, { dtype: "uint8" }] },
      "expected floats or int32, got uint8",
    ],
    ["copy", { output: { shape: [6] } }, "shapes differ"],
    ["copy", { output: { dtype: "float64" } }, "dtypes differ"],
    ["random", { inputs: [{ shape: [3] }] }, "key must have shape [2]: [3]"],
    ["random", { inputs: [{ dtype: "float32" }] }, "key must be int32, got float32"],
    ["random", { attributes: { kind: 3 } }, "attribute kind is 3; expected it in [0, 2]"],
    ["random", { attributes: { kind: 0 } }, "output must be int32, got float32"],
    ["random", { output: { dtype: "int32" } }, "expected floats, got int32"],
  ])("rejects %s with %j", (opcode, change, message) => {
    rejects(changed(opcode, change), message);
  });
});

describe("verifyProgram on micro-programs", () => {
  const step = (op: MicroStep["op"], rest: Partial<MicroStep> = {}): Partial<MicroDescription> => {
    return { registers: 4, results: [0], code: [{ op, dtype: "float32", dst: 3, ...rest }] };
  };

  it.each<[string, Partial<MicroDescription>, string]>([
    ["fewer registers than inputs", { registers: 1 }, "1 registers; expected 2 to 32"],
    ["too many registers", { registers: 33 }, "33 registers; expected 2 to 32"],
    ["a negative number of registers", { registers: -1 }, "-1 registers; expected 2 to 32"],
    ["an unassigned operand", step("add", { a: 0, b: 2 }), "register 2 is read before it is assigned"],
    ["a negative operand", step("neg", { a: -1 }), "register -1 is read before it is assigned"],
    ["an unassigned result", { results: [3], code: [] }, "register 3 is read before it is assigned"],
    ["a destination too large", step("neg", { dst: 4 }), "neg writes register 4 of 4"],
    ["a negative destination", step("neg", { dst: -1 }), "neg writes register -1 of 4"],
    [
      "an operand of another dtype",
      step("neg", { dtype: "int32" }),
      "neg expects int32 in register 0, which holds float32",
    ],
    ["div of int32", step("div", { dtype: "int32" }), "div does not compute on int32"],
    ["add of bytes", step("add", { dtype: "uint8" }), "add does not compute on uint8"],
    ["not of floats", step("not"), "not does not compute on float32"],
    ["where on a float", step("where", { b: 1, c: 1 }), "where expects bool in register 0, which holds float32"],
    ["a scalar that is not there", step("scalar", { a: 1 }), "scalar 1 of 1"],
    ["a negative scalar", step("scalar", { a: -1 }), "scalar -1 of 1"],
    ["a cast from nowhere", step("cast", { b: 5 }), "cast from an unknown dtype: 5"],
    ["a cast from another dtype", step("cast", { b: 2 }), "cast expects int32 in register 0, which holds float32"],
    ["a result of another dtype", { ...step("lt", { b: 1 }), results: [3] }, "output 0 is float32, its register bool"],
    [
      "a register that changed its dtype",
      {
        registers: 2,
        results: [1],
        code: [
          { op: "eq", dtype: "float32", dst: 0, a: 0, b: 1 },
          { op: "neg", dtype: "float32", dst: 1, a: 0 },
        ],
      },
      "neg expects float32 in register 0, which holds bool",
    ],
  ])("rejects %s", (_, micro, message) => {
    rejects(changed("map", { micro }), message);
  });
});
