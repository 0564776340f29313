/** What tests of operations share: inputs, and values to compare. */

import { expect } from "vitest";
import { Random } from "../../lib/data/index.js";
import type { DType } from "../../lib/dtype.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { tensor } from "../../lib/ops/index.js";
import { valuesOf } from "../../lib/runtime/realize.js";
import { type Shape, sizeOf } from "../../lib/shape.js";

/** The elements of a tensor in row-major order. */
export function values(x: Tensor): number[] {
  return Array.from(valuesOf(x));
}

/** The elements of a matrix, row by row. */
export function rows(x: Tensor): number[][] {
  const flat = values(x);
  const [height, width] = x.shape as [number, number];
  return Array.from({ length: height }, (_, i) => flat.slice(i * width, (i + 1) * width));
}

/** How to draw elements. */
export interface SampleOptions {
  readonly dtype?: DType;
  readonly low?: number;
  readonly high?: number;
  readonly seed?: number;
}

/** Uniform numbers in [low, high) = [−1, 1), the same for the same arguments; integers for integer dtypes. */
export function sample(shape: Shape, options: SampleOptions = {}): Tensor {
  const { dtype = "float64", low = -1, high = 1, seed = 1 } = options;
  const random = new Random(seed);
  const isInteger = dtype === "int32" || dtype === "uint8" || dtype === "bool";
  const draw = () => (isInteger ? low + random.below(high - low) : random.uniform(low, high));
  return tensor(Array.from({ length: sizeOf(shape) }, draw), { dtype, shape });
}

/** Different numbers in random order, `step` apart and none 0: no ties for maxima, and room around each. */
export function distinct(shape: Shape, options: { readonly step?: number; readonly seed?: number } = {}): Tensor {
  const { step = 0.1, seed = 1 } = options;
  const order = Int32Array.from({ length: sizeOf(shape) }, (_, i) => i);
  new Random(seed).shuffle(order);
  return tensor(
    Array.from(order, (i) => (i - order.length / 2 + 0.25) * step),
    { dtype: "float64", shape },
  );
}

/** Expects a shape, and elements that differ by at most `tolerance`; NaN equals NaN. */
export function expectClose(x: Tensor, shape: Shape, expected: readonly number[], tolerance: number): void {
  expect(x.shape).toEqual(shape);
  const actual = values(x);
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    const want = expected[i] as number;
    const agree = Object.is(value, want) || value === want || Math.abs(value - want) <= tolerance;
    if (!agree) expect.fail(`element ${i} is ${value}, expected ${want} ± ${tolerance}`);
  });
}
