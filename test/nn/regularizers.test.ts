import { describe, expect, it } from "vitest";
import { DTypeError, OptionError } from "../../lib/errors.js";
import { add, checkGradients, compile, grad, setBackend, type Tensor, tensor, variable } from "../../lib/index.js";
import { crossEntropy, elasticNetPenalty, Linear, l1Penalty, l2Penalty } from "../../lib/nn/index.js";
import { AdamW, SGD } from "../../lib/optim/index.js";

setBackend("reference");

const tree = {
  w: tensor([
    [1, -2],
    [0, 3],
  ]),
  rest: [tensor([-4])],
};

describe("penalties", () => {
  it("are Σ w², Σ |w| and Σ βw² + |w| of all tensors, times the strength", () => {
    expect(l2Penalty(tree).item()).toBe(30);
    expect(l1Penalty(tree).item()).toBe(10);
    expect(elasticNetPenalty(tree, 1, 0.5).item()).toBe(25);
    expect(l2Penalty(tree, 0.5).item()).toBe(15);
    expect(l1Penalty(tree, tensor(0.25)).item()).toBe(2.5);
    expect(elasticNetPenalty(tree, 2).item()).toBe(80);
    expect(l2Penalty(new Linear(3, 2, { seed: 1, bias: false }).parameters()).item()).toBeGreaterThan(0);
  });

  it("have the derivatives 2λw and λ·sign(w)", () => {
    const slope = (penalty: (w: Tensor) => Tensor) => [...grad(penalty)(tensor([1, -2, 0])).dataSync()];
    expect(slope((w) => l2Penalty(w, 0.5))).toEqual([1, -2, 0]);
    expect(slope((w) => l1Penalty(w, 0.5))).toEqual([0.5, -0.5, 0]);
    expect(slope((w) => elasticNetPenalty([w], 1, 0.5))).toEqual([2, -3, 0]);
    const at = tensor([0.3, -1.2]);
    checkGradients((w, v) => elasticNetPenalty({ w, v }, 0.7, 0.2), [at, at], { order: 2 });
  });

  it("of 64-bit parameters is 64-bit", () => {
    expect(l2Penalty([tensor([0.1], { dtype: "float64" }), tensor([2])]).item()).toBe(0.1 * 0.1 + 4);
  });

  it("need float tensors", () => {
    expect(() => l2Penalty({})).toThrow(OptionError);
    expect(() => l1Penalty([tensor(Int32Array.of(1))])).toThrow(DTypeError);
  });
});

describe("weight decay", () => {
  const x = tensor([[1, 2]]);
  const y = tensor(Int32Array.of(1));

  /** The weights after three steps. */
  function trained(weightDecay: number, strength: number): number[] {
    const model = new Linear(2, 2, { seed: 1 });
    const optimizer = new SGD(model.parameters(), { learningRate: 0.125, weightDecay });
    const step = compile(() => {
      const loss = crossEntropy(model.forward(x), y);
      add(loss, l2Penalty(model.parameters(), strength)).backward();
      optimizer.step();
      return [];
    });
    for (let i = 0; i < 3; i++) step();
    return [...model.weight.dataSync()];
  }

  it("of SGD is the L2 penalty with half its strength", () => {
    const [decay, penalty] = [trained(0.25, 0), trained(0, 0.125)];
    decay.forEach((w, i) => {
      expect(Math.abs(w - (penalty[i] as number))).toBeLessThan(3 * 8 * 2 ** -24);
    });
    expect(trained(0, 0)).not.toEqual(penalty);
  });

  it("of AdamW shrinks by learningRate · weightDecay, whatever the gradient", () => {
    const w = variable([4, -8]);
    const optimizer = new AdamW([w], { learningRate: 0.5, weightDecay: 0.5 });
    w.mul(0).sum().backward();
    optimizer.step();
    expect(w.toArray()).toEqual([3, -6]);
  });
});
