/** Distances between examples, and who is nearest. */

import { abs, add, expandDims, matmul, mean, mul, slice, square, sub, sum, transpose } from "../ops/index.js";
import { MAX_SIZE } from "../shape.js";
import type { Tensor } from "../tensor.js";

/**
 * How far apart two examples are: the sum of the absolute differences of their features (`"l1"`), or the root of the
 * sum of their squares (`"l2"`).
 */
export type Metric = "l1" | "l2";

/**
 * Distances `[m, n]` of each query `[m, d]` to each example `[n, d]`, float32; those of `"l2"` squared, as ranking needs
 * no root.
 *
 * Never is there a tensor of m·n·d elements. ‖q − x‖² = ‖q‖² − 2 q·x + ‖x‖² is a matrix product; its rounding errors are
 * some 10⁻⁷ of ‖q‖² + ‖x‖², and so it may be a little below 0. Both are seen from the middle of the examples first: that
 * changes no distance, and makes the norms small. Absolute differences are summed as they are computed (the compiler
 * fuses them into the sum).
 */
export function distances(metric: Metric, queries: Tensor, examples: Tensor): Tensor {
  if (metric === "l1") return sum(abs(sub(expandDims(queries, 1), expandDims(examples, 0))), { axes: 2 });
  const middle = mean(examples, { axes: 0 });
  const [q, x] = [sub(queries, middle), sub(examples, middle)];
  const norms = (points: Tensor) => sum(square(points), { axes: 1 });
  return add(sub(norms(x), mul(matmul(q, transpose(x)), 2)), expandDims(norms(q), 1));
}

/** Distances, or other numbers, computed at a time: 32 MiB of them. */
const CHUNK = 2 ** 23;

/**
 * Rows of a tensor in chunks, each with where it begins, such that `numbers` of each row fit in memory together.
 *
 * @param elements How many elements the largest tensor has for each row, if it has more and none of them in memory: a
 *   tensor has 2³¹ − 1 at most, be it fused or not.
 */
export function* chunksOf(x: Tensor, numbers: number, elements = 1): Generator<readonly [start: number, rows: Tensor]> {
  const length = Math.max(1, Math.floor(Math.min(CHUNK / Math.max(1, numbers), MAX_SIZE / Math.max(1, elements))));
  for (let start = 0; start < (x.shape[0] as number); start += length) {
    yield [start, slice(x, [[start, start + length]])];
  }
}

/**
 * Positions of the k smallest values, nearest first; of equal ones the first come first. Position 0 stands in where
 * fewer than k values are finite.
 */
export function smallest(values: ArrayLike<number>, k: number): Int32Array {
  const best = new Float64Array(k).fill(Infinity);
  const positions = new Int32Array(k);
  let limit = Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!(value < limit)) continue;
    let place = k - 1;
    for (; place > 0 && value < (best[place - 1] as number); place--) {
      best[place] = best[place - 1] as number;
      positions[place] = positions[place - 1] as number;
    }
    best[place] = value;
    positions[place] = i;
    limit = best[k - 1] as number;
  }
  return positions;
}
