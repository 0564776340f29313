/** What the course says about convolutions, and the layers that are made of them. */

import { describe, expect, it } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { convTranspose2d, setBackend, sum, transpose, zeros } from "../../lib/index.js";
import { Conv1d, Conv2d, ConvTranspose2d, Linear, Sequential } from "../../lib/nn/index.js";
import { expectClose, sample, values } from "../ops/support.js";
import { checkLayer } from "./support.js";

setBackend("reference");

describe("convolutions", () => {
  it("of 1×1 are a linear layer over the channels of each pixel", () => {
    const conv = new Conv2d(3, 4, 1, { seed: 1 });
    const linear = new Linear(3, 4, { seed: 2 });
    linear.loadState({
      weight: { dtype: "float32", shape: [4, 3], data: conv.weight.dataSync() as Float32Array },
      bias: { dtype: "float32", shape: [4], data: conv.bias?.dataSync() as Float32Array },
    });
    const x = sample([2, 3, 5, 6], { dtype: "float32" });
    const pixels = linear.forward(transpose(x, [0, 2, 3, 1]));
    // Sums of four terms, each at most 1.
    expectClose(conv.forward(x), [2, 4, 5, 6], values(transpose(pixels, [0, 3, 1, 2])), 2 * 5 * 4 * 2 ** -24);
  });

  it("without activation between them are one convolution", () => {
    const [first, second] = [new Conv2d(2, 3, 3, { seed: 1 }), new Conv2d(3, 4, 3, { seed: 2 })];
    const one = new Conv2d(2, 4, 5, { seed: 3 });
    // Each tap of the second filters adds its multiple of the first ones at its place.
    one.weight.assign(convTranspose2d(second.weight, first.weight));
    const shifts = sum(second.weight.mul(first.bias?.reshape([3, 1, 1]) as Conv2d["weight"]), { axes: [1, 2, 3] });
    one.bias?.assign(shifts.add(second.bias as Conv2d["weight"]));
    const x = sample([2, 2, 9, 8], { dtype: "float32" });
    const stacked = new Sequential([first, second]).forward(x);
    // Terms: 27 products of at most 1/√27 with values of at most 18/√18 + 1/√18.
    expectClose(one.forward(x), [2, 4, 5, 4], values(stacked), 50 * 27 * 2 ** -24);
  });

  it("shrink and grow images by the lecture's formula", () => {
    const shape = (layer: Conv2d | ConvTranspose2d, size: number) =>
      layer.forward(zeros([1, 1, size, size])).shape.slice(2);
    expect(shape(new Conv2d(1, 1, 3), 7)).toEqual([5, 5]);
    expect(shape(new Conv2d(1, 1, 3, { stride: 2 }), 7)).toEqual([3, 3]);
    expect(shape(new ConvTranspose2d(1, 1, 3), 5)).toEqual([7, 7]);
    expect(shape(new ConvTranspose2d(1, 1, 3, { stride: 2 }), 3)).toEqual([7, 7]);
    expect(shape(new ConvTranspose2d(1, 1, 4, { stride: 2, padding: 1 }), 16)).toEqual([32, 32]);
  });
});

describe("Conv1d", () => {
  it("has a bias per filter, groups and derivatives", () => {
    const layer = new Conv1d(4, 6, 3, { groups: 2, stride: 2, seed: 1 });
    expect(layer.weight.shape).toEqual([6, 2, 3]);
    expect(layer.forward(zeros([2, 4, 9])).shape).toEqual([2, 6, 4]);
    checkLayer(layer, [sample([2, 4, 7])]);
    expect(new Conv1d(4, 6, 3, { bias: false }).bias).toBeUndefined();
    expect(() => new Conv1d(4, 6, 3, { groups: 3 })).toThrow(
      "Conv1d: 4 inputs and 6 outputs do not divide into 3 groups",
    );
    expect(() => new Conv1d(4, 6, 0)).toThrow(OptionError);
    expect(() => new Conv1d(4, 6, 3, { layout: "NHWC" } as object)).toThrow(OptionError);
  });
});

describe("ConvTranspose2d", () => {
  it("has a bias per channel of the result, groups, layouts and derivatives", () => {
    const layer = new ConvTranspose2d(4, 6, [3, 2], { groups: 2, stride: 2, seed: 1 });
    expect(layer.weight.shape).toEqual([4, 3, 3, 2]);
    expect(layer.bias?.shape).toEqual([6]);
    const bound = 1 / Math.sqrt(3 * 6); // as in PyTorch, which takes the second axis of the weights for the inputs
    expect(Math.max(...values(layer.weight).map(Math.abs))).toBeLessThanOrEqual(bound);
    checkLayer(layer, [sample([1, 4, 2, 3])]);
    const last = new ConvTranspose2d(4, 6, [3, 2], { groups: 2, stride: 2, layout: "NHWC", seed: 1 });
    const x = sample([2, 4, 3, 3], { dtype: "float32" });
    const y = transpose(last.forward(transpose(x, [0, 2, 3, 1])), [0, 3, 1, 2]);
    expectClose(y, [2, 6, 7, 6], values(layer.forward(x)), 1e-5);
    expect(() => new ConvTranspose2d(4, 5, 3, { groups: 2 })).toThrow(OptionError);
    expect(() => new ConvTranspose2d(4, 6, 3, { outputPading: 1 } as object)).toThrow('did you mean "outputPadding"?');
  });
});
