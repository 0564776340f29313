/** Windows that TF.js counts in a way of its own. */

import { describe, expect, it } from "vitest";
import { floats, ints, list, onNodegrad, run, sample, tf } from "./support.js";

onNodegrad();

const image = () => floats(sample(2 * 7 * 9 * 2), [2, 7, 9, 2]);

describe("convolution", () => {
  it("by strides that differ, padded by a number, has as many windows in a row as the core says", () => {
    const filter = floats(sample(3 * 2 * 2 * 3, 2), [3, 2, 2, 3]);
    const y = tf.conv2d(image() as tf.Tensor4D, filter as tf.Tensor4D, [2, 1], 1);
    // The core counts both axes by the height of the filter and the vertical stride.
    expect(y.shape).toEqual([2, 4, 5, 3]);
    expect(list(y)).toHaveLength(2 * 4 * 5 * 3);
    // They are the first ones of those that there would be.
    const wider = tf.conv2d(tf.pad(image(), [[0, 0], [1, 1], [1, 1], [0, 0]]) as tf.Tensor4D, filter as tf.Tensor4D, [2, 1], "valid"); // biome-ignore format: a line
    expect(list(y)).toEqual(list(tf.slice(wider, [0, 0, 0, 0], [2, 4, 5, 3])));
  });

  it("of volumes may begin inside, where windows are further apart than they are long", () => {
    const volume = floats([1, 2, 3, 4, 5, 6], [1, 1, 1, 6, 1]);
    const ones = floats([1, 1], [1, 1, 2, 1, 1]);
    const y = run("Conv3D", { x: volume, filter: ones }, { strides: [1, 1, 3], pad: "same" });
    // Two windows, three apart, reach over five of the six elements: by the core's rule −1 is padded before.
    expect(list(y)).toEqual([2 + 3, 5 + 6]);
  });
});

describe("pooling", () => {
  it("finds the maxima of int32 exactly, and averages them as floats", () => {
    const x = ints([16777217, 16777216, -5, -(2 ** 31), 3, 2 ** 31 - 1], [1, 2, 3, 1]);
    const y = tf.maxPool(x as tf.Tensor4D, 2, [2, 1], "same");
    expect([y.dtype, list(y)]).toEqual(["int32", [16777217, 2 ** 31 - 1, 2 ** 31 - 1]]);
    expect(
      list(run("AvgPool", { x: ints([1, 2], [1, 1, 2, 1]) }, { filterSize: [1, 2], strides: 1, pad: "valid" })),
    ).toEqual([1.5]);
  });

  it("sends the gradient to the first maximum that is a number", () => {
    const input = floats([NaN, 2, 2, 1], [1, 2, 2, 1]);
    const attributes = { filterSize: 2, strides: 2, pad: "valid" };
    const dx = run(
      "MaxPoolGrad",
      { dy: floats([5], [1, 1, 1, 1]), input, output: floats([2], [1, 1, 1, 1]) },
      attributes,
    );
    expect(list(dx)).toEqual([0, 5, 0, 0]);
    const whole = { ...attributes, filterSize: 1, strides: 1 };
    expect(list(run("MaxPoolGrad", { dy: input, input, output: input }, whole))).toEqual([NaN, 2, 2, 1]);
  });

  it("never finds a NaN to be the maximum, unless there is nothing else", () => {
    const x = floats([NaN, 1, NaN, NaN, -1, NaN, NaN, NaN], [1, 2, 4, 1]);
    expect(list(tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"))).toEqual([1, -Infinity]);
    expect(list(tf.maxPool(x as tf.Tensor4D, [1, 2], [1, 2], "valid"))).toEqual([1, -Infinity, -1, -Infinity]);
  });
});
