import { describe, expect, it } from "vitest";
import * as ng from "../../lib/index.js";

describe("checkGradients", () => {
  const x = ng.tensor([1, 2, 3]);

  it.each([1, 1e-3, 1e-7])("finds a gradient that is half of what it should be, in a function of scale %d", (scale) => {
    const wrong = (a: ng.Tensor) => ng.stopGradient(a).mul(a).mul(scale).sum();
    expect(() => ng.checkGradients(wrong, [x])).toThrow(ng.GradientError);
    expect(() => ng.checkGradients((a) => a.mul(a).mul(scale).sum(), [x])).not.toThrow();
  });
});

describe("the type of a gradient", () => {
  it("is that of the argument, or a list", () => {
    const both: readonly ng.Tensor[] = ng.grad((a: ng.Tensor, b: ng.Tensor) => a.mul(b).sum(), { argument: [0, 1] })(
      ng.tensor([2]),
      ng.tensor([3]),
    );
    expect(both.map((g) => g.toArray())).toEqual([[3], [2]]);
    const tree: { w: ng.Tensor } = ng.grad((p: { w: ng.Tensor }) => p.w.square().sum())({ w: ng.tensor([2]) });
    expect(tree.w.toArray()).toEqual([4]);
    const one: ng.Tensor = ng.valueAndGrad((a: ng.Tensor) => a.sum())(ng.tensor([1])).grad;
    expect(one.toArray()).toEqual([1]);
  });
});
