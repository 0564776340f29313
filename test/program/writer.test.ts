import { describe, expect, it } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { constantValue, type MicroInstruction, readProgram } from "../../lib/program/reader.js";
import { ProgramWriter } from "../../lib/program/writer.js";

describe("ProgramWriter and readProgram", () => {
  it("lay out words as format.ts says", () => {
    const writer = new ProgramWriter();
    const input = writer.buffer("input", "int32", 6, 0);
    const output = writer.buffer("output", "bool", 6, 0);
    const a = writer.view(input, { offset: 0, shape: [2, 3], strides: [3, 1] });
    const b = writer.view(output, { offset: 0, shape: [2, 3], strides: [1, 2] });
    writer.scalars = 3;
    writer.arenaBlocks = 4;
    writer.instruction("map", {
      outputs: [b],
      inputs: [a, a],
      micro: { registers: 3, results: [2], code: [{ op: "lt", dtype: "int32", dst: 2, a: 0, b: 1 }] },
    });
    const zeros = (count: number) => new Array<number>(count).fill(0);
    expect(Array.from(writer.finish())).toEqual([
      ...[0x4e475250, 3, 2, 2, 1, 14, 4, 3],
      ...[0, 2, 6, 0],
      ...[4, 4, 6, 0],
      ...[0, 0, 2, 2, 3, ...zeros(6), 3, 1, ...zeros(6)],
      ...[1, 0, 2, 2, 3, ...zeros(6), 1, 2, ...zeros(6)],
      // map, 14 words; 1 output, 2 inputs; views; 3 registers, 1 micro-instruction, result; lt int32 r2 = r0, r1.
      ...[14 << 16, 1 | (2 << 16), 1, 0, 0, 3, 1, 2, 30, 2, 2, 0, 1, 0],
    ]);
  });

  it("decode what was written", () => {
    const writer = new ProgramWriter();
    const view = { offset: 1, shape: [2, 4], strides: [-4, 1] };
    const source = writer.view(writer.buffer("state", "float64", 9, 0), { ...view, offset: 5 });
    const target = writer.view(writer.buffer("temp", "float64", 9, 2), view);
    writer.arenaBlocks = 5;
    writer.instruction("softmax", { outputs: [target], inputs: [source], attributes: { log: 1 } });
    const { buffers, views, instructions, arenaBlocks, scalars } = readProgram(writer.finish());
    expect(buffers).toEqual([
      { index: 0, kind: "state", dtype: "float64", length: 9, place: 0 },
      { index: 1, kind: "temp", dtype: "float64", length: 9, place: 2 },
    ]);
    expect(views[1]).toEqual({ index: 1, buffer: buffers[1], ...view });
    const [instruction] = instructions;
    expect(instruction).toMatchObject({ index: 0, opcode: "softmax", attributes: { log: 1 } });
    expect(instruction?.inputs).toEqual([views[0]]);
    expect(instruction?.outputs).toEqual([views[1]]);
    expect(instruction?.micro).toBeUndefined();
    expect({ arenaBlocks, scalars }).toEqual({ arenaBlocks: 5, scalars: 0 });
  });

  it("store the same view once", () => {
    const writer = new ProgramWriter();
    const [first, second] = [writer.buffer("input", "int32", 4, 0), writer.buffer("input", "int32", 4, 1)];
    const view = { offset: 0, shape: [2, 2], strides: [2, 1] };
    expect(writer.view(first, view)).toBe(0);
    expect(writer.view(first, { ...view })).toBe(0);
    expect(writer.view(second, view)).toBe(1);
    expect(writer.view(first, { ...view, strides: [1, 2] })).toBe(2);
    expect(writer.view(first, { ...view, shape: [2] as number[], strides: [2] })).toBe(3);
  });

  it.each([0, -0, 0.1, -1e-320, 1.7976931348623157e308, Number.NEGATIVE_INFINITY, Number.NaN])(
    "keep every bit of the constant %d",
    (value) => {
      const writer = new ProgramWriter();
      const out = writer.view(writer.buffer("output", "float64", 1, 0), { offset: 0, shape: [], strides: [] });
      const code = [{ op: "constant", dtype: "float64", dst: 0, value }] as const;
      writer.instruction("map", { outputs: [out], inputs: [], micro: { registers: 1, results: [0], code } });
      const [instruction] = readProgram(writer.finish()).instructions;
      expect(constantValue(instruction?.micro?.code[0] as MicroInstruction)).toBe(value);
    },
  );

  it("refuse what the compiler must not write", () => {
    const writer = new ProgramWriter();
    const micro = { registers: 0, results: [], code: [] };
    const operands = { outputs: [], inputs: [] };
    expect(() => writer.instruction("softmax", operands)).toThrow(OptionError);
    expect(() => writer.instruction("map", operands)).toThrow(OptionError);
    expect(() => writer.instruction("copy", { ...operands, micro })).toThrow(OptionError);
    const outputs = new Array<number>(40000).fill(0);
    expect(() => writer.instruction("copy", { ...operands, outputs })).toThrow(OptionError);
  });
});
