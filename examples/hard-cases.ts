/**
 * The hard cases of a linear classifier: XOR, a ring, three modes, parity. A network of two layers solves them.
 *
 *     node build-examples/examples/hard-cases.js [--quick]
 */

import { compile, type Tensor, tensor } from "nodegrad";
import { SoftmaxClassifier } from "nodegrad/classical";
import { batches, generateHardCase, type HardCaseName } from "nodegrad/data";
import { Activation, accuracy, crossEntropy, Linear, Sequential } from "nodegrad/nn";
import { Adam } from "nodegrad/optim";
import { percent, quick } from "./inputs.js";

const [count, epochs] = quick ? [8000, 20] : [20_000, 40];

/** Points `[count, features]` and their classes `[count]`. */
function points(name: HardCaseName, seed: number) {
  const { points, labels, features } = generateHardCase(name, { count, seed });
  return { x: tensor(points, { shape: [count, features] }), y: tensor(labels) };
}

/** W₂ max(0, W₁x + b₁) + b₂, trained on points; its share of others. */
function twoLayers(train: ReturnType<typeof points>, test: ReturnType<typeof points>): number {
  const model = new Sequential([
    new Linear(train.x.shape[1] as number, 128, { seed: 1 }),
    new Activation("relu"),
    new Linear(128, 2, { seed: 2 }),
  ]);
  const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
  const step = compile((indices: Tensor, rate: Tensor | number) => {
    const loss = crossEntropy(model.forward(train.x.gather(indices)), train.y.gather(indices));
    loss.backward();
    optimizer.learningRate = rate;
    optimizer.step();
    return loss;
  });
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 0.01 * (1 - epoch / epochs);
    for (const batch of batches({ count, batchSize: 100, shuffle: true, epoch })) step(tensor(batch), rate);
  }
  return accuracy(model.forward(test.x), test.y).item();
}

for (const name of ["xor", "ring", "modes", "parity"] as const) {
  const [train, test] = [points(name, 1), points(name, 2)];
  const linear = new SoftmaxClassifier({ epochs: quick ? 5 : 20, learningRate: 0.3 }).fit(train.x, train.y);
  console.log(`${name}: linear ${percent(linear.score(test.x, test.y))}, 2 layers ${percent(twoLayers(train, test))}`);
}
