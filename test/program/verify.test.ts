import { describe, expect, it } from "vitest";
import { ReferenceBackend } from "../../lib/backends/reference/index.js";
import { FormatError, IndexError } from "../../lib/errors.js";
import { BUFFER_WORDS, HEADER_WORDS, Header, VIEW_WORDS } from "../../lib/program/format.js";
import { OPCODES } from "../../lib/program/opcodes.js";
import type { Program } from "../../lib/program/reader.js";
import { verifyProgram } from "../../lib/program/verify.js";
import { ProgramWriter } from "../../lib/program/writer.js";
import { sizeOf } from "../../lib/shape.js";
import { arrayOf, writeInstruction } from "./hand-written.js";
import { validInstructions } from "./valid-instructions.js";

/** input → temp → output by copies of [2, 3], the temp in block 1 of an arena of 2. */
function copies(): Int32Array {
  const writer = new ProgramWriter();
  const view = { offset: 0, shape: [2, 3], strides: [3, 1] };
  const input = writer.view(writer.buffer("input", "float32", 6, 0), view);
  const temp = writer.view(writer.buffer("temp", "float32", 6, 1), view);
  const output = writer.view(writer.buffer("output", "float32", 6, 0), view);
  writer.arenaBlocks = 2;
  writer.instruction("copy", { outputs: [temp], inputs: [input] });
  writer.instruction("copy", { outputs: [output], inputs: [temp] });
  return writer.finish();
}

const bufferAt = (index: number) => HEADER_WORDS + index * BUFFER_WORDS;
const viewAt = (index: number) => HEADER_WORDS + 3 * BUFFER_WORDS + index * VIEW_WORDS;
const codeAt = HEADER_WORDS + 3 * BUFFER_WORDS + 3 * VIEW_WORDS;
const [KIND, DTYPE, LENGTH, PLACE] = [0, 1, 2, 3];
const [OFFSET, RANK, SHAPE, STRIDES] = [1, 2, 3, 11];
const MAX = 2 ** 31 - 1;

describe("verifyProgram", () => {
  it("accepts a valid Program", () => {
    expect(verifyProgram(copies()).instructions).toHaveLength(2);
  });

  it.each<[string, [word: number, value: number][], string]>([
    ["another magic number", [[Header.magic, 7]], "header: wrong magic number: 7"],
    ["another version", [[Header.abi, 2]], "header: format version 2; expected 3"],
    ["a negative count", [[Header.buffers, -1]], "header: negative number of buffers: -1"],
    ["a negative arena", [[Header.arenaBlocks, -1]], "header: negative number of arenaBlocks: -1"],
    ["negative scalars", [[Header.scalars, -1]], "header: negative number of scalars: -1"],
    ["a wrong count of views", [[Header.views, 4]], "header: announces"],
    ["a huge count of instructions", [[Header.instructions, MAX]], "header: 2147483647 instructions in 8 words"],
    ["too few instructions", [[Header.instructions, 1]], "instructions end at word"],
    ["too many instructions", [[Header.instructions, 3]], "instruction 2 is cut off at word"],
    ["an unknown buffer kind", [[bufferAt(0) + KIND, 5]], "buffer 0: unknown kind: 5; expected one in [0, 5)"],
    ["an unknown dtype", [[bufferAt(1) + DTYPE, -1]], "buffer 1: unknown dtype: -1; expected one in [0, 5)"],
    ["a negative length", [[bufferAt(0) + LENGTH, -1]], "buffer 0: negative length: -1"],
    ["a negative slot", [[bufferAt(0) + PLACE, -1]], "buffer 0: negative slot: -1"],
    ["a slot left out", [[bufferAt(2) + PLACE, 1]], "buffers: slots of kind output are not 0 … 0: 1"],
    ["a negative arena offset", [[bufferAt(1) + PLACE, -1]], "buffer 1: negative arena offset: -1"],
    ["a temp past the arena", [[bufferAt(1) + PLACE, 2]], "buffer 1: ends outside the arena: at byte 152 of 128"],
    [
      "a temp far past the arena",
      [
        [bufferAt(1) + PLACE, MAX],
        [bufferAt(1) + LENGTH, MAX],
      ],
      "buffer 1: ends outside the arena: at byte 146028887996 of 128",
    ],
    ["an unknown buffer", [[viewAt(1), 3]], "view 1: unknown buffer: 3; expected one in [0, 3)"],
    ["a rank too large", [[viewAt(0) + RANK, 9]], "view 0: rank 9; expected one in [0, 8]"],
    ["a negative rank", [[viewAt(0) + RANK, -1]], "view 0: rank -1"],
    ["words of unused axes", [[viewAt(0) + SHAPE + 2, 1]], "view 0: words of unused axes are not 0"],
    ["strides of unused axes", [[viewAt(0) + STRIDES + 7, 1]], "view 0: words of unused axes are not 0"],
    ["a negative axis", [[viewAt(0) + SHAPE, -2]], "view 0: negative length: [-2, 3]"],
    ["too many elements", [[viewAt(0) + SHAPE, MAX]], "view 0: too many elements: [2147483647, 3]"],
    [
      "too many elements next to an empty axis",
      [
        [viewAt(0) + SHAPE, MAX],
        [viewAt(0) + RANK, 3],
      ],
      "view 0: too many elements: [2147483647, 3, 0]",
    ],
    ["a view past its buffer", [[viewAt(0) + OFFSET, 1]], "view 0: reaches outside buffer 0: elements 1 to 6 of 6"],
    [
      "a view before its buffer",
      [[viewAt(0) + STRIDES, -3]],
      "view 0: reaches outside buffer 0: elements -3 to 2 of 6",
    ],
    [
      "strides that overflow 32 bits",
      [
        [viewAt(0) + STRIDES, MAX],
        [viewAt(0) + STRIDES + 1, MAX],
      ],
      "view 0: reaches outside buffer 0: elements 0 to 6442450941 of 6",
    ],
    ["a negative offset", [[viewAt(0) + OFFSET, -1]], "view 0: offset -1 is outside buffer 0"],
    [
      "an empty view outside",
      [
        [viewAt(0) + SHAPE, 0],
        [viewAt(0) + OFFSET, 7],
      ],
      "view 0: offset 7 is outside buffer 0",
    ],
    ["an unknown opcode", [[codeAt, OPCODES.length | (4 << 16)]], `instruction 0: unknown opcode: ${OPCODES.length}`],
    [
      "a wrong instruction length",
      [[codeAt, OPCODES.indexOf("copy") | (5 << 16)]],
      "instruction 0 (copy): takes 4 words, but says 5",
    ],
    ["an unknown view", [[codeAt + 3, 3]], "instruction 0 (copy): unknown view: 3; expected one in [0, 3)"],
    [
      "a write to an input",
      [[codeAt + 2, 0]],
      "instruction 0 (copy): output 0 lies in buffer 0, which is read-only: input",
    ],
    ["a write to a constant", [[bufferAt(2) + KIND, 2]], "output 0 lies in buffer 2, which is read-only: constant"],
    ["an output over its input", [[codeAt + 3, 1]], "instruction 0 (copy): output 0 overlaps input 0"],
    [
      "an output with stride 0",
      [[viewAt(1) + STRIDES, 0]],
      "output 0 has several elements at one address: [2, 3], strides [0, 1]",
    ],
    [
      "an output whose rows overlap",
      [[viewAt(1) + STRIDES, 2]],
      "output 0 has several elements at one address: [2, 3], strides [2, 1]",
    ],
  ])("rejects %s", (_, edits, message) => {
    const words = copies();
    for (const [word, value] of edits) words[word] = value;
    expect(() => verifyProgram(words)).toThrow(FormatError);
    expect(() => verifyProgram(words)).toThrow(`program: ${message.startsWith("output") ? "instruction" : message}`);
    expect(() => verifyProgram(words)).toThrow(message);
  });

  it("rejects a Program cut off anywhere", () => {
    const words = copies();
    for (let length = 0; length < words.length; length++) {
      expect(() => verifyProgram(words.subarray(0, length))).toThrow(FormatError);
    }
  });

  it("rejects a micro-program longer than the code", () => {
    const words = writeInstruction(validInstructions.softmax);
    const map = writeInstruction(validInstructions.map);
    expect(words.length).toBeLessThan(map.length);
    const count = HEADER_WORDS + 3 * BUFFER_WORDS + 3 * VIEW_WORDS + 6;
    expect(map[count]).toBe(validInstructions.map.micro?.code.length);
    for (const length of [-1, 9, MAX]) {
      map[count] = length;
      expect(() => verifyProgram(map)).toThrow(FormatError);
    }
  });
});

describe("verifyProgram on overlaps", () => {
  const pass = { registers: 1, results: [0], code: [] };
  const build = (write: (writer: ProgramWriter) => void) => () => {
    const writer = new ProgramWriter();
    writer.arenaBlocks = 4;
    write(writer);
    return verifyProgram(writer.finish());
  };
  const matrix = (offset: number, strides: number[]) => ({ offset, shape: [3, 2], strides });

  it("lets a micro-program write element for element over what it reads, and nothing else", () => {
    const map = (strides: number[], offset = 0) =>
      build((writer) => {
        const buffer = writer.buffer("state", "float32", 8, 0);
        const outputs = [writer.view(buffer, matrix(0, [2, 1]))];
        writer.instruction("map", { outputs, inputs: [writer.view(buffer, matrix(offset, strides))], micro: pass });
      });
    expect(map([2, 1])).not.toThrow();
    expect(map([1, 3])).toThrow("output 0 overlaps input 0");
    expect(map([2, 1], 1)).toThrow("output 0 overlaps input 0");
    expect(
      build((writer) => {
        const view = writer.view(writer.buffer("state", "float32", 4, 0), { offset: 0, shape: [4], strides: [1] });
        writer.instruction("reduce", {
          outputs: [view],
          inputs: [view],
          attributes: { kind: 0, axis: -1 },
          micro: pass,
        });
      }),
    ).toThrow("output 0 overlaps input 0");
  });

  it("sees temps that share the arena, and columns that share rows but no element", () => {
    const copy = (place: number, strides = [2, 1]) =>
      build((writer) => {
        const from = writer.view(writer.buffer("temp", "float32", 20, 0), matrix(0, strides));
        const to = writer.view(writer.buffer("temp", "float32", 6, place), matrix(0, [2, 1]));
        writer.instruction("copy", { outputs: [to], inputs: [from] });
      });
    expect(copy(0)).toThrow("output 0 overlaps input 0");
    expect(copy(1)).not.toThrow();
    expect(copy(1, [8, 1])).toThrow("output 0 overlaps input 0");
    const columns = (offset: number) =>
      build((writer) => {
        const buffer = writer.buffer("state", "float32", 15, 0);
        const outputs = [writer.view(buffer, matrix(0, [5, 1]))];
        writer.instruction("copy", { outputs, inputs: [writer.view(buffer, matrix(offset, [5, 1]))] });
      });
    expect(columns(1)).toThrow("output 0 overlaps input 0");
    expect(columns(2)).not.toThrow();
    expect(columns(3)).not.toThrow();
  });

  it("rejects two outputs over each other", () => {
    const twice = (offset: number) =>
      build((writer) => {
        const buffer = writer.buffer("output", "float32", 12, 0);
        const outputs = [writer.view(buffer, matrix(0, [2, 1])), writer.view(buffer, matrix(offset, [2, 1]))];
        const code = [{ op: "constant", dtype: "float32", dst: 0, value: 1 }] as const;
        writer.instruction("map", { outputs, inputs: [], micro: { registers: 1, results: [0, 0], code } });
      });
    expect(twice(6)).not.toThrow();
    expect(twice(5)).toThrow("output 1 overlaps output 0");
  });
});

describe("corrupted Programs", () => {
  /** Numerical Recipes' linear congruential generator: the same corruptions in every run. */
  let seed = 1;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  const values = [-1, 0, 1, 2, 3, 4, 5, 8, 31, 32, 65536, -MAX - 1, MAX];

  it.each(OPCODES)("of %s are rejected or run", (opcode) => {
    const original = writeInstruction(validInstructions[opcode]);
    let accepted = 0;
    for (let trial = 0; trial < 500; trial++) {
      const words = original.slice();
      for (let edits = 1 + below(2); edits > 0; edits--) {
        const at = below(words.length);
        words[at] = below(4) > 0 ? (values[below(values.length)] as number) : (words[at] as number) + below(5) - 2;
      }
      let program: Program;
      try {
        program = verifyProgram(words);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        continue;
      }
      // Only what is small enough to run here.
      if (program.arenaBlocks > 1000 || program.scalars > 1000) continue;
      if (program.buffers.some(({ length }) => length > 10_000)) continue;
      if (program.views.some(({ shape }) => sizeOf(shape) > 10_000)) continue;
      accepted++;
      runOnZeros(words, program);
    }
    // Some edits change nothing that matters: attributes, constants, strides of axes of length 1.
    expect(accepted).toBeGreaterThan(0);
  });

  function runOnZeros(words: Int32Array, program: Program): void {
    const backend = new ReferenceBackend();
    const arrays = (kind: string) =>
      program.buffers
        .filter((buffer) => buffer.kind === kind)
        .sort((a, b) => a.place - b.place)
        .map(({ dtype, length }) => arrayOf(dtype, new Array<number>(length).fill(0)));
    const states = program.buffers
      .filter(({ kind }) => kind === "state")
      .sort((a, b) => a.place - b.place)
      .map(({ dtype, length }) => backend.createState(dtype, arrayOf(dtype, new Array<number>(length).fill(0))));
    const bindings = {
      inputs: arrays("input"),
      outputs: arrays("output"),
      states,
      scalars: new Float64Array(program.scalars),
    };
    const executable = backend.prepare(words, arrays("constant"));
    try {
      executable.run(bindings);
    } catch (error) {
      expect(error).toBeInstanceOf(IndexError);
    }
  }
});
