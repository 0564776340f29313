import { describe, expect, it } from "vitest";
import { ReferenceBackend } from "../../lib/backends/reference/index.js";
import { compileGraph } from "../../lib/compile/index.js";
import { dtypeInfo } from "../../lib/dtype.js";
import { encodeGraph, type Graph } from "../../lib/graph/signature.js";
import type { TypedArray } from "../../lib/index.js";
import { ARENA_BLOCK } from "../../lib/program/format.js";
import { type Program, readProgram } from "../../lib/program/reader.js";
import { verifyProgram } from "../../lib/program/verify.js";
import { randomGraph } from "./random-graph.js";

const backend = new ReferenceBackend();

/** Runs a graph and returns the bits of every root and of every variable afterwards. */
function run(graph: Graph, optimize: boolean): TypedArray[] {
  const words = compileGraph(graph, { optimize });
  const executable = backend.prepare(words, []);
  const outputs = graph.roots.map((root) => new Float32Array(root.size).fill(Number.NaN));
  const states = graph.states.map((leaf) =>
    backend.createState("float32", (leaf.variable.memory.data as Float32Array).slice()),
  );
  executable.run({
    inputs: graph.inputs.map((leaf) => leaf.storage?.data as TypedArray),
    outputs,
    states,
    scalars: Float64Array.from(graph.scalars, (leaf) => leaf.attributes.value as number),
  });
  return [...outputs, ...states.map((state) => state.read())];
}

const bits = (array: TypedArray) => Array.from(new Uint32Array(array.buffer, array.byteOffset, array.length));
const seeds = Array.from({ length: 300 }, (_, seed) => seed);

describe("compiled random graphs", () => {
  // The reference rounds once per micro-op whether fused or not, so even the bits agree.
  it("give the same bits optimised as unoptimised", () => {
    for (const seed of seeds) {
      const { graph } = encodeGraph(randomGraph(seed, 4 + (seed % 60)));
      const optimised = run(graph, true).map(bits);
      expect(optimised, `seed ${seed}`).toEqual(run(graph, false).map(bits));
    }
  });

  it("are verified Programs, with fewer instructions when optimised", () => {
    let [plain, optimised] = [0, 0];
    for (const seed of seeds) {
      const { graph } = encodeGraph(randomGraph(seed, 4 + (seed % 60)));
      plain += verifyProgram(compileGraph(graph, { optimize: false })).instructions.length;
      optimised += verifyProgram(compileGraph(graph)).instructions.length;
    }
    expect(optimised).toBeLessThan(0.75 * plain);
  });

  it("never keep two live temporaries in the same memory", () => {
    for (const seed of seeds) {
      const { graph } = encodeGraph(randomGraph(seed, 4 + (seed % 60)));
      expect(overlaps(readProgram(compileGraph(graph))), `seed ${seed}`).toEqual([]);
    }
  });
});

/** Pairs of temp buffers that share arena bytes while both live, found from the words alone. */
function overlaps(program: Program): string[] {
  const lives = new Map<object, { first: number; last: number; start: number; end: number }>();
  program.instructions.forEach(({ inputs, outputs }, at) => {
    for (const { buffer } of [...inputs, ...outputs]) {
      if (buffer.kind !== "temp") continue;
      const start = buffer.place * ARENA_BLOCK;
      const end = start + buffer.length * dtypeInfo[buffer.dtype].bytes;
      const life = lives.get(buffer) ?? { first: at, last: at, start, end };
      lives.set(buffer, { ...life, last: at });
    }
  });
  const list = [...lives.values()];
  return list.flatMap((a, i) =>
    list.slice(i + 1).flatMap((b) => {
      const apart = a.end <= b.start || b.end <= a.start || a.last < b.first || b.last < a.first;
      return apart ? [] : [`[${a.first}, ${a.last}] and [${b.first}, ${b.last}] at ${a.start} and ${b.start}`];
    }),
  );
}
