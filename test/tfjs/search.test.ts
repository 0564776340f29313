/** The largest elements, of rows of any length. */

import { describe, expect, it } from "vitest";
import { floats, ints, list, onNodegrad, sample, tf } from "./support.js";

onNodegrad();

describe("topk", () => {
  it.each([1, 2, 7, 64, 999, 1000])("finds the %i largest of a row in order, of equal ones the first", (k) => {
    const rows = [sample(1000), sample(1000, 2).map((x) => Math.round(4 * x)), sample(1000, 3).sort()];
    const { values, indices } = tf.topk(tf.stack(rows.map((row) => floats(row))), k);
    for (const [i, row] of rows.entries()) {
      const order = Array.from(row, (_, j) => j).sort((a, b) => (row[b] as number) - (row[a] as number) || a - b);
      expect(list(tf.slice(indices, [i, 0], [1, k]))).toEqual(order.slice(0, k));
      expect(list(tf.slice(values, [i, 0], [1, k]))).toEqual(order.slice(0, k).map((j) => row[j]));
    }
  });

  it("puts NaN behind all numbers, keeps int32, and finds none of none", () => {
    const found = tf.topk(floats([NaN, 1, -Infinity, NaN, Infinity]), 4);
    expect([list(found.values), list(found.indices)]).toEqual([
      [Infinity, 1, -Infinity, NaN],
      [4, 1, 2, 0],
    ]);
    const largest = tf.topk(ints([16777216, 16777217, -1]), 2).values;
    expect([largest.dtype, list(largest)]).toEqual(["int32", [16777217, 16777216]]);
    expect(tf.topk(floats([1, 2], [2, 1]), 0).values.shape).toEqual([2, 0]);
  });
});
