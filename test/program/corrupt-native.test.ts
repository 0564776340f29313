import { describe, expect, it } from "vitest";
import type { Executable } from "../../lib/backends/backend.js";
import { allocate, type DType, dtypeInfo, type TypedArray } from "../../lib/dtype.js";
import { FormatError, NodegradError } from "../../lib/errors.js";
import {
  ARENA_BLOCK,
  BUFFER_WORDS,
  type BufferKind,
  HEADER_WORDS,
  Header,
  VIEW_WORDS,
} from "../../lib/program/format.js";
import { OPCODES } from "../../lib/program/opcodes.js";
import { type Program, readProgram } from "../../lib/program/reader.js";
import { verifyProgram } from "../../lib/program/verify.js";
import { ProgramWriter } from "../../lib/program/writer.js";
import { contiguousStrides, sizeOf } from "../../lib/shape.js";
import { nativeBackend } from "../backends/native-addon.js";

const backend = nativeBackend();

const pooling = { strideH: 2, strideW: 2, padTop: 1, padLeft: 0, countIncludePadding: 0 };
const window = { strideH: 1, strideW: 1, padTop: 1, padLeft: 1, dilationH: 1, dilationW: 1, groups: 2, accuracy: 0 };
const pass = { registers: 1, results: [0], code: [] };

/** One Program with every opcode, its operands in all kinds of buffers and all dtypes the addon has. */
function wholeProgram(): Int32Array {
  const writer = new ProgramWriter();
  writer.scalars = 1;
  const slots = { input: 0, state: 0, constant: 0, output: 0 };
  const view = (kind: keyof typeof slots | "temp", shape: number[], dtype: DType = "float32") => {
    const length = sizeOf(shape);
    let place = writer.arenaBlocks;
    if (kind === "temp") writer.arenaBlocks += Math.ceil((length * dtypeInfo[dtype].bytes) / ARENA_BLOCK);
    else place = slots[kind]++;
    return writer.view(writer.buffer(kind, dtype, length, place), {
      offset: 0,
      shape,
      strides: contiguousStrides(shape),
    });
  };
  const matrix = view("input", [6, 8]);
  const weights = view("state", [8, 6]);
  const product = view("temp", [6, 6]);
  const indices = view("input", [6, 6], "int32");
  const image = view("input", [2, 4, 6, 6]);
  const kernel = view("constant", [4, 2, 3, 3]);
  const features = view("temp", [2, 4, 6, 6]);
  const pooled = view("temp", [2, 4, 3, 3]);
  const key = view("constant", [2], "int32");
  const mask = view("input", [6, 6], "bool");
  const dtype = "float32";
  writer.instruction("matmul", {
    outputs: [product],
    inputs: [matrix, weights, mask],
    micro: {
      registers: 4,
      results: [3],
      code: [
        { op: "scalar", dtype, dst: 2, a: 0 },
        { op: "where", dtype, dst: 3, a: 1, b: 0, c: 2 },
      ],
    },
  });
  const bytes = view("output", [6, 6], "uint8");
  writer.instruction("map", {
    outputs: [product, bytes],
    inputs: [product],
    micro: {
      registers: 3,
      results: [1, 2],
      code: [
        { op: "tanh", dtype, dst: 1, a: 0 },
        { op: "cast", dtype: "uint8", dst: 2, a: 1, b: dtypeInfo.float32.code },
      ],
    },
  });
  writer.instruction("reduce", {
    outputs: [view("output", [6, 1])],
    inputs: [product],
    attributes: { kind: 0, axis: -1 },
    micro: { registers: 2, results: [1], code: [{ op: "mul", dtype, dst: 1, a: 0, b: 0 }] },
  });
  const rows = view("output", [1, 6], "int32");
  writer.instruction("reduce", { outputs: [rows], inputs: [product], attributes: { kind: 4, axis: 0 }, micro: pass });
  const probabilities = view("temp", [6, 6]);
  writer.instruction("softmax", { outputs: [probabilities], inputs: [product], attributes: { log: 0 } });
  const inputs = [product, probabilities];
  writer.instruction("softmaxGrad", { outputs: [view("output", [6, 6])], inputs, attributes: { log: 0 } });
  const labels = view("input", [6, 1], "int32");
  const losses = view("temp", [6, 1]);
  writer.instruction("crossEntropy", { outputs: [losses], inputs: [product, labels] });
  writer.instruction("crossEntropyGrad", { outputs: [view("output", [6, 6])], inputs: [losses, product, labels] });
  const chosen = view("temp", [6, 6]);
  writer.instruction("gather", { outputs: [chosen], inputs: [product, indices], attributes: { axis: 1 } });
  writer.instruction("scatterAdd", {
    outputs: [view("output", [6, 6])],
    inputs: [product, indices, chosen],
    attributes: { axis: 0 },
  });
  writer.instruction("conv2d", { outputs: [features], inputs: [image, kernel], attributes: window, micro: pass });
  const [dx, dw] = [view("output", [2, 4, 6, 6]), view("output", [4, 2, 3, 3])];
  writer.instruction("conv2dGradInput", { outputs: [dx], inputs: [features, kernel], attributes: window, micro: pass });
  writer.instruction("conv2dGradWeight", { outputs: [dw], inputs: [image, features], attributes: window, micro: pass });
  const windows = { ...pooling, kernelH: 3, kernelW: 2 };
  writer.instruction("pool", { outputs: [pooled], inputs: [features], attributes: { ...windows, kind: 0 } });
  const spread = view("output", [2, 4, 6, 6]);
  writer.instruction("poolGrad", {
    outputs: [spread],
    inputs: [pooled, features],
    attributes: { ...windows, kind: 0 },
  });
  const flipped = view("state", [6, 8]);
  writer.instruction("copy", { outputs: [flipped], inputs: [matrix] });
  writer.instruction("random", { outputs: [view("output", [77])], inputs: [key], attributes: { kind: 2, stream: 1 } });
  return writer.finish();
}

/** Deterministic random integers in [0, limit): xorshift32. */
function randomIntegers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** A word that differs a little, or much. */
function corruptWord(word: number, random: (limit: number) => number): number {
  const extremes = [0, 1, -1, 2, 7, 2 ** 31 - 1, -(2 ** 31), 0xffff, 1 << 16, 64];
  switch (random(4)) {
    case 0:
      return word + 1;
    case 1:
      return word - 1;
    case 2:
      return word ^ (1 << random(32));
    default:
      return extremes[random(extremes.length)] as number;
  }
}

/** Memory of the lengths a Program states; undefined where one is very large. */
function bindingsFor({ buffers, scalars }: Program) {
  const arrays: { [K in BufferKind]: TypedArray[] } = { input: [], state: [], constant: [], temp: [], output: [] };
  for (const { kind, dtype, length, place } of buffers) {
    if (kind === "temp") continue;
    if (length > 1e6) return undefined;
    arrays[kind][place] = allocate(dtype, length);
  }
  return { ...arrays, scalars: new Float64Array(Math.min(scalars, 1e6)) };
}

/** Words too broken to say which memory they want get none. */
function tryBindings(words: Int32Array) {
  try {
    return bindingsFor(readProgram(words));
  } catch {
    return undefined;
  }
}

/** Prepares and runs words that may be anything; tells how far it came. */
function attempt(words: Int32Array): "refused" | "failed" | "ran" {
  const memory = tryBindings(words);
  let executable: Executable;
  try {
    executable = backend.prepare(words, memory?.constant ?? []);
  } catch (error) {
    expect(error).toBeInstanceOf(NodegradError);
    return "refused";
  }
  const states = (memory?.state ?? []).map((data) => {
    const dtype = data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "uint8";
    return backend.createState(dtype, data);
  });
  try {
    const { input = [], output = [], scalars = new Float64Array(0) } = memory ?? {};
    executable.run({ inputs: input, outputs: output, states, scalars });
    return "ran";
  } catch (error) {
    expect(error).toBeInstanceOf(NodegradError);
    return "failed";
  } finally {
    executable.dispose();
    for (const state of states) state.dispose();
  }
}

describe("a Program with every opcode", () => {
  it("has every opcode and runs", () => {
    const words = wholeProgram();
    const opcodes = new Set(verifyProgram(words).instructions.map(({ opcode }) => opcode));
    expect([...opcodes].sort()).toEqual([...OPCODES].sort());
    expect(attempt(words)).toBe("ran");
  });

  it("runs or is refused, whichever word is changed", () => {
    const words = wholeProgram();
    const counts = { refused: 0, failed: 0, ran: 0 };
    for (let position = 0; position < words.length; position++) {
      const random = randomIntegers(position + 1);
      for (let i = 0; i < 3; i++) {
        const corrupt = words.slice();
        corrupt[position] = corruptWord(corrupt[position] as number, random);
        counts[attempt(corrupt)]++;
      }
    }
    // Changes that matter and changes that do not both exist, so both paths have been taken.
    expect(counts.refused).toBeGreaterThan(words.length);
    expect(counts.ran).toBeGreaterThan(0);
  });

  it("runs or is refused when several words are changed", () => {
    const words = wholeProgram();
    for (let seed = 1; seed <= 2000; seed++) {
      const random = randomIntegers(seed * 7919);
      const corrupt = words.slice();
      for (let i = 0; i < 1 + random(4); i++) {
        const position = random(words.length);
        corrupt[position] = corruptWord(corrupt[position] as number, random);
      }
      attempt(corrupt);
    }
  });

  it("is refused when it is cut short", () => {
    const words = wholeProgram();
    for (let length = 0; length < words.length; length += 3) expect(attempt(words.slice(0, length))).toBe("refused");
  });

  it("is malformed for the addon where it is for the verifier", () => {
    const words = wholeProgram();
    const views = HEADER_WORDS + (words[Header.buffers] as number) * BUFFER_WORDS;
    const code = views + (words[Header.views] as number) * VIEW_WORDS;
    for (let position = code; position < words.length; position++) {
      const random = randomIntegers(position * 31);
      const corrupt = words.slice();
      corrupt[position] = corruptWord(corrupt[position] as number, random);
      const malformed = (check: () => unknown) => [position, corrupt[position], isMalformed(check)];
      const constants = tryBindings(corrupt)?.constant ?? [];
      expect(malformed(() => backend.prepare(corrupt, constants).dispose())).toEqual(
        malformed(() => verifyProgram(corrupt)),
      );
    }
  });
});

function isMalformed(check: () => unknown): boolean {
  try {
    check();
    return false;
  } catch (error) {
    return error instanceof FormatError;
  }
}
