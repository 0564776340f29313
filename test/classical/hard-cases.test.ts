/** What no linear classifier can do, and what a 2-layer network, or other features, make of it. */

import { describe, expect, it } from "vitest";
import { type Examples, KernelSVM, polar, rbf, SoftmaxClassifier } from "../../lib/classical/index.js";
import { batches, generateHardCase, type HardCaseName } from "../../lib/data/index.js";
import { compile, type Tensor, tensor } from "../../lib/index.js";
import { Activation, accuracy, crossEntropy, Linear, Sequential } from "../../lib/nn/index.js";
import { SGD } from "../../lib/optim/index.js";

/** Points to learn from and others. */
function sets(name: HardCaseName) {
  const load = (count: number, seed: number) => {
    const { points, labels, features } = generateHardCase(name, { count, seed });
    return { x: tensor(points, { shape: [count, features] }), y: tensor(labels) };
  };
  return { train: load(20_000, 1), test: load(10_000, 2) };
}

/** The share of other points that a linear classifier of these features recognises. */
function linear(name: HardCaseName, features: (x: Tensor) => Examples = (x) => x): number {
  const { train, test } = sets(name);
  const model = new SoftmaxClassifier({ epochs: 30, learningRate: 0.3 }).fit(features(train.x), train.y);
  return model.score(features(test.x), test.y);
}

/** The same of W₂ max(0, W₁x + b₁) + b₂. */
function twoLayers(name: HardCaseName): number {
  const { train, test } = sets(name);
  const model = new Sequential([
    new Linear(train.x.shape[1] as number, 128, { seed: 1 }),
    new Activation("relu"),
    new Linear(128, 2, { seed: 2 }),
  ]);
  const optimizer = new SGD(model.parameters(), { learningRate: 0.1, momentum: 0.9 });
  const step = compile((indices: Tensor) => {
    const loss = crossEntropy(model.forward(train.x.gather(indices)), train.y.gather(indices));
    loss.backward();
    optimizer.step();
    return loss;
  });
  const epochs = 80;
  for (let epoch = 0; epoch < epochs; epoch++) {
    optimizer.learningRate = 0.1 * (1 - epoch / epochs);
    for (const batch of batches({ count: 20_000, batchSize: 100, shuffle: true, epoch })) step(tensor(batch));
  }
  return accuracy(model.forward(test.x), test.y).item();
}

describe.each<HardCaseName>(["xor", "ring", "modes", "parity", "discs"])("%s", (name) => {
  it("is too hard for a linear classifier", () => {
    expect(linear(name)).toBeLessThanOrEqual(0.75);
  });

  it("is solved by a network of two layers", { timeout: 240_000 }, () => {
    expect(twoLayers(name)).toBeGreaterThanOrEqual(0.99);
  });
});

describe("points as (r, θ)", () => {
  it("of the disc and the ring around it are linearly separable", () => {
    expect(linear("discs", polar)).toBeGreaterThanOrEqual(0.99);
  });

  it("of the ring between both sides are not", () => {
    expect(linear("ring", polar)).toBeLessThanOrEqual(0.75);
  });
});

describe("XOR's quadrants", () => {
  it("are told apart by the kernel SVM with radial basis functions", () => {
    const { train, test } = sets("xor");
    const x = train.x.slice([[0, 600]]);
    const model = new KernelSVM({ kernel: rbf(2), cost: 100 }).fit(x, train.y.slice([[0, 600]]));
    expect(model.score(test.x, test.y)).toBeGreaterThanOrEqual(0.97);
  });
});
