/** What random cases have found, one by one. */

import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import "../../lib/tfjs/index.js";

beforeAll(() => tf.setBackend("nodegrad"));

it("complex numbers with an infinite part have an infinite length", () => {
  const parts = [Infinity, -Infinity, Infinity, Number.NaN, 3];
  const others = [Infinity, 1, Number.NaN, 1, 4];
  const lengths = tf.abs(tf.complex(parts, others)).dataSync();
  expect(Array.from(lengths)).toEqual([Infinity, Infinity, Infinity, Number.NaN, 5]);
});

describe("trigonometry", () => {
  it("has an angle for infinities and signed zeros", () => {
    const y = [Infinity, Infinity, -Infinity, -Infinity, 0, -0, 0, -0, 0, -0];
    const x = [Infinity, -Infinity, Infinity, -Infinity, 0, 0, -0, -0, -1, -1];
    const angles = tf.atan2(tf.tensor1d(y), tf.tensor1d(x)).dataSync();
    expect(angles).toEqual(Float32Array.from(y, (value, i) => Math.atan2(value, x[i] as number)));
  });

  it("has no acosh of what is below 1, however far", () => {
    const values = tf.acosh(tf.tensor1d([-1e19, -1e30, -Infinity, 0.5, 1])).dataSync();
    expect(Array.from(values)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 0]);
  });
});

describe("windows", () => {
  it("are as many as the core counts where padding is a number", () => {
    const x = tf.ones([1, 1, 2, 1]) as tf.Tensor4D;
    expect(tf.maxPool(x, 1, [2, 1], 0, "floor").shape).toEqual([1, 1, 1, 1]);
    const dx = tf.grad((y) =>
      tf.conv2d(y as tf.Tensor4D, tf.ones([1, 1, 1, 1]) as tf.Tensor4D, [2, 1], 0, "NHWC", 1, "floor"),
    );
    expect(Array.from(dx(x).dataSync())).toEqual([1, 0]);
  });

  it("of volumes lie in the middle where strides are longer than they, as the core has it", () => {
    const x = tf.tensor5d([1, 2, 3], [1, 3, 1, 1, 1]);
    expect(Array.from(tf.maxPool3d(x, 1, [3, 1, 1], "same").dataSync())).toEqual([2]);
    expect(Array.from(tf.conv3d(x, tf.ones([1, 1, 1, 1, 1]) as tf.Tensor5D, [3, 1, 1], "same").dataSync())).toEqual([
      2,
    ]);
  });

  it("of filters of one column read their own taps", () => {
    const x = tf.tensor4d([2, 3, 5], [1, 3, 1, 1]);
    const filter = tf.tensor4d([1, 10, 100, 7, 70, 700], [2, 1, 1, 3]);
    expect(Array.from(tf.conv2d(x, filter, 1, "valid").dataSync())).toEqual([23, 230, 2300, 38, 380, 3800]);
  });
});
