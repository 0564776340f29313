/** Histograms of the values of a tensor. */

import type { Histogram } from "./event-file.js";

/**
 * Counts values in buckets of the same width between the smallest and the largest. NaN and infinities are left out. No value
 * gives no bucket; values that are all the same give one.
 */
export function histogramOf(values: ArrayLike<number>, buckets: number): Histogram {
  let [min, max, num, sum, sumSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  const finite = Array.from(values).filter(Number.isFinite);
  for (const value of finite) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    num++;
    sum += value;
    sumSquares += value * value;
  }
  if (num === 0) return { min: 0, max: 0, num, sum, sumSquares, limits: [], counts: [] };
  if (min === max) return { min, max, num, sum, sumSquares, limits: [max], counts: [num] };
  const width = (max - min) / buckets;
  const counts = new Array<number>(buckets).fill(0);
  for (const value of finite) {
    // The largest value belongs to the last bucket.
    const bucket = Math.min(buckets - 1, Math.floor((value - min) / width));
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  const limits = counts.map((_, i) => (i === buckets - 1 ? max : min + (i + 1) * width));
  return { min, max, num, sum, sumSquares, limits, counts };
}
