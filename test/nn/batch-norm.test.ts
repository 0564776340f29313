import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { compile, mean, setBackend, square, type Tensor, tensor, transpose, zeros } from "../../lib/index.js";
import { decodeSafetensors, encodeSafetensors } from "../../lib/io/index.js";
import { BatchNorm1d, BatchNorm2d, Conv2d, Sequential } from "../../lib/nn/index.js";
import { SGD } from "../../lib/optim/index.js";
import { expectClose, sample, values } from "../ops/support.js";
import { checkLayer, momentsOf } from "./support.js";

setBackend("reference");

const images = (seed: number) => sample([4, 3, 2, 5], { dtype: "float32", low: -1, high: 3, seed });

/** The values of one channel of images `[n, c, h, w]`. */
function channel(x: Tensor, c: number): number[] {
  const [, channels, h, w] = x.shape as [number, number, number, number];
  return values(x).filter((_, i) => Math.floor(i / (h * w)) % channels === c);
}

describe("BatchNorm2d", () => {
  it("gives every channel mean 0 and variance 1 while training", () => {
    const y = new BatchNorm2d(3).forward(images(1));
    for (const c of [0, 1, 2]) {
      const { mean, variance } = momentsOf(channel(y, c));
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 4); // 1 − ε/σ²
    }
  });

  it("moves its running statistics towards those of each batch, the variance with n/(n − 1)", () => {
    const layer = new BatchNorm2d(3, { momentum: 0.25 });
    const expected = [0, 1, 2].map(() => ({ mean: 0, variance: 1 }));
    for (const seed of [1, 2, 3]) {
      const x = images(seed);
      layer.forward(x);
      expected.forEach((running, c) => {
        const { mean, variance } = momentsOf(channel(x, c));
        running.mean += 0.25 * (mean - running.mean);
        running.variance += 0.25 * ((variance * 40) / 39 - running.variance);
      });
    }
    const of = (name: "mean" | "variance") => expected.map((running) => running[name]);
    expectClose(layer.runningMean as Tensor, [3], of("mean"), 1e-6);
    expectClose(layer.runningVar as Tensor, [3], of("variance"), 1e-6);
  });

  it("uses the running statistics in evaluation, for single images too, and leaves them as they are", () => {
    const layer = new BatchNorm2d(2, { epsilon: 0.5 }).eval();
    layer.runningMean?.assign(tensor([1, 2]));
    layer.runningVar?.assign(tensor([3.5, 8.5]));
    layer.weight?.assign(tensor([2, 3]));
    layer.bias?.assign(tensor([10, 20]));
    const y = layer.forward(tensor([5, 8], { shape: [1, 2, 1, 1], dtype: "float32" }));
    expectClose(y, [1, 2, 1, 1], [2 * (4 / 2) + 10, 3 * (6 / 3) + 20], 1e-5);
    expect(layer.runningMean?.toArray()).toEqual([1, 2]);
  });

  it("does the same in a compiled function, call by call", () => {
    const [eager, traced] = [new BatchNorm2d(3), new BatchNorm2d(3)];
    const step = compile((x: Tensor) => traced.forward(x));
    for (const seed of [1, 2, 3]) {
      expectClose(step(images(seed)), [4, 3, 2, 5], values(eager.forward(images(seed))), 1e-6);
    }
    expectClose(traced.runningMean as Tensor, [3], values(eager.runningMean as Tensor), 1e-7);
    expectClose(traced.runningVar as Tensor, [3], values(eager.runningVar as Tensor), 1e-7);
    expect(step.traces).toBe(1);
    // The mode is part of the record: evaluation is a function of its own.
    traced.eval();
    eager.eval();
    const evaluate = compile((x: Tensor) => traced.forward(x));
    expectClose(evaluate(images(4)), [4, 3, 2, 5], values(eager.forward(images(4))), 1e-6);
  });

  it("trains with its convolution, compiled and not, to the same parameters", () => {
    const train = (wrap: (fn: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => {
      const model = new Sequential({ conv: new Conv2d(3, 4, 3, { bias: false, seed: 1 }), bn: new BatchNorm2d(4) });
      const optimizer = new SGD(model.parameters(), { learningRate: 0.1 });
      const step = wrap((x) => {
        const loss = mean(square(model.forward(x).sub(0.5)));
        loss.backward();
        optimizer.step();
        return loss;
      });
      const losses = [1, 1, 1].map((seed) => step(sample([2, 3, 5, 4], { dtype: "float32", seed })).item());
      expect(losses[2]).toBeLessThan(losses[0] as number);
      return Object.values(model.variables()).map((variable) => values(variable));
    };
    const [compiled, eager] = [train(compile), train((fn) => fn)];
    compiled.forEach((variable, i) => {
      variable.forEach((value, k) => {
        expect(value).toBeCloseTo(eager[i]?.[k] as number, 5);
      });
    });
  });

  it("takes the average over all batches with a momentum of null, also in a compiled function", () => {
    const [layer, traced] = [new BatchNorm2d(3, { momentum: null }), new BatchNorm2d(3, { momentum: null })];
    const step = compile((x: Tensor) => traced.forward(x));
    const batches = [1, 2, 3].map(images);
    for (const x of batches) {
      layer.forward(x);
      step(x);
    }
    const found = [0, 1, 2].map((c) => batches.map((x) => momentsOf(channel(x, c))));
    const average = (of: (moments: { mean: number; variance: number }) => number) =>
      found.map((channel) => channel.reduce((sum, moments) => sum + of(moments) / 3, 0));
    for (const one of [layer, traced]) {
      expectClose(
        one.runningMean as Tensor,
        [3],
        average(({ mean }) => mean),
        1e-6,
      );
      expectClose(
        one.runningVar as Tensor,
        [3],
        average(({ variance }) => (variance * 40) / 39),
        1e-6,
      );
      expect(one.numBatchesTracked?.item()).toBe(3);
    }
    const other = new BatchNorm2d(3, { momentum: null });
    other.loadState(layer.state());
    expect(other.numBatchesTracked?.item()).toBe(3);
  });

  it("uses the statistics of the batch at all times where it tracks none", () => {
    const layer = new BatchNorm2d(3, { trackRunningStats: false });
    const trained = layer.forward(images(1));
    expectClose(layer.eval().forward(images(1)), [4, 3, 2, 5], values(trained), 1e-7);
    expect(Object.keys(layer.variables())).toEqual(["weight", "bias"]);
    expect(() => layer.forward(zeros([1, 3, 1, 1]))).toThrow(
      "BatchNorm2d: a layer of no memory needs more than one value per channel: [1, 3, 1, 1]",
    );
  });

  it("normalises the channels of either layout", () => {
    const [first, last] = [new BatchNorm2d(3), new BatchNorm2d(3, { layout: "NHWC" })];
    const y = last.forward(transpose(images(1), [0, 2, 3, 1]));
    expectClose(transpose(y, [0, 3, 1, 2]), [4, 3, 2, 5], values(first.forward(images(1))), 1e-6);
    expectClose(last.runningVar as Tensor, [3], values(first.runningVar as Tensor), 1e-6);
  });

  it("has the right derivatives in both modes", () => {
    const layer = new BatchNorm2d(2);
    checkLayer(layer, [sample([3, 2, 2, 3])]);
    checkLayer(layer.eval(), [sample([3, 2, 2, 3])]);
    checkLayer(new BatchNorm2d(2, { affine: false }), [sample([3, 2, 2, 3])]);
  });

  it("is named and loaded as in PyTorch", () => {
    const layer = new BatchNorm2d(2);
    expect(Object.keys(layer.variables())).toEqual(["weight", "bias", "running_mean", "running_var"]);
    expect(Object.keys(layer.parameters())).toEqual(["weight", "bias"]);
    expect(Object.keys(new BatchNorm2d(2, { affine: false }).variables())).toEqual(["running_mean", "running_var"]);
    layer.runningVar?.assign(tensor([5, 6]));
    const { tensors } = decodeSafetensors(encodeSafetensors({ ...layer.state() }));
    const other = new Sequential({ bn1: new BatchNorm2d(2) });
    const checkpoint = Object.fromEntries(Object.entries(tensors).map(([name, value]) => [`bn1.${name}`, value]));
    const counter = { dtype: "int32", shape: [], data: Int32Array.of(7) } as const;
    other.loadState({ ...checkpoint, "bn1.num_batches_tracked": counter });
    expect(other.variables()["bn1.running_var"]?.toArray()).toEqual([5, 6]);
    expect(() => other.loadState({ ...checkpoint, num_batches_tracked: counter })).toThrow("unknown variable");
  });

  it("refuses images it is not for, and options that make no sense", () => {
    const layer = new BatchNorm2d(3);
    expect(() => layer.forward(zeros([2, 4, 5, 5]))).toThrow(
      "BatchNorm2d: channels differ: [2, 4, 5, 5] has 4, expected 3",
    );
    expect(() => layer.forward(zeros([2, 3]))).toThrow("BatchNorm2d: x must have 4 axes [n, c, h, w], got [2, 3]");
    expect(() => layer.forward(zeros([1, 3, 1, 1]))).toThrow(ShapeError);
    expect(() => layer.forward(zeros([0, 3, 2, 2]))).toThrow("training needs more than one value per channel");
    expect(() => new BatchNorm2d(0)).toThrow(OptionError);
    expect(() => new BatchNorm2d(3, { momentum: 1.5 })).toThrow(
      'BatchNorm2d: option "momentum" must be a number in [0, 1], got 1.5',
    );
    expect(() => new BatchNorm2d(3, { epsilon: -1 })).toThrow(OptionError);
    expect(() => new BatchNorm2d(3, { trackRunningStats: 0 as unknown as boolean })).toThrow(OptionError);
    expect(() => new BatchNorm2d(3, { eps: 1e-3 } as object)).toThrow("unknown option");
    expect(() => new BatchNorm2d(3, { layout: "CHWN" as "NCHW" })).toThrow(OptionError);
  });
});

describe("BatchNorm1d", () => {
  it("normalises features, and sequences over their length too", () => {
    const layer = new BatchNorm1d(2);
    const y = values(layer.forward(tensor([[1, 10], [3, 30]]))); // biome-ignore format: a picture
    [-1, -1, 1, 1].forEach((expected, i) => {
      expect(y[i]).toBeCloseTo(expected, 4);
    });
    expect(layer.runningMean?.toArray()).toEqual([expect.closeTo(0.2), expect.closeTo(2)]);
    const long = new BatchNorm1d(2).forward(sample([3, 2, 4], { dtype: "float32" }));
    expect(momentsOf(channel(long.reshape([3, 2, 1, 4]), 1)).variance).toBeCloseTo(1, 3);
    checkLayer(layer, [sample([4, 2])]);
    expect(() => layer.forward(zeros([2, 2, 2, 2]))).toThrow(ShapeError);
    expect(() => layer.forward(zeros([1, 2]))).toThrow("call eval() to use the layer");
  });
});
