/** Indices that point nowhere are errors, wherever their values come from; what is placed and picked. */

import { describe, expect, it } from "vitest";
import { IndexError } from "../../lib/index.js";
import { floats, ints, list, onNodegrad, run, tf } from "./support.js";

onNodegrad();

/** Indices that nobody knows before they are computed. */
const later = (x: tf.Tensor): tf.Tensor => tf.add(x, tf.scalar(0, "int32"));

const x = () => floats([1, 2, 3, 4, 5, 6], [2, 3]);

const CASES: readonly (readonly [name: string, bad: number[][], compute: (indices: tf.Tensor) => tf.Tensor])[] = [
  ["GatherV2", [[2], [-1], [0, 7]], (indices) => run("GatherV2", { x: x(), indices }, { axis: 0, batchDims: 0 })],
  [
    "GatherV2 in batches",
    [
      [0, 3],
      [-1, 0],
      [2, -3],
    ],
    (indices) => run("GatherV2", { x: x(), indices: tf.reshape(indices, [2, 1]) }, { axis: 1, batchDims: 1 }),
  ],
  [
    "GatherNd",
    [
      [0, 3],
      [1, -1],
      [2, 0],
    ],
    (indices) => run("GatherNd", { params: x(), indices: tf.reshape(indices, [1, 2]) }),
  ],
  [
    "ScatterNd",
    [
      [0, 3],
      [1, -1],
      [2, 0],
    ],
    (indices) => run("ScatterNd", { indices: tf.reshape(indices, [1, 2]), updates: floats([1]) }, { shape: [2, 3] }),
  ],
];

describe.each(CASES)("%s", (_, bad, compute) => {
  it.each(bad)("refuses bad indices at the caller's line", (...indices) => {
    expect(() => compute(ints(indices))).toThrow(IndexError);
  });

  it.each(bad)("refuses bad indices that are computed later when the result is read", async (...indices) => {
    const result = compute(later(ints(indices)));
    expect(() => result.dataSync()).toThrow(IndexError);
    await expect(compute(later(ints(indices))).data()).rejects.toThrow(IndexError);
  });
});

describe("kernels that replace slices", () => {
  it("refuse a point that is outside, even if it is a place in memory", () => {
    const at = (point: number[]) => ({ tensor: x(), indices: ints(point, [1, 2]), updates: floats([9]) });
    expect(list(run("TensorScatterUpdate", at([1, 0])))).toEqual([1, 2, 3, 9, 5, 6]);
    for (const point of [
      [0, 3],
      [1, -1],
      [2, 0],
    ]) {
      expect(() => run("TensorScatterUpdate", at(point))).toThrow(
        /TensorScatterUpdate: indices \[.+\] are outside of \[2,3\]/,
      );
    }
  });
});

describe("gatherND", () => {
  it("picks strings", () => {
    const words = tf.tensor(["α", "b", "c", "d"], [2, 2]);
    expect(tf.gatherND(words, ints([1, 0, 0, 0], [2, 2])).dataSync()).toEqual(["c", "α"]);
    expect(tf.gatherND(words, ints([1], [1, 1])).dataSync()).toEqual(["c", "d"]);
  });
});

describe("a kernel of numbers", () => {
  it("says which of its inputs is none, and what it is", () => {
    const strings = tf.tensor(["a"]);
    expect(() => run("Exp", { x: strings })).toThrow("Exp: x must be a tensor of numbers, got string");
    expect(() => run("Maximum", { a: floats([1]), b: tf.complex([1], [2]) })).toThrow(
      "Maximum: b must be a tensor of numbers, got complex64",
    );
  });
});
