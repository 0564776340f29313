/** What tests of the TF.js backend share. */

import * as tf from "@tensorflow/tfjs-core";
import "../../lib/tfjs/index.js";
import { beforeAll, expect } from "vitest";

export { tf };

/** Makes nodegrad the backend of the tests of a file. */
export function onNodegrad(): void {
  beforeAll(() => tf.setBackend("nodegrad"));
}

/** Runs a kernel as the core would, past the checks of its public functions. */
export function run(kernel: string, inputs: object, attributes: object = {}): tf.Tensor {
  return tf.engine().runKernel(kernel, inputs as never, attributes as never) as tf.Tensor;
}

/** Values as a list of numbers. */
export const list = (x: tf.Tensor): number[] => Array.from(x.dataSync());

/** A tensor of int32. */
export const ints = (values: readonly number[], shape: readonly number[] = [values.length]): tf.Tensor =>
  tf.tensor(Int32Array.from(values), shape as number[], "int32");

/** A tensor of floats. */
export const floats = (values: ArrayLike<number>, shape: readonly number[] = [values.length]): tf.Tensor =>
  tf.tensor(Float32Array.from(values), shape as number[]);

/** A tensor of booleans. */
export const bools = (values: readonly number[], shape: readonly number[] = [values.length]): tf.Tensor =>
  tf.tensor(Uint8Array.from(values), shape as number[], "bool");

/** Numbers that repeat: uniform in [−1, 1). */
export function sample(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** Floats of every exponent and sign, NaN and infinities among them, in a spacing that repeats. */
export function floatsOfAllSizes(count: number): Float32Array {
  const step = Math.floor(2 ** 32 / count);
  return new Float32Array(Uint32Array.from({ length: count }, (_, i) => i * step + ((i * 7919) % step)).buffer);
}

/** How many floats lie between two, and one if they differ in sign only. */
export function floatsBetween(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  const view = new DataView(new ArrayBuffer(4));
  const place = (x: number) => {
    view.setFloat32(0, x);
    const bits = view.getInt32(0);
    return bits < 0 ? -(bits & 0x7fffffff) : bits;
  };
  return Math.max(1, Math.abs(place(a) - place(b)));
}

/** Holds values to what is expected of them, in units in the last place of a float. */
export function expectUlps(found: tf.Tensor, expected: (i: number) => number, most: number): void {
  const far: string[] = [];
  for (const [i, value] of list(found).entries()) {
    const wanted = Math.fround(expected(i));
    if (floatsBetween(value, wanted) > most) far.push(`${i}: ${value} for ${wanted}`);
  }
  expect(far.slice(0, 5)).toEqual([]);
}
