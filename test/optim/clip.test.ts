import { describe, expect, it } from "vitest";
import { GradientError, OptionError } from "../../lib/errors.js";
import { compile, setBackend, type Tensor, tensor, type Variable, variable } from "../../lib/index.js";
import { clipGradNorm, clipGradValue, type Optimizer, SGD } from "../../lib/optim/index.js";
import { describeOnBoth } from "../runtime/support.js";

/** Variables whose gradients become (3, 0) and (−4), one that has none, and an optimiser that subtracts gradients. */
function prepared() {
  const [a, b, unused] = [variable([0, 0]), variable([0]), variable([0])];
  const lossOf = () =>
    a
      .mul(tensor([3, 0]))
      .sum()
      .add(b.mul(-4).sum());
  return { a, b, unused, lossOf, optimizer: new SGD({ a, b, unused }, { learningRate: 1 }) };
}

const elements = (...variables: (Tensor | undefined)[]) => variables.flatMap((v) => [...(v?.dataSync() ?? [])]);

/** 1e-6 is added to a norm of 5; a few roundings. */
function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
}

describeOnBoth("clipGradNorm", () => {
  it("scales all gradients by one factor where their norm is too large", () => {
    const { a, b, unused, lossOf, optimizer } = prepared();
    lossOf().backward();
    expect(clipGradNorm(optimizer, 1).item()).toBe(5);
    expectNear(elements(a.grad, b.grad), [0.6, 0, -0.8]);
    expect(unused.grad).toBeUndefined();
    optimizer.step();
    expectNear(elements(a, b), [-0.6, 0, 0.8]);
  });

  it("leaves smaller ones as they are", () => {
    const { a, b, lossOf, optimizer } = prepared();
    lossOf().backward();
    clipGradNorm(optimizer, 5.5);
    expect(elements(a.grad, b.grad)).toEqual([3, 0, -4]);
    optimizer.zeroGrad();
    lossOf().mul(0).backward();
    expect(clipGradNorm(optimizer, 0).item()).toBe(0);
    expect(elements(a.grad, b.grad).map(Math.abs)).toEqual([0, 0, 0]);
  });

  it("works in a compiled step, where the limit may be an argument", () => {
    const { a, b, lossOf, optimizer } = prepared();
    const step = compile((limit: Tensor | number) => {
      lossOf().backward();
      const norm = clipGradNorm(optimizer, limit);
      optimizer.step();
      return norm;
    });
    expect(step(10).item()).toBe(5);
    expect(elements(a, b)).toEqual([-3, 0, 4]);
    step(2.5);
    expectNear(elements(a, b), [-4.5, 0, 6]);
    expect([step.traces, a.grad]).toEqual([1, undefined]);
  });

  it("is of the sum of accumulated gradients, in and out of compiled functions", () => {
    for (const compiled of [false, true]) {
      const { a, b, lossOf, optimizer } = prepared();
      const half = () => {
        lossOf().mul(0.5).backward();
        optimizer.accumulate();
        return [];
      };
      const last = () => {
        const norm = clipGradNorm(optimizer, 1);
        const before = compiled ? [norm] : [norm.realize()];
        optimizer.step();
        return before;
      };
      const [add, step] = compiled ? [compile(half), compile(last)] : [half, last];
      for (let i = 1; i <= 2; i++) {
        add();
        add();
        expect(step()[0]?.item()).toBe(5);
        expectNear(elements(a, b), [-0.6 * i, 0, 0.8 * i]);
      }
    }
  });

  it("leaves gradients from outside as they were when it is compiled", () => {
    const { a, b, lossOf, optimizer } = prepared();
    lossOf().backward();
    const clipped = compile(() => {
      clipGradNorm(optimizer, 1);
      return [a.grad, b.grad] as Tensor[];
    });
    expectNear(elements(...clipped()), [0.6, 0, -0.8]);
    expect(elements(a.grad, b.grad)).toEqual([3, 0, -4]);
  });
});

describeOnBoth("clipGradValue", () => {
  it("limits each element", () => {
    const { a, b, lossOf, optimizer } = prepared();
    lossOf().backward();
    clipGradValue(optimizer, 3.5);
    expect(elements(a.grad, b.grad)).toEqual([3, 0, -3.5]);
    optimizer.zeroGrad();
    const step = compile((limit: Tensor | number) => {
      lossOf().backward();
      clipGradValue(optimizer, limit);
      optimizer.step();
      return [];
    });
    step(0.25);
    expect(elements(a, b)).toEqual([-0.25, 0, 0.25]);
  });
});

describe("clipping", () => {
  const sgd = (...variables: Variable[]) => new SGD(variables, { learningRate: 1 });

  it("needs an optimiser, a limit ≥ 0 and gradients", () => {
    const w = variable([1]);
    expect(() => clipGradNorm([w] as unknown as Optimizer, 1)).toThrow("clipGradNorm: needs an optimiser, got");
    expect(() => clipGradNorm(sgd(w), -1)).toThrow('clipGradNorm: option "maxNorm" must be a number ≥ 0');
    expect(() => clipGradValue(sgd(w), Number.NaN)).toThrow(OptionError);
    expect(() => clipGradValue(sgd(w), 1)).toThrow(GradientError);
    w.sum().backward();
    expect(() => clipGradNorm(sgd(w), tensor([1, 2]))).toThrow("clipGradNorm: maxNorm must be a scalar, got [2]");
  });

  it("takes any float dtype", () => {
    setBackend("reference");
    const [w, v] = [variable([3], { dtype: "float64" }), variable([4])];
    const optimizer = sgd(w, v);
    w.square().sum().backward();
    v.square().sum().backward();
    expect(clipGradNorm(optimizer, 1).item()).toBe(10);
    expect(w.grad?.item()).toBeCloseTo(0.6, 6);
    clipGradValue(optimizer, 0.5);
    expect([w.grad?.item(), v.grad?.item()]).toEqual([0.5, 0.5]);
  });
});
