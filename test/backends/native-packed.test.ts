/** Packed weights are kept from run to run, and never serve an older version of a variable. */

import { afterEach, describe, expect, it } from "vitest";
import type { State } from "../../lib/backends/backend.js";
import { ProgramWriter } from "../../lib/program/writer.js";
import { nativeBackend, requireAddon } from "./native-addon.js";

const backend = nativeBackend();
const scalars = new Float64Array(0);

// Too large to be read in place on any instruction set.
const rows = 150;
const inner = 300;
const columns = 280;

const matrix = (
  writer: ProgramWriter,
  kind: "input" | "state" | "constant" | "output",
  m: number,
  n: number,
  slot = 0,
) => writer.view(writer.buffer(kind, "float32", m * n, slot), { offset: 0, shape: [m, n], strides: [n, 1] });

const product = { registers: 1, results: [0], code: [] };

/** output = input · weights, where the weights are a state or a constant. */
function forward(weights: "state" | "constant", m = rows): Int32Array {
  const writer = new ProgramWriter();
  const a = matrix(writer, "input", m, inner);
  const b = matrix(writer, weights, inner, columns);
  const c = matrix(writer, "output", m, columns);
  writer.instruction("matmul", { outputs: [c], inputs: [a, b], micro: product });
  return writer.finish();
}

/** output = input · weights, then weights = −weights. */
function training(): Int32Array {
  const writer = new ProgramWriter();
  const a = matrix(writer, "input", rows, inner);
  const b = matrix(writer, "state", inner, columns);
  const c = matrix(writer, "output", rows, columns);
  writer.instruction("matmul", { outputs: [c], inputs: [a, b], micro: product });
  writer.instruction("map", {
    outputs: [b],
    inputs: [b],
    micro: { registers: 2, results: [1], code: [{ op: "neg", dtype: "float32", dst: 1, a: 0 }] },
  });
  return writer.finish();
}

// Small whole numbers: every sum is exact, in any order.
const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => ((i * 7 + seed * 3 + ((i / 11) | 0)) % 9) - 4);

const input = numbers(rows * inner, 1);

function multiply(b: Float32Array, m = rows): Float32Array {
  const c = new Float32Array(m * columns);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < inner; p++) {
      const a = input[i * inner + p] as number;
      for (let j = 0; j < columns; j++)
        c[i * columns + j] = (c[i * columns + j] as number) + a * (b[p * columns + j] as number);
    }
  }
  return c;
}

const bindings = (state: State | undefined, m = rows) => ({
  inputs: [input.subarray(0, m * inner)],
  outputs: [new Float32Array(m * columns)],
  states: state === undefined ? [] : [state],
  scalars,
});

/** As `toEqual` takes seconds for this many elements. */
const same = (bound: { outputs: Float32Array[] }, expected: Float32Array) =>
  expected.every((x, i) => bound.outputs[0]?.[i] === x);

describe("packed weights", () => {
  const { addon } = requireAddon();
  afterEach(() => addon.setPackedLimit(2 ** 30));

  const first = numbers(inner * columns, 2);
  const second = numbers(inner * columns, 3);

  it("follow writes from JavaScript", () => {
    const state = backend.createState("float32", first);
    const executable = backend.prepare(forward("state"), []);
    const bound = bindings(state);
    for (const weights of [first, first, second, second, first]) {
      state.write(weights);
      for (let run = 0; run < 2; run++) {
        executable.run(bound);
        expect(same(bound, multiply(weights))).toBe(true);
      }
    }
    state.dispose();
  });

  it("follow writes by other Programs", async () => {
    const state = backend.createState("float32", first);
    const inference = backend.prepare(forward("state"), []);
    const step = backend.prepare(training(), []);
    const negative = first.map((x) => -x);
    const bound = bindings(state);
    for (const expected of [first, negative, first]) {
      inference.run(bound);
      expect(same(bound, multiply(expected))).toBe(true);
      step.run(bound);
      expect(same(bound, multiply(expected))).toBe(true);
    }
    // In the order they were asked for, on the executor's thread.
    const runs = [bindings(state), bindings(state), bindings(state)];
    const [before, between, after] = runs as [typeof bound, typeof bound, typeof bound];
    await Promise.all([inference.submit(before).done, step.submit(between).done, inference.submit(after).done]);
    expect(same(before, multiply(negative))).toBe(true);
    expect(same(between, multiply(negative))).toBe(true);
    expect(same(after, multiply(first))).toBe(true);
    state.dispose();
  });

  it("belong to the variable bound, not to the Program", () => {
    const executable = backend.prepare(forward("state"), []);
    const states = [first, second].map((weights) => backend.createState("float32", weights));
    for (let run = 0; run < 3; run++) {
      const bound = bindings(states[run % 2]);
      executable.run(bound);
      expect(same(bound, multiply(run % 2 === 0 ? first : second))).toBe(true);
    }
    for (const state of states) state.dispose();
  });

  it("are shared by Programs that read them alike, counted, and freed with the variable", () => {
    const before = backend.memory().packedBytes;
    const state = backend.createState("float32", first);
    const programs = [rows, rows, rows - 14].map((m) => ({ m, executable: backend.prepare(forward("state", m), []) }));
    const held = programs.map(({ m, executable }) => {
      const bound = bindings(state, m);
      executable.run(bound);
      expect(same(bound, multiply(first, m))).toBe(true);
      return backend.memory().packedBytes - before;
    });
    expect(held[0]).toBeGreaterThanOrEqual(4 * inner * columns);
    expect(held).toEqual([held[0], held[0], held[0]]);
    state.dispose();
    expect(backend.memory().packedBytes).toBe(before);
  });

  it("outlive neither the Program of a constant nor a variable freed under a run", async () => {
    const before = backend.memory().packedBytes;
    const executable = backend.prepare(forward("constant"), [second]);
    const bound = bindings(undefined);
    for (let run = 0; run < 2; run++) {
      executable.run(bound);
      expect(same(bound, multiply(second))).toBe(true);
    }
    expect(backend.memory().packedBytes).toBeGreaterThan(before);
    executable.dispose();
    expect(backend.memory().packedBytes).toBe(before);

    const state = backend.createState("float32", first);
    const inference = backend.prepare(forward("state"), []);
    const late = bindings(state);
    const run = inference.submit(late).done;
    state.dispose();
    await run;
    expect(same(late, multiply(first))).toBe(true);
  });

  it("give way to others beyond the limit, those first that were not used for longest", () => {
    const before = backend.memory().packedBytes;
    const held = () => backend.memory().packedBytes - before;
    const executable = backend.prepare(forward("state"), []);
    const weights = [2, 3, 4].map((seed) => numbers(inner * columns, seed));
    const states = weights.map((values) => backend.createState("float32", values));
    const run = (i: number) => {
      const bound = bindings(states[i]);
      executable.run(bound);
      expect(same(bound, multiply(weights[i] as Float32Array))).toBe(true);
    };
    run(0);
    const each = held();
    addon.setPackedLimit(before + 2 * each);
    for (const i of [1, 0, 2]) run(i);
    expect(held()).toBe(2 * each);
    states[1]?.dispose();
    expect(held()).toBe(2 * each);
    states[0]?.dispose();
    expect(held()).toBe(each);
    states[2]?.dispose();
  });

  it("stay for the run that needs them, whatever the limit", () => {
    const before = backend.memory().packedBytes;
    const state = backend.createState("float32", first);
    const executable = backend.prepare(forward("state"), []);
    addon.setPackedLimit(0);
    for (let run = 0; run < 2; run++) {
      const bound = bindings(state);
      executable.run(bound);
      expect(same(bound, multiply(first))).toBe(true);
    }
    expect(backend.memory().packedBytes).toBeGreaterThan(before);
    state.dispose();
  });

  it("are packed again after they gave way", () => {
    const states = [first, second].map((weights) => backend.createState("float32", weights));
    const executable = backend.prepare(forward("state"), []);
    addon.setPackedLimit(0);
    for (let run = 0; run < 4; run++) {
      const bound = bindings(states[run % 2]);
      executable.run(bound);
      expect(same(bound, multiply(run % 2 === 0 ? first : second))).toBe(true);
    }
    for (const state of states) state.dispose();
  });

  it("are not kept where the Program itself writes the weights", () => {
    const before = backend.memory().packedBytes;
    const state = backend.createState("float32", first);
    const bound = bindings(state);
    backend.prepare(training(), []).run(bound);
    expect(backend.memory().packedBytes).toBe(before);
    state.dispose();
  });
});
