/**
 * Examples in three parts: to learn from, to choose by, and to tell in the end how good the choice is. Here the width of a
 * network is chosen. The test images are looked at once, or the choice would be made for them.
 *
 *     node build-examples/examples/model-selection.js [--quick] [--data-dir FOLDER]
 */

import { DataLoader, imageDataset, type LabelledImages, splitImages } from "nodegrad/data";
import { Activation, accuracy, crossEntropy, Flatten, Linear, Sequential, summary } from "nodegrad/nn";
import { Adam } from "nodegrad/optim";
import { evaluate, fit, formatConfusion } from "nodegrad/train";
import { loadDigits, percent, quick } from "./inputs.js";

const digits = await loadDigits();
// Each part has its share of each class.
const [train, validation] = splitImages(digits.train, [0.8, 0.2], 1) as [LabelledImages, LabelledImages];
console.log(`${train.count} to train on, ${validation.count} to validate on, ${digits.test.count} to test on`);
const batches = new DataLoader(imageDataset(train), { batchSize: 64, shuffle: true, seed: 1 });
const measured = (images: LabelledImages) => new DataLoader(imageDataset(images), { batchSize: 100 });

const measures = { loss: crossEntropy, metrics: { accuracy } };
const pixels = train.rows * train.columns;
let best = { score: 0, width: 0, model: new Sequential([]) };
for (const width of quick ? [2, 8, 32] : [2, 8, 32, 128]) {
  const model = new Sequential([
    new Flatten(),
    new Linear(pixels, width, { seed: 1 }),
    new Activation("relu"),
    new Linear(width, 10, { seed: 2 }),
  ]);
  const optimizer = new Adam(model.parameters(), { learningRate: 0.003 });
  await fit(model, batches, { ...measures, optimizer, epochs: quick ? 12 : 8 });
  const score = (await evaluate(model, measured(validation), measures)).metrics.accuracy as number;
  // The rule of thumb: more than |W| / (1 − a) examples for |W| weights to be right in a share a of the cases.
  const table = summary(model, [1, train.rows, train.columns]);
  const wanted = Math.round(table.examplesFor(score));
  console.log(`width ${width}: ${percent(score)} of the validation images; ${table.parameters} weights, N > ${wanted}`);
  if (score > best.score) best = { score, width, model };
}

const { metrics, confusion } = await evaluate(best.model, measured(digits.test), { ...measures, confusion: true });
console.log(`chosen: width ${best.width}, ${percent(metrics.accuracy as number)} of the test images`);
console.log(formatConfusion(confusion ?? []));
