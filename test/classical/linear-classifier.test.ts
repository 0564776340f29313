import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  absorbBias,
  appendOnes,
  type LinearClassifierOptions,
  LinearSVM,
  SoftmaxClassifier,
} from "../../lib/classical/index.js";
import { generateDigits, type LabelledImages, loadCifar10, loadMnist } from "../../lib/data/index.js";
import { randomNormal, type Tensor, tensor } from "../../lib/index.js";
import { Linear } from "../../lib/nn/index.js";

/** Images as rows of numbers in [0, 1]. */
function rows({ images, count }: LabelledImages): Tensor {
  return tensor(images, { shape: [count, images.length / count] })
    .cast("float32")
    .div(255);
}

const systems = { SoftmaxClassifier, LinearSVM };
const [train, test] = [generateDigits({ count: 2000, size: 14 }), generateDigits({ count: 500, size: 14, seed: 1 })];

describe("a linear classifier", () => {
  it("has 30,730 parameters for CIFAR-10", () => {
    const { weight, bias } = new SoftmaxClassifier({ epochs: 1 }).fit(randomNormal([10, 3, 32, 32]), [
      ...Array(10).keys(),
    ]).model;
    expect([weight.shape, bias?.shape]).toEqual([[10, 3072], [10]]);
    expect(weight.size + (bias?.size ?? 0)).toBe(30_730);
  });

  it("without bias is linear: f(cx) = c·f(x)", () => {
    const model = new SoftmaxClassifier({ bias: false, epochs: 1 }).fit(rows(train), train.labels);
    expect(model.model.bias).toBeUndefined();
    const x = rows(test);
    // A power of two scales without rounding.
    expect(model.scores(x.mul(4)).toArray()).toEqual(model.scores(x).mul(4).toArray());
  });

  it("has the same scores by the bias trick, up to rounding", () => {
    const [x, linear] = [randomNormal([20, 50], { seed: 1 }), new Linear(50, 7, { seed: 2 })];
    const bias = linear.bias as Tensor;
    const expected = linear.forward(x).dataSync();
    const trick = appendOnes(x).matmul(absorbBias(linear.weight, bias).transpose()).dataSync();
    // 51 products, each below 5 · 1/√50 = 0.7.
    for (const [i, score] of trick.entries()) {
      expect(Math.abs(score - (expected[i] as number))).toBeLessThan(51 * 51 * 0.7 * 2 ** -24);
    }
    expect(() => appendOnes(tensor([1]))).toThrow("appendOnes: needs 2 axes [n, d], got [1]");
    expect(() => absorbBias(linear.weight, tensor([1, 2]))).toThrow("weight [7, 50], bias [2]");
  });

  it("has a template per class, in the shape of an image", () => {
    const model = new LinearSVM({ epochs: 2 }).fit(rows(train), train.labels);
    const templates = model.templates([1, 14, 14]);
    expect(templates.shape).toEqual([10, 1, 14, 14]);
    expect(templates.flatten().toArray()).toEqual(model.model.weight.toArray());
    expect(() => model.templates([3, 14, 14])).toThrow("LinearSVM.templates: [3, 14, 14] is not of 196 features");
  });
});

describe.each(Object.entries(systems))("%s", (name, System) => {
  it("recognises generated digits", () => {
    const model = new System().fit(rows(train), train.labels);
    expect(model.score(rows(test), test.labels)).toBeGreaterThan(0.85);
    expect(model.losses).toHaveLength(10);
    expect(model.losses.at(-1)).toBeLessThan((model.losses[0] as number) / 2);
    expect(model.scores(rows(test)).argMax({ axis: 1 }).toArray()).toEqual(model.predict(rows(test)).toArray());
  });

  it("learns the same from the same seed", () => {
    const weights = (seed: number) =>
      new System({ epochs: 1, seed }).fit(rows(test), test.labels).model.weight.toArray();
    expect(weights(3)).toEqual(weights(3));
    expect(weights(3)).not.toEqual(weights(4));
  });

  it("says what is wrong", () => {
    const bad = (options: unknown) => () => new System(options as LinearClassifierOptions);
    expect(bad({ epoch: 1 })).toThrow(`${name}: unknown option "epoch"; did you mean "epochs"?`);
    expect(bad({ batchSize: 0.5 })).toThrow(`${name}: option "batchSize" must be an integer`);
    expect(bad({ momentum: NaN })).toThrow(`${name}: option "momentum" must be a number in [0, 1), got NaN`);
    expect(bad({ bias: 1 })).toThrow('"bias" must be true or false');
    expect(() => new System().model).toThrow(`${name}: knows nothing yet; call fit() first`);
    expect(() => new System().scores(rows(test))).toThrow("call fit() first");
  });
});

describe("LinearSVM", () => {
  it("has the hinge loss of the course: C − 1 where all scores are 0", () => {
    // One example of zeros without bias: the scores stay 0, and the loss is that of 4 classes.
    const model = new LinearSVM({ bias: false, epochs: 1 }).fit(new Float32Array(6), [0, 3]);
    expect(model.losses).toEqual([3]);
  });
});

const dir = process.env.NODEGRAD_DATA_DIR;

describe.skipIf(dir === undefined || !existsSync(dir))(
  "linear classifiers on real images (need NODEGRAD_DATA_DIR)",
  () => {
    it.each([
      ["SoftmaxClassifier", 0.92],
      ["LinearSVM", 0.91],
    ] as const)("%s reads MNIST", { timeout: 240_000 }, async (name, least) => {
      const [examples, others] = [await loadMnist(dir as string), await loadMnist(dir as string, { split: "test" })];
      const model = new systems[name]().fit(rows(examples), examples.labels);
      expect(model.score(rows(others), others.labels)).toBeGreaterThan(least);
    });

    it.each([
      ["SoftmaxClassifier", 0.38],
      ["LinearSVM", 0.35],
    ] as const)("%s recognises CIFAR-10", { timeout: 240_000 }, async (name, least) => {
      const load = (split: "train" | "test") => loadCifar10(dir as string, { split });
      const [examples, others] = [await load("train"), await load("test")];
      const model = new systems[name]({ learningRate: 0.01, weightDecay: 1e-3 }).fit(
        rows(examples).sub(0.5),
        examples.labels,
      );
      expect(model.score(rows(others).sub(0.5), others.labels)).toBeGreaterThan(least);
    });
  },
);
