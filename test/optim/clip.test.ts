import { describe, expect, it } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { compile, setBackend, type Tensor, tensor, variable } from "../../lib/index.js";
import { clipGradNorm, clipGradValue, SGD } from "../../lib/optim/index.js";
import { describeOnBoth } from "../runtime/support.js";

/** Two variables with the gradients (3, 0) and (−4). */
function withGradients() {
  const [a, b, unused] = [variable([0, 0]), variable([0]), variable([0])];
  const backward = () =>
    a
      .mul(tensor([3, 0]))
      .sum()
      .add(b.mul(-4).sum())
      .backward();
  return { a, b, unused, backward };
}

describeOnBoth("clipGradNorm", () => {
  it("scales all gradients by one factor where their norm is too large", () => {
    const { a, b, unused, backward } = withGradients();
    backward();
    const norm = clipGradNorm({ a, b, unused }, 1);
    expect(norm.item()).toBe(5);
    // 1e-6 is added to the norm of 5; a few roundings.
    const close = (x: Tensor | undefined, i: number) => expect.soft(x?.dataSync()[i]);
    close(a.grad, 0).toBeCloseTo(0.6, 6);
    close(a.grad, 1).toBe(0);
    close(b.grad, 0).toBeCloseTo(-0.8, 6);
    expect(unused.grad).toBeUndefined();
  });

  it("leaves smaller ones as they are", () => {
    const { a, b, backward } = withGradients();
    backward();
    clipGradNorm([a, b], 5.5);
    expect([a.grad?.toArray(), b.grad?.toArray()]).toEqual([[3, 0], [-4]]);
    const zero = variable([0]);
    zero.mul(0).sum().backward();
    expect(clipGradNorm(zero, 0).item()).toBe(0);
    expect(zero.grad?.toArray()).toEqual([0]);
  });

  it("works in a compiled step, where the limit may be an argument", () => {
    const { a, b, backward } = withGradients();
    const optimizer = new SGD([a, b], { learningRate: 1 });
    const step = compile((limit: Tensor | number) => {
      backward();
      const norm = clipGradNorm(optimizer.parameters, limit);
      optimizer.step();
      return norm;
    });
    expect(step(10).item()).toBe(5);
    expect([a.toArray(), b.toArray()]).toEqual([[-3, 0], [4]]);
    step(2.5);
    expect(a.dataSync()[0]).toBeCloseTo(-4.5, 5);
    expect(b.dataSync()[0]).toBeCloseTo(6, 5);
    expect([step.traces, a.grad]).toEqual([1, undefined]);
  });
});

describeOnBoth("clipGradValue", () => {
  it("limits each element", () => {
    const { a, b, backward } = withGradients();
    backward();
    clipGradValue([a, b], 3.5);
    expect([a.grad?.toArray(), b.grad?.toArray()]).toEqual([[3, 0], [-3.5]]);
    const optimizer = new SGD([a, b], { learningRate: 1 });
    optimizer.zeroGrad();
    const step = compile((limit: Tensor | number) => {
      backward();
      clipGradValue(optimizer.parameters, limit);
      optimizer.step();
      return [];
    });
    step(0.25);
    expect([a.toArray(), b.toArray()]).toEqual([[-0.25, 0], [0.25]]);
  });
});

describe("clipping", () => {
  it("needs variables and limits ≥ 0, and takes any float dtype", () => {
    setBackend("reference");
    expect(() => clipGradNorm([], 1)).toThrow(OptionError);
    expect(() => clipGradNorm([variable(1)], -1)).toThrow('clipGradNorm: option "maxNorm" must be a number ≥ 0');
    expect(() => clipGradValue([variable(1)], Number.NaN)).toThrow('clipGradValue: option "limit" must be');
    const [w, v] = [variable([3], { dtype: "float64" }), variable([4])];
    w.square().sum().backward();
    v.square().sum().backward();
    expect(clipGradNorm([w, v], 1).item()).toBe(10);
    expect(w.grad?.item()).toBeCloseTo(0.6, 6);
    clipGradValue([w, v], 0.5);
    expect([w.grad?.item(), v.grad?.item()]).toEqual([0.5, 0.5]);
  });
});
