/**
 * One kernel, or a function of several, on two backends: the `cpu` backend of TensorFlow.js says what nodegrad has to give.
 *
 * Shapes, dtypes, integers, truths and strings have to be equal, and where one throws the other has to. Floats may differ by a
 * bound that is derived from the arithmetic (`Tolerance`).
 */

import * as tf from "@tensorflow/tfjs-core";
import { setAccuracy } from "../../../lib/index.js";
import type { Given } from "./draw.js";
import "@tensorflow/tfjs-backend-cpu";
import "../../../lib/tfjs/index.js";

/** Half a unit in the last place of 1: what one rounding is off by, relatively. */
export const UNIT = 2 ** -24;

/** The distance of the smallest numbers. */
const SMALLEST = 2 ** -149;

/** Inputs by name, or a list of them. */
export type Inputs = Readonly<Record<string, Given | readonly Given[]>> | readonly Given[];

/**
 * How far the floats of two results may be apart:
 *
 * - `ulps`: units in the last place of the result. For functions of an element: half a unit for cpu, which computes in double,
 *   and what docs/numerics.md states for nodegrad.
 * - `sums`: the kernel is a sum of products, linear in each of its float inputs. Applied to ones it counts the terms n of
 *   each element, applied to |inputs| it gives Σ|terms|; a sum in any order is off by (n + `sums`)·u·Σ|terms| at most, in either
 *   backend, `sums` being the roundings besides those of the n products and sums.
 * - `bound`: whatever the case itself derives, for each element of each result.
 */
export type Tolerance =
  | { readonly ulps: number; readonly absolute?: number }
  | { readonly sums: number }
  | { readonly bound: (expected: readonly Result[]) => readonly (ArrayLike<number> | number)[] };

export interface Case {
  readonly inputs: Inputs;
  readonly attributes?: object;
  /** Whether nodegrad convolves by the one sum that defines a result, and so by no fast algorithm. */
  readonly isStrict?: boolean;
  /** Floats have to be equal without one. */
  readonly tolerance?: Tolerance;
  /** What a run has done besides, as a further result. */
  readonly observe?: () => Result;
}

export interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number> | readonly string[];
}

type Outcome = { readonly results: readonly Result[] } | { readonly error: unknown };

/** A tensor on the backend in use. */
export function make({ shape, dtype, values }: Given): tf.Tensor {
  if (dtype !== "complex64") return tf.tensor(values as Float32Array, shape, dtype);
  const parts = [0, 1].map((part) => (values as Float32Array).filter((_, i) => i % 2 === part));
  return tf.tidy(() =>
    tf.complex(tf.tensor(parts[0] as Float32Array, shape), tf.tensor(parts[1] as Float32Array, shape)),
  );
}

/** What is computed of inputs on a backend; with `from`, of tensors that another backend has made. */
export type Execution = (backend: string, inputs: Inputs, from?: string) => Outcome;

/** Runs a kernel; with `from`, on tensors that another backend has made. */
export function run(backend: string, kernel: string, inputs: Inputs, attributes: object = {}, from = backend): Outcome {
  const compute = (tensors: object) =>
    [tf.engine().runKernel(kernel, tensors as never, attributes as never)].flat() as tf.Tensor[];
  return execute(kernel, compute, backend, inputs, from);
}

/**
 * Runs a function of tensors, by the names that its inputs have.
 *
 * @throws {Error} when tensors or data are left behind.
 */
export function execute(
  what: string,
  compute: (tensors: object) => readonly tf.Tensor[],
  backend: string,
  inputs: Inputs,
  from = backend,
): Outcome {
  const counts = () => `${tf.memory().numTensors} tensors and ${tf.memory().numDataBuffers} buffers`;
  const before = counts();
  tf.engine().startScope();
  const outcome = attempt(() => {
    use(from);
    const tensors = mapInputs(inputs, make);
    use(backend);
    return compute(tensors).map((output) => ({ shape: output.shape, dtype: output.dtype, values: output.dataSync() }));
  });
  tf.engine().endScope();
  if (!("error" in outcome) && counts() !== before) {
    throw new Error(`${what} on ${backend} leaves ${counts()} of ${before}`);
  }
  return outcome;
}

function attempt(compute: () => readonly Result[]): Outcome {
  try {
    return { results: compute() };
  } catch (error) {
    return { error };
  }
}

/** Chooses the backend of the kernels that follow; both are there without waiting. */
export function use(backend: string): void {
  void tf.setBackend(backend);
}

/** @throws {Error} that says where nodegrad's kernel differs from cpu's. */
export function checkSame(kernel: string, one: Case, from: string): void {
  const { attributes } = one;
  compare(kernel, (backend, inputs, maker) => run(backend, kernel, inputs, attributes, maker), one, from);
}

/** @throws {Error} that says where nodegrad differs from cpu. */
export function compare(name: string, execution: Execution, one: Case, from: string): void {
  const { inputs, attributes, tolerance, observe, isStrict = false } = one;
  const observed = (outcome: Outcome): Outcome =>
    "error" in outcome || observe === undefined ? outcome : { results: [...outcome.results, observe()] };
  const expected = observed(execution("cpu", inputs));
  setAccuracy(isStrict ? "strict" : "fast");
  const found = observed(execution("nodegrad", inputs, from));
  const what = () => `${name}(${describe(inputs)}, ${JSON.stringify(attributes ?? {})})`;
  if ("error" in expected || "error" in found) {
    if ("error" in expected && "error" in found) return;
    const [thrower, error] =
      "error" in expected ? ["cpu", expected.error] : ["nodegrad", (found as { error: unknown }).error];
    throw new Error(`${what()}: only ${thrower} throws: ${(error as Error).stack?.slice(0, 600)}`);
  }
  const bounds = boundsOf(execution, inputs, tolerance, expected.results);
  if (expected.results.length !== found.results.length) throw new Error(`${what()}: another number of results`);
  expected.results.forEach((result, i) => {
    const difference = differenceOf(result, found.results[i] as Result, bounds[i] ?? 0);
    if (difference !== undefined) throw new Error(`${what()}: result ${i}: ${difference}`);
  });
}

/** What is different, if anything. */
export function differenceOf(expected: Result, found: Result, bound: ArrayLike<number> | number): string | undefined {
  const [a, b] = [expected, found].map(({ shape, dtype }) => `${dtype} [${shape}]`);
  if (a !== b) return `cpu gives ${a}, nodegrad ${b}`;
  if (expected.values.length !== found.values.length) return `${expected.values.length} values, ${found.values.length}`;
  for (let i = 0; i < expected.values.length; i++) {
    const [x, y] = [expected.values[i] as number, found.values[i] as number];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    const limit = typeof bound === "number" ? bound : (bound[i] as number);
    // A bound that is not finite comes of inputs that are not: what they give has to be equal.
    if (Number.isFinite(limit) && Math.abs(x - y) <= limit) continue;
    return `element ${i} of [${expected.shape}]: cpu ${x}, nodegrad ${y}, at most ${limit} apart`;
  }
  return undefined;
}

function boundsOf(
  execution: Execution,
  inputs: Inputs,
  tolerance: Tolerance | undefined,
  results: readonly Result[],
): readonly (ArrayLike<number> | number)[] {
  if (tolerance === undefined) return results.map(() => 0);
  if ("bound" in tolerance) return tolerance.bound(results);
  if ("ulps" in tolerance) {
    const { ulps, absolute = 0 } = tolerance;
    return results.map(({ values }) => Float64Array.from(values as Float32Array, (y) => ulps * ulp(y) + absolute));
  }
  const [terms, sizes] = [() => 1, Math.abs].map((map) => {
    const outcome = execution("cpu", mapFloats(inputs, map));
    if ("error" in outcome) throw outcome.error;
    return outcome.results;
  }) as [readonly Result[], readonly Result[]];
  return results.map(({ dtype }, i) => {
    if (dtype !== "float32" && dtype !== "complex64") return 0;
    const [count, size] = [terms[i]?.values as Float32Array, sizes[i]?.values as Float32Array];
    // Terms of one sign make sums of that sign.
    const bound = (sum: number, j: number) =>
      2 * (Math.abs(count[j] as number) + tolerance.sums) * UNIT * Math.abs(sum) + 2 * SMALLEST;
    return Float64Array.from(size, bound);
  });
}

/** The distance of float32 numbers around y. */
export function ulp(y: number): number {
  if (!Number.isFinite(y)) return 0;
  return Math.max(SMALLEST, 2 ** (Math.floor(Math.log2(Math.abs(y))) - 23));
}

/** Inputs with their floats replaced. */
export function mapFloats(inputs: Inputs, map: (x: number) => number): Inputs {
  const one = (given: Given): Given =>
    given.dtype === "float32" ? { ...given, values: (given.values as Float32Array).map(map) } : given;
  return mapInputs(inputs, one) as Inputs;
}

/** `map` of each input, by the same names. */
function mapInputs<T>(inputs: Inputs, map: (given: Given) => T): readonly T[] | Record<string, T | T[]> {
  if (Array.isArray(inputs)) return inputs.map(map);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => [name, Array.isArray(given) ? given.map(map) : map(given as Given)]),
  );
}

function describe(inputs: Inputs): string {
  const one = ({ shape, dtype, values }: Given) => {
    const shown = Array.from(values as Float32Array).slice(0, 24);
    return `${dtype} [${shape}] of ${shown.map((x) => (typeof x === "string" ? JSON.stringify(x) : x)).join(" ")}`;
  };
  return Object.entries(inputs)
    .map(
      ([name, given]) =>
        `${name}: ${[given]
          .flat()
          .map((each) => one(each as Given))
          .join(" | ")}`,
    )
    .join(", ");
}
