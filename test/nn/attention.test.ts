import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import { checkGradients, compile, setBackend, slice, type Tensor, tensor, zeros } from "../../lib/index.js";
import { MultiheadAttention, scaledDotProductAttention } from "../../lib/nn/index.js";
import { expectClose, sample, values } from "../ops/support.js";
import { checkLayer } from "./support.js";

setBackend("reference");

describe("scaledDotProductAttention", () => {
  it("is softmax(q·kᵀ/√d)·v", () => {
    const q = tensor([[2, 0, 0, 0]], { dtype: "float64" });
    const k = tensor([[Math.log(3), 0, 0, 0], [0, 1, 2, 3]], { dtype: "float64" }); // biome-ignore format: a picture
    const v = tensor([[1, 10], [5, 50]], { dtype: "float64" }); // biome-ignore format: a picture
    // Scores 2·ln 3/√4 and 0: weights 3/4 and 1/4.
    expectClose(scaledDotProductAttention(q, k, v), [1, 2], [2, 20], 1e-12);
  });

  it("averages the values for equal keys, and picks the one whose key fits far better", () => {
    const v = sample([3, 2]);
    const mean = values(v.mean({ axes: 0 }));
    expectClose(scaledDotProductAttention(sample([1, 4]), zeros([3, 4], { dtype: "float64" }), v), [1, 2], mean, 1e-12);
    const k = tensor([[0, 0], [1e4, 0], [0, 0]], { dtype: "float64" }); // biome-ignore format: a picture
    const q = tensor([[1, 0]], { dtype: "float64" });
    expectClose(scaledDotProductAttention(q, k, v), [1, 2], values(slice(v, [1])), 0);
  });

  it("sees what the mask shows, and nothing behind when causal", () => {
    const [q, k, v] = [sample([2, 3, 4], { seed: 1 }), sample([2, 3, 4], { seed: 2 }), sample([2, 3, 5], { seed: 3 })];
    const causal = scaledDotProductAttention(q, k, v, { causal: true });
    expectClose(slice(causal, [null, 0]), [2, 5], values(slice(v, [null, 0])), 1e-12);
    const past = (x: Tensor) => slice(x, [null, [0, 2]]);
    const shorter = scaledDotProductAttention(past(q), past(k), past(v), { causal: true });
    expectClose(past(causal), [2, 2, 5], values(shorter), 1e-12);
    const mask = tensor([true, true, false], { dtype: "bool" });
    const masked = scaledDotProductAttention(q, k, v, { mask });
    expectClose(masked, [2, 3, 5], values(scaledDotProductAttention(q, past(k), past(v))), 1e-12);
    const both = scaledDotProductAttention(q, k, v, { mask, causal: true });
    expectClose(past(both), [2, 2, 5], values(shorter), 1e-12);
    const none = scaledDotProductAttention(q, k, v, { mask: tensor([false, false, false], { dtype: "bool" }) });
    expect(values(none).every(Number.isNaN)).toBe(true);
  });

  it("has the right derivatives, masked too", () => {
    const inputs = [sample([2, 2, 3], { seed: 1 }), sample([2, 3, 3], { seed: 2 }), sample([2, 3, 2], { seed: 3 })];
    const attend = (q: Tensor, k: Tensor, v: Tensor) => scaledDotProductAttention(q, k, v);
    checkGradients(attend as () => Tensor, inputs, { order: 2 });
    const causal = (q: Tensor, k: Tensor, v: Tensor) => scaledDotProductAttention(q, k, v, { causal: true });
    checkGradients(causal as () => Tensor, inputs);
  });

  it("refuses what does not fit", () => {
    const x = zeros([2, 3, 4]);
    expect(() => scaledDotProductAttention(x, zeros([2, 3, 5]), x)).toThrow(
      "scaledDotProductAttention: query, key and value do not fit: [2, 3, 4], [2, 3, 5], [2, 3, 4]",
    );
    expect(() => scaledDotProductAttention(x, x, zeros([2, 4, 4]))).toThrow(ShapeError);
    expect(() => scaledDotProductAttention(zeros([4]), x, x)).toThrow("query must have at least 2 axes");
    expect(() => scaledDotProductAttention(x, x, x, { mask: zeros([3]) })).toThrow(DTypeError);
    expect(() => scaledDotProductAttention(x, x, x, { isCausal: true } as object)).toThrow("unknown option");
    expect(() => scaledDotProductAttention(x, x, x, { dropRate: 1 })).toThrow(OptionError);
  });
});

describe("MultiheadAttention", () => {
  it("has PyTorch's names and shapes", () => {
    const layer = new MultiheadAttention(6, 2, { seed: 1 });
    const shapes = Object.entries(layer.parameters()).map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ["in_proj_weight", [18, 6]],
      ["in_proj_bias", [18]],
      ["out_proj.weight", [6, 6]],
      ["out_proj.bias", [6]],
    ]);
    expect(values(layer.outProj.bias as Tensor)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(Object.keys(new MultiheadAttention(6, 2, { bias: false }).parameters())).toHaveLength(2);
  });

  it("does not care for the order of its keys, and attends to itself by default", () => {
    const layer = new MultiheadAttention(4, 2, { seed: 1 });
    const [q, x] = [sample([1, 2, 4], { dtype: "float32" }), sample([1, 3, 4], { dtype: "float32", seed: 2 })];
    const turned = x.flip({ axes: 1 });
    expectClose(layer.forward(q, turned), [1, 2, 4], values(layer.forward(q, x)), 1e-6);
    expect(values(layer.forward(x))).toEqual(values(layer.forward(x, x, x)));
  });

  it("drops weights while training only, compiled too", () => {
    const layer = new MultiheadAttention(4, 2, { dropRate: 0.5, seed: 1 });
    const x = sample([2, 8, 4], { dtype: "float32" });
    const training = compile((x: Tensor) => layer.forward(x));
    expect(values(training(x))).not.toEqual(values(training(x)));
    layer.eval();
    const evaluation = compile((x: Tensor) => layer.forward(x));
    expect(values(evaluation(x))).toEqual(values(evaluation(x)));
  });

  it("has the right derivatives", () => {
    const layer = new MultiheadAttention(4, 2, { seed: 1 });
    checkLayer(layer, [sample([2, 3, 4])]);
    checkLayer(layer, [sample([1, 2, 4]), sample([1, 3, 4], { seed: 2 })]);
  });

  it("refuses what does not fit", () => {
    expect(() => new MultiheadAttention(6, 4)).toThrow("MultiheadAttention: 6 features do not divide into 4 heads");
    expect(() => new MultiheadAttention(6, 2, { dropout: 0.1 } as object)).toThrow(OptionError);
    expect(() => new MultiheadAttention(6, 2).forward(zeros([2, 3, 5]))).toThrow(
      "MultiheadAttention: query must have axes [n, length, 6], got [2, 3, 5]",
    );
    // Neither of two batches is stretched to the other.
    const attend = (n: number, m: number) => new MultiheadAttention(6, 2).forward(zeros([n, 3, 6]), zeros([m, 4, 6]));
    expect(() => attend(1, 3)).toThrow("MultiheadAttention: key must have axes [1, length, 6], got [3, 4, 6]");
    expect(() => attend(3, 1)).toThrow("MultiheadAttention: key must have axes [3, length, 6], got [1, 4, 6]");
  });
});
