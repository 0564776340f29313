import { describe, expect, it } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { setBackend, tensor, zeros } from "../../lib/index.js";
import { LayerNorm } from "../../lib/nn/index.js";
import { expectClose, sample, values } from "../ops/support.js";
import { checkLayer, momentsOf } from "./support.js";

setBackend("reference");

describe("LayerNorm", () => {
  it("normalises each example by itself, in both modes alike", () => {
    const layer = new LayerNorm(4);
    const x = sample([3, 4], { dtype: "float32", low: 2, high: 9 });
    const y = layer.forward(x);
    for (const row of [0, 1, 2]) {
      const { mean, variance } = momentsOf(values(y).slice(4 * row, 4 * row + 4));
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 4);
    }
    expectClose(layer.eval().forward(x), [3, 4], values(y), 0);
  });

  it("normalises several axes together, with γ and β of their shape", () => {
    const layer = new LayerNorm([2, 2], { epsilon: 0 });
    layer.weight?.assign(tensor([[1, 2], [3, 4]])); // biome-ignore format: a picture
    layer.bias?.assign(10);
    const x = tensor([[[1, 3], [1, 3]], [[5, 5], [7, 7]]]); // biome-ignore format: a picture
    expectClose(layer.forward(x), [2, 2, 2], [9, 12, 7, 14, 9, 8, 13, 14], 1e-5);
    expect(Object.keys(layer.parameters())).toEqual(["weight", "bias"]);
    expect(new LayerNorm(3, { affine: false }).variables()).toEqual({});
  });

  it("has the right derivatives", () => {
    checkLayer(new LayerNorm([2, 3]), [sample([2, 2, 3])]);
    checkLayer(new LayerNorm(3, { affine: false }), [sample([2, 3])]);
  });

  it("refuses other shapes and unknown options", () => {
    const layer = new LayerNorm([2, 3]);
    expect(() => layer.forward(zeros([3, 2]))).toThrow("LayerNorm: the last axes of x must be [2, 3], got [3, 2]");
    expect(() => layer.forward(zeros([3]))).toThrow("LayerNorm: the last axes");
    expect(() => new LayerNorm([])).toThrow(OptionError);
    expect(() => new LayerNorm(0)).toThrow(OptionError);
    expect(() => new LayerNorm(3, { elementwiseAffine: true } as object)).toThrow(OptionError);
  });
});
