import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import {
  batchNorm,
  dropout,
  layerNorm,
  mean,
  moments,
  mul,
  ones,
  tensor,
  transpose,
  zeros,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { expectClose, sample, values } from "./support.js";

setBackend("reference");

describe("moments", () => {
  it("are the mean and the population variance", () => {
    const { mean, variance } = moments(tensor([1, 2, 3, 6]));
    expect(values(mean)).toEqual([3]);
    expect(values(variance)).toEqual([3.5]);
  });

  it("are taken over some axes", () => {
    const x = tensor([
      [1, 3],
      [5, 9],
    ]);
    const { mean, variance } = moments(x, { axes: 1 });
    expect(values(mean)).toEqual([2, 7]);
    expect(values(variance)).toEqual([1, 4]);
    const kept = moments(x, { axes: [1], keepDims: true });
    expect([kept.mean.shape, kept.variance.shape]).toEqual([
      [2, 1],
      [2, 1],
    ]);
  });

  it("do not cancel far from zero", () => {
    // The mean of squares minus the square of the mean loses it: of 10⁸, float32 keeps no digit below 8.
    const { variance } = moments(tensor([1e4, 1e4 + 2], { dtype: "float32" }));
    expect(values(variance)).toEqual([1]);
  });
});

describe("batchNorm", () => {
  const x = sample([4, 3, 2, 5], { low: -3, high: 5 });
  const channels = [0, 2, 3];

  it("makes mean β and variance γ² with the statistics of the batch", () => {
    const gamma = tensor([1, 2, 0.5], { dtype: "float64" });
    const beta = tensor([0, -1, 3], { dtype: "float64" });
    const y = batchNorm(x, { ...moments(x, { axes: channels }), gamma, beta, epsilon: 0 });
    const after = moments(y, { axes: channels });
    expectClose(after.mean, [3], [0, -1, 3], 2 ** -45);
    expectClose(after.variance, [3], [1, 4, 0.25], 2 ** -45);
  });

  it("uses given statistics", () => {
    const y = batchNorm(tensor([[1, 10]]), { mean: tensor([0, 4]), variance: tensor([4, 9]), epsilon: 0 });
    expect(values(y)).toEqual([0.5, 2]);
  });

  it("is the same along the last axis", () => {
    const statistics = moments(x, { axes: channels });
    const last = batchNorm(transpose(x, [0, 2, 3, 1]), { ...statistics, axis: -1 });
    expect(values(transpose(last, [0, 3, 1, 2]))).toEqual(values(batchNorm(x, statistics)));
  });

  it("names what is wrong", () => {
    const statistics = { mean: zeros([3]), variance: ones([3]) };
    const image = zeros([1, 3, 2, 2]);
    expect(() => batchNorm(image, { ...statistics, gamma: ones([2]) })).toThrow(
      new ShapeError("batchNorm: gamma must have shape [3], got [2]"),
    );
    expect(() => batchNorm(image, { mean: zeros([3]) } as never)).toThrow(
      new OptionError('batchNorm: option "variance" must be a tensor, got undefined'),
    );
    expect(() => batchNorm(image, { ...statistics, epsilon: -1 })).toThrow(
      new OptionError('batchNorm: option "epsilon" must be a finite number ≥ 0, got -1'),
    );
    expect(() => batchNorm(x, statistics)).toThrow(DTypeError);
    expect(() => batchNorm(image, { ...statistics, axis: 4 })).toThrow(
      "batchNorm: axis must be an integer in [-4, 4), got 4",
    );
  });
});

describe("layerNorm", () => {
  it("makes mean 0 and variance 1 in every example", () => {
    const x = sample([5, 12], { low: 2, high: 9 });
    const after = moments(layerNorm(x, { epsilon: 0 }), { axes: 1 });
    expectClose(after.mean, [5], [0, 0, 0, 0, 0], 2 ** -48);
    expectClose(after.variance, [5], [1, 1, 1, 1, 1], 2 ** -48);
  });

  it("scales and shifts by the elements of the normalised axes", () => {
    const x = tensor([
      [1, 3],
      [6, 2],
    ]);
    const y = layerNorm(x, { gamma: tensor([10, 100]), beta: tensor([1, 2]), epsilon: 0 });
    expect(values(y)).toEqual([-9, 102, 11, -98]);
    const over = layerNorm(sample([2, 3, 4]), { axes: [1, 2], gamma: ones([3, 4], { dtype: "float64" }) });
    expectClose(mean(over, { axes: [1, 2] }), [2], [0, 0], 2 ** -48);
  });

  it("names what is wrong", () => {
    expect(() => layerNorm(zeros([2, 3]), { beta: zeros([2]) })).toThrow(
      new ShapeError("layerNorm: beta must have shape [3], got [2]"),
    );
    expect(() => layerNorm(zeros([2, 3]), { gamma: 1 as never })).toThrow(
      new OptionError('layerNorm: option "gamma" must be a tensor, got 1'),
    );
  });
});

describe("dropout", () => {
  it("zeroes elements at the rate and scales the others", () => {
    const kept = values(dropout(ones([20_000]), { rate: 0.2, seed: 7 })).filter((v) => v !== 0);
    expect(new Set(kept)).toEqual(new Set([1.25]));
    // Binomial: 16,000 expected, standard deviation 57; five of them.
    expect(Math.abs(kept.length - 16_000)).toBeLessThan(285);
  });

  it("differs from call to call, but a call has one value", () => {
    const [a, b] = [dropout(ones([100])), dropout(ones([100]))];
    expect(values(a)).not.toEqual(values(b));
    const twice = mul(a, 2);
    expect(values(twice)).toEqual(values(a).map((v) => 2 * v));
    expect(values(dropout(ones([100]), { seed: 3 }))).toEqual(values(dropout(ones([100]), { seed: 3 })));
  });

  it("with rate 0 is the tensor itself", () => {
    const x = ones([3]);
    expect(dropout(x, { rate: 0 })).toBe(x);
  });

  it.each([1, -0.1, NaN, "0.5"])("rejects rate %s", (rate) => {
    expect(() => dropout(ones([3]), { rate: rate as number })).toThrow(
      /^dropout: option "rate" must be in \[0, 1\), got/,
    );
  });
});
