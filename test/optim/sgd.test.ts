import { describe, expect, it } from "vitest";
import { GradientError, IndexError, OptionError } from "../../lib/errors.js";
import { compile, info, setBackend, type Tensor, tensor, variable } from "../../lib/index.js";
import { crossEntropy, Linear } from "../../lib/nn/index.js";
import { SGD, type SGDOptions } from "../../lib/optim/index.js";

setBackend("reference");

/** Steps on ½·c·w² from w = 1, whose gradient is c·w, in float64: the definition. */
function expectedPath(steps: number, c: number, options: SGDOptions): number[] {
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  let [w, v] = [1, 0];
  return Array.from({ length: steps }, () => {
    const g = c * w + weightDecay * w;
    v = momentum * v + g;
    w -= learningRate * (nesterov ? g + momentum * v : v);
    return w;
  });
}

/** The same by the optimiser, step by step or compiled. */
function path(steps: number, c: number, options: SGDOptions, compiled: boolean): number[] {
  const w = variable([1]);
  const optimizer = new SGD([w], options);
  const step = () => {
    w.square()
      .mul(c / 2)
      .sum()
      .backward();
    optimizer.step();
    return [];
  };
  const run = compiled ? compile(step) : step;
  return Array.from({ length: steps }, () => {
    run();
    return w.dataSync()[0] as number;
  });
}

const cases: readonly [string, SGDOptions][] = [
  ["plain", { learningRate: 0.1 }],
  ["momentum", { learningRate: 0.1, momentum: 0.9 }],
  ["Nesterov's momentum", { learningRate: 0.1, momentum: 0.9, nesterov: true }],
  ["weight decay", { learningRate: 0.1, weightDecay: 0.3 }],
  ["everything", { learningRate: 0.05, momentum: 0.8, nesterov: true, weightDecay: 0.1 }],
];

describe("SGD", () => {
  for (const [name, options] of cases) {
    for (const compiled of [false, true]) {
      it(`follows its definition: ${name}${compiled ? ", compiled" : ""}`, () => {
        const expected = expectedPath(20, 3, options);
        path(20, 3, options, compiled).forEach((w, i) => {
          // A step rounds its terms, at most 1 in size, five times to 2⁻²⁴; the iteration does not amplify errors
          // by more than the sum of its velocities, 1/(1 − momentum) ≤ 10.
          expect(Math.abs(w - (expected[i] as number))).toBeLessThan((i + 1) * 5 * 10 * 2 ** -24);
        });
      });
    }
  }

  it("takes w·(1 − lr·c)ᵏ on a parabola", () => {
    const [w] = path(10, 2, { learningRate: 0.25 }, false).slice(-1);
    expect(w).toBe(0.5 ** 10);
  });

  it("refuses a velocity that would not fade", () => {
    for (const momentum of [1, 1.5, -0.1, Number.NaN]) {
      expect(() => new SGD(variable(1), { learningRate: 1, momentum })).toThrow(
        `SGD: option "momentum" must be a number in [0, 1), got ${momentum}`,
      );
    }
  });

  it("leaves alone what has no gradient", () => {
    const [used, unused] = [variable([1, 2]), variable([3])];
    const optimizer = new SGD({ used, unused }, { learningRate: 1, momentum: 0.5, weightDecay: 1 });
    used.sum().backward();
    optimizer.step();
    expect(used.toArray()).toEqual([-1, -1]);
    expect(unused.toArray()).toEqual([3]);
  });

  it("adds the gradients of several losses, and computes them all in its run", () => {
    const w = variable(3);
    const optimizer = new SGD([w], { learningRate: 1 });
    const loss = w.mul(2);
    loss.backward();
    optimizer.step();
    expect(w.item()).toBe(1);
    expect(loss.item()).toBe(6); // of the w before the step
    w.mul(2).backward();
    w.mul(5).backward();
    optimizer.step();
    expect(w.item()).toBe(-6);
  });

  it("uses gradients up, and misses them if there are none", () => {
    const w = variable(3);
    const optimizer = new SGD([w], { learningRate: 1 });
    w.mul(2).backward();
    optimizer.step();
    expect(w.grad).toBeUndefined();
    expect(() => optimizer.step()).toThrow(GradientError);
    w.mul(2).backward();
    optimizer.zeroGrad();
    expect(w.grad).toBeUndefined();
    expect(w.item()).toBe(1);
    expect(optimizer.stepCount).toBe(1);
  });

  it("changes nothing when its run fails", () => {
    const layer = new Linear(2, 3, { seed: 1 });
    const before = layer.state();
    const optimizer = new SGD(layer.parameters(), { learningRate: 1, momentum: 0.9 });
    crossEntropy(layer.forward(tensor([[1, 2]])), tensor(Int32Array.of(3))).backward();
    expect(() => optimizer.step()).toThrow(IndexError);
    expect(layer.state()).toEqual(before);
    expect(optimizer.stepCount).toBe(0);
  });

  it("refuses what it cannot train and options out of range", () => {
    const w = variable(1);
    expect(() => new SGD([], { learningRate: 1 })).toThrow("SGD: no variable to train");
    expect(() => new SGD([variable(1, { trainable: false, name: "mean" })], { learningRate: 1 })).toThrow(
      'SGD: variable "mean" is not trainable',
    );
    const bad = [{ learningRate: -1 }, { learningRate: 1, momentum: Number.NaN }, { learningRate: 1, weightDecay: -1 }];
    for (const options of bad) expect(() => new SGD([w], options)).toThrow(OptionError);
    expect(() => new SGD([w], {} as SGDOptions)).toThrow(OptionError);
    expect(() => new SGD([w], { learningRate: 1, nesterov: true })).toThrow("needs a momentum");
    expect(() => new SGD([w], { learningRate: 1, momentun: 0.9 } as SGDOptions)).toThrow('did you mean "momentum"?');
  });
});

describe("a compiled function", () => {
  it("may take several steps, each from where the last one led", () => {
    const w = variable([1]);
    const optimizer = new SGD([w], { learningRate: 0.25, momentum: 0.5 });
    const steps = compile(() => {
      for (let i = 0; i < 3; i++) {
        w.square().sum().backward();
        optimizer.step();
      }
      return w.mul(1);
    });
    const [first, second] = [steps().item(), steps().item()];
    const expected = expectedPath(6, 2, { learningRate: 0.25, momentum: 0.5 }); // dyadic: exact in float32
    expect([first, second]).toEqual([expected[2], expected[5]]);
    expect(optimizer.stepCount).toBe(6);
  });

  it("leaves no gradients behind, and those from outside as they were", () => {
    const [w, fixed] = [variable(1), variable(2)];
    const optimizer = new SGD([w], { learningRate: 0.5 });
    fixed.mul(3).backward();
    const step = compile(() => {
      const loss = w.mul(fixed);
      loss.backward();
      optimizer.step();
      return loss;
    });
    expect(step().item()).toBe(2);
    expect(w.item()).toBe(0);
    expect([w.grad, w.gradOf]).toEqual([undefined, undefined]);
    expect(fixed.grad?.item()).toBe(3); // the step has not added w to it
    const failing = compile(() => {
      w.square().backward();
      throw new RangeError("on purpose");
    });
    expect(failing).toThrow(RangeError);
    expect(w.grad).toBeUndefined();
  });
});

describe("the learning rate", () => {
  it("changes without compiling anything anew", () => {
    const w = variable(0);
    const optimizer = new SGD([w], { learningRate: 0.75 });
    const step = () => {
      w.mul(1).backward();
      optimizer.step();
    };
    const change = (rate: number) => {
      optimizer.learningRate = rate;
      step();
    };
    change(0.25); // every Program there is
    const before = info().cache.compilations;
    for (const rate of [0.125, 0.375, 0.625]) change(rate);
    expect(info().cache.compilations).toBe(before);
    expect(w.item()).toBe(-1.375);
    expect(optimizer.learningRate).toBe(0.625);
    expect(() => {
      optimizer.learningRate = -1;
    }).toThrow(OptionError);
  });

  it("may be an argument of a compiled step, which leaves no gradients behind", () => {
    const w = variable(0);
    const optimizer = new SGD([w], { learningRate: 1 });
    const step = compile((slope: Tensor, rate: Tensor | number) => {
      const loss = w.mul(slope);
      loss.backward();
      optimizer.learningRate = rate;
      optimizer.step();
      return loss;
    });
    expect(step(tensor(2), 0.5).item()).toBe(0);
    expect([w.grad, w.gradOf]).toEqual([undefined, undefined]);
    expect(step(tensor(4), 0.25).item()).toBe(-4); // the loss of the w before the step
    expect(w.item()).toBe(-2);
    expect(optimizer.learningRate).toBe(0.25);
    expect(optimizer.stepCount).toBe(2);
    optimizer.learningRate = 3;
    step(tensor(1), 1);
    expect(w.item()).toBe(-3);
    expect(step.traces).toBe(1);
  });
});
