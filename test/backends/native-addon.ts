/** The addon for tests, which fail where it was not built, and Programs to run on it. */

import { type Addon, loadAddon, NativeBackend } from "../../lib/backends/native/index.js";
import { ProgramWriter } from "../../lib/program/writer.js";

/** The addon and its path. */
export function requireAddon(): { addon: Addon; path: string } {
  const result = loadAddon();
  if ("addon" in result) return result;
  throw new Error(
    `the addon is not built: ${result.errors.map(({ path, message }) => `${path}: ${message}`).join("; ")}`,
  );
}

/** A backend on the addon. */
export function nativeBackend(): NativeBackend {
  return new NativeBackend(requireAddon().addon);
}

/** output = input · scalar + state; state = state + 1; all float32 of `length`. */
export function countingProgram(length: number): Int32Array {
  const writer = new ProgramWriter();
  writer.scalars = 1;
  const window = { offset: 0, shape: [length], strides: [1] };
  const [input, state, output] = (["input", "state", "output"] as const).map((kind) =>
    writer.view(writer.buffer(kind, "float32", length, 0), window),
  ) as [number, number, number];
  const dtype = "float32";
  writer.instruction("map", {
    outputs: [output, state],
    inputs: [input, state],
    micro: {
      registers: 4,
      results: [2, 3],
      code: [
        { op: "scalar", dtype, dst: 2, a: 0 },
        { op: "mulAdd", dtype, dst: 2, a: 0, b: 2, c: 1 },
        { op: "constant", dtype, dst: 3, value: 1 },
        { op: "add", dtype, dst: 3, a: 1, b: 3 },
      ],
    },
  });
  return writer.finish();
}

/** output[i] = source[indices[i]], all of `length`. */
export function gatherProgram(length: number): Int32Array {
  const writer = new ProgramWriter();
  const window = { offset: 0, shape: [length], strides: [1] };
  const source = writer.view(writer.buffer("input", "float32", length, 0), window);
  const indices = writer.view(writer.buffer("input", "int32", length, 1), window);
  const output = writer.view(writer.buffer("output", "float32", length, 0), window);
  writer.instruction("gather", { outputs: [output], inputs: [source, indices], attributes: { axis: 0 } });
  return writer.finish();
}

/** `count` products of the same n × n matrix, one after the other: takes as long as you like. */
export function longProgram(n: number, count: number): Int32Array {
  const writer = new ProgramWriter();
  const bytes = n * n * 4;
  const blocks = Math.ceil(bytes / 64);
  writer.arenaBlocks = 2 * blocks;
  const window = { offset: 0, shape: [n, n], strides: [n, 1] };
  const a = writer.view(writer.buffer("input", "float32", n * n, 0), window);
  const output = writer.view(writer.buffer("output", "float32", n * n, 0), window);
  const temps = [0, blocks].map((place) => writer.view(writer.buffer("temp", "float32", n * n, place), window));
  let from = a;
  for (let i = 0; i < count; i++) {
    const to = i === count - 1 ? output : (temps[i % 2] as number);
    writer.instruction("matmul", { outputs: [to], inputs: [from, a], micro: { registers: 1, results: [0], code: [] } });
    from = to;
  }
  return writer.finish();
}
