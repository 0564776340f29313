/**
 * Networks of two and three layers, W₂ max(0, W₁x) and W₃ max(0, W₂ max(0, W₁x)), of images in colour. Without max(0, ·)
 * two layers are one: W₂(W₁x + b₁) + b₂ = Wx + b with W = W₂W₁ and b = W₂b₁ + b₂.
 *
 *     node build-examples/examples/two-layer-network.js [--quick] [--data-dir FOLDER]
 */

import type { Tensor } from "nodegrad";
import { DataLoader, imageDataset } from "nodegrad/data";
import { Activation, accuracy, crossEntropy, Flatten, Linear, Sequential } from "nodegrad/nn";
import { cosineSchedule, SGD } from "nodegrad/optim";
import { evaluate, fit } from "nodegrad/train";
import { loadObjects, percent, quick, rows } from "./inputs.js";

const { train, test } = await loadObjects();
const normalise = { mean: 0.5, std: 0.25 };
const batches = new DataLoader(imageDataset(train, { normalise }), { batchSize: 64, shuffle: true, seed: 1 });
const others = new DataLoader(imageDataset(test, { normalise }), { batchSize: 500 });
const measures = { loss: crossEntropy, metrics: { accuracy } };

const width = quick ? 50 : 200;
const [first, last] = [new Linear(3072, width, { seed: 1 }), new Linear(width, 10, { seed: 2 })];
const networks = {
  "2 layers": new Sequential([
    new Flatten(),
    new Linear(3072, width, { seed: 1 }),
    new Activation("relu"),
    new Linear(width, 10, { seed: 2 }),
  ]),
  "3 layers": new Sequential([
    new Flatten(),
    new Linear(3072, width, { seed: 1 }),
    new Activation("relu"),
    new Linear(width, width, { seed: 2 }),
    new Activation("relu"),
    new Linear(width, 10, { seed: 3 }),
  ]),
  "2 layers without max(0, ·)": new Sequential([new Flatten(), first, last]),
};

const epochs = quick ? 8 : 10;
const schedule = cosineSchedule(0.01, { steps: epochs * batches.length });
for (const [name, model] of Object.entries(networks)) {
  const optimizer = new SGD(model.parameters(), { learningRate: 0.01, momentum: 0.9, weightDecay: 1e-3 });
  await fit(model, batches, { ...measures, optimizer, epochs, schedule });
  const { metrics } = await evaluate(model, others, measures);
  console.log(`${name}: ${percent(metrics.accuracy as number)}`);
}

const x = rows(test).slice([[0, 100]]);
const weight = last.weight.matmul(first.weight);
const bias = last.weight.matmul(first.bias as Tensor).add(last.bias as Tensor);
const difference = last.forward(first.forward(x)).sub(x.matmul(weight.transpose()).add(bias));
console.log(`these two layers and Wx + b differ by at most ${difference.abs().max().item().toExponential(0)}`);
