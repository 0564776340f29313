import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { avgPool2d, gelu, setBackend, setSeed, silu, softplus, tanh, tensor, zeros } from "../../lib/index.js";
import {
  Activation,
  type ActivationName,
  AdaptiveAvgPool2d,
  AvgPool2d,
  Conv2d,
  Flatten,
  GlobalAvgPool2d,
  kaimingUniform,
  Linear,
  MaxPool2d,
} from "../../lib/nn/index.js";
import { expectClose, sample, values } from "../ops/support.js";

setBackend("reference");

describe("Linear", () => {
  it("computes x·Wᵀ + b", () => {
    const layer = new Linear(3, 2);
    layer.weight.assign(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    layer.bias?.assign(tensor([10, 20]));
    expect(layer.forward(tensor([[1, 0, -1]])).toArray()).toEqual([[8, 18]]);
    expect(layer.forward(zeros([4, 5, 3])).shape).toEqual([4, 5, 2]);
    expect(() => layer.forward(zeros([4, 2]))).toThrow(ShapeError);
  });

  it("may be without a bias", () => {
    const layer = new Linear(3, 2, { bias: false });
    expect(layer.bias).toBeUndefined();
    expect(Object.keys(layer.parameters())).toEqual(["weight"]);
    expect(layer.forward(zeros([1, 3])).toArray()).toEqual([[0, 0]]);
  });

  it("refuses impossible sizes and unknown options", () => {
    expect(() => new Linear(0, 2)).toThrow('Linear: option "inputs" must be a positive integer, got 0');
    expect(() => new Linear(3, 1.5)).toThrow(OptionError);
    expect(() => new Linear(3, 2, { biases: false } as object)).toThrow('did you mean "bias"?');
    expect(() => new Linear(3, 2, { bias: 0 as unknown as boolean })).toThrow(OptionError);
    expect(() => new Linear(3, 2, { seed: -1 })).toThrow(OptionError);
  });
});

describe("Conv2d", () => {
  it("has the lecture's shapes and parameter count", () => {
    const layer = new Conv2d(3, 10, 5, { padding: 2 });
    expect(layer.forward(zeros([1, 3, 32, 32])).shape).toEqual([1, 10, 32, 32]);
    expect(Object.values(layer.parameters()).reduce((sum, { size }) => sum + size, 0)).toBe(760);
    expect(new Conv2d(3, 6, 5).forward(zeros([2, 3, 32, 32])).shape).toEqual([2, 6, 28, 28]);
    expect(new Conv2d(1, 1, 3, { stride: 2 }).forward(zeros([1, 1, 7, 7])).shape).toEqual([1, 1, 3, 3]);
  });

  it("adds its bias to the channels of either layout", () => {
    for (const layout of ["NCHW", "NHWC"] as const) {
      const layer = new Conv2d(1, 2, 1, { layout });
      layer.bias?.assign(tensor([5, 7]));
      const y = layer.forward(zeros(layout === "NCHW" ? [1, 1, 2, 2] : [1, 2, 2, 1]));
      expect([...y.dataSync()]).toEqual(layout === "NCHW" ? [5, 5, 5, 5, 7, 7, 7, 7] : [5, 7, 5, 7, 5, 7, 5, 7]);
    }
  });

  it("may have groups", () => {
    const layer = new Conv2d(4, 8, [3, 2], { groups: 4, bias: false });
    expect(layer.weight.shape).toEqual([8, 1, 3, 2]);
    expect(layer.forward(zeros([1, 4, 5, 5])).shape).toEqual([1, 8, 3, 4]);
    expect(() => new Conv2d(4, 6, 3, { groups: 4 })).toThrow(
      "Conv2d: 4 inputs and 6 outputs do not divide into 4 groups",
    );
  });
});

describe("layers without parameters", () => {
  it("pool", () => {
    // The lecture's slice.
    const slice = tensor(Float32Array.of(1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4), { shape: [1, 1, 4, 4] });
    expect(new MaxPool2d(2).forward(slice).toArray()).toEqual([[[[6, 8], [3, 4]]]]); // biome-ignore format: a picture
    expect(new AvgPool2d(2).forward(slice).toArray()).toEqual([[[[3.25, 5.25], [2, 2]]]]); // biome-ignore format: a picture
    expect(new MaxPool2d(3, { stride: 1 }).forward(slice).shape).toEqual([1, 1, 2, 2]);
    expect(() => new MaxPool2d(2, { strides: 2 } as object)).toThrow(OptionError);
    expect(() => new AvgPool2d(0)).toThrow(OptionError);
  });

  it("average images to a size, or to one number per channel", () => {
    const x = sample([2, 3, 4, 6], { dtype: "float32" });
    const half = avgPool2d(x, { kernel: [2, 2] });
    expectClose(new AdaptiveAvgPool2d([2, 3]).forward(x), [2, 3, 2, 3], values(half), 1e-7);
    const means = values(new GlobalAvgPool2d().forward(x));
    expectClose(new AdaptiveAvgPool2d(1).forward(x), [2, 3, 1, 1], means, 1e-6);
    expect(() => new AdaptiveAvgPool2d(0)).toThrow(OptionError);
    expect(() => new GlobalAvgPool2d({ keepDims: true } as object)).toThrow(OptionError);
  });

  it("flatten all axes but the first", () => {
    expect(new Flatten().forward(zeros([3, 2, 4, 5])).shape).toEqual([3, 40]);
  });

  it("apply activation functions by name", () => {
    const x = tensor([-1, 2]);
    expect(new Activation("relu").forward(x).toArray()).toEqual([0, 2]);
    expect(new Activation("sigmoid").forward(x).dataSync()[1]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(new Activation("leakyRelu").forward(x).dataSync()[0]).toBeCloseTo(-0.01, 8);
    expect(new Activation("leakyRelu", { slope: 0.1 }).forward(x).dataSync()[0]).toBeCloseTo(-0.1, 8);
    expect(new Activation("elu").forward(x).dataSync()[0]).toBeCloseTo(Math.expm1(-1), 6);
    expect(new Activation("elu", { alpha: 2 }).forward(x).dataSync()[0]).toBeCloseTo(2 * Math.expm1(-1), 6);
    for (const activation of [gelu, silu, softplus, tanh]) {
      expect(values(new Activation(activation.name as ActivationName).forward(x))).toEqual(values(activation(x)));
    }
    expect(new Activation("relu").parameters()).toEqual({});
    expect(() => new Activation("Relu" as ActivationName)).toThrow('unknown activation "Relu"; did you mean "relu"?');
    expect(() => new Activation("toString" as ActivationName)).toThrow(OptionError);
    expect(() => new Activation("relu", { slope: 0.1 })).toThrow('Activation "relu": unknown option "slope"');
    expect(() => new Activation("elu", { alpha: Number.NaN })).toThrow(OptionError);
  });
});

describe("initial parameters", () => {
  it("are uniform in ±1/√fanIn, as in PyTorch", () => {
    const { weight, bias } = new Conv2d(16, 40, 5, { seed: 4 });
    const bound = 1 / Math.sqrt(16 * 25);
    const values = [...weight.dataSync()];
    expect(Math.max(...values)).toBeLessThanOrEqual(bound);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-bound);
    // 16,000 draws: the standard error of the mean is bound/√(3·16,000), that of the variance bound²·√(4/45/16,000).
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * 16_000));
    expect(Math.abs(variance - bound ** 2 / 3)).toBeLessThan(5 * bound ** 2 * Math.sqrt(4 / 45 / 16_000));
    expect(Math.max(...(bias?.dataSync().map(Math.abs) ?? []))).toBeLessThanOrEqual(bound);
  });

  it("have Kaiming's bound for the gain given", () => {
    const bound = Math.sqrt(6 / 50);
    const values = kaimingUniform("w", [200, 50], { gain: Math.SQRT2, seed: 1 }).dataSync().map(Math.abs);
    expect(Math.max(...values)).toBeLessThanOrEqual(bound);
    expect(Math.max(...values)).toBeGreaterThan(0.99 * bound); // of 10,000 draws; fails once in e¹⁰⁰ seeds
    expect(() => kaimingUniform("w", [2, 0])).toThrow(OptionError);
    expect(() => kaimingUniform("w", [2, 2], { gain: 0 })).toThrow(OptionError);
  });

  it("depend on the seed alone where there is one, else on the default generator", () => {
    const values = (seed?: number) => [...new Linear(4, 4, { seed }).weight.dataSync()];
    expect(values(7)).toEqual(values(7));
    expect(values(7)).not.toEqual(values(8));
    expect(values()).not.toEqual(values());
    setSeed(3);
    const first = values();
    setSeed(3);
    expect(values()).toEqual(first);
  });
});
