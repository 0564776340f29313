/**
 * Regularisation: a network that is large for what it sees learns it by heart, mistakes included, and errs elsewhere. What that
 * costs, and what helps, is plotted as regularisation.svg: the loss of what it learns from and of others, epoch by epoch.
 *
 *     node build-examples/examples/regularisation.js [--quick] [--data-dir FOLDER]
 */

import { writeFile } from "node:fs/promises";
import type { Tensor } from "nodegrad";
import { type AugmentOptions, DataLoader, imageDataset, lineChart, Random, takeImages } from "nodegrad/data";
import * as nn from "nodegrad/nn";
import { Adam } from "nodegrad/optim";
import { fit } from "nodegrad/train";
import { loadDigits, percent, quick } from "./inputs.js";
import { sheet } from "./pictures.js";

const { train, test } = await loadDigits();
const few = takeImages(train, Int32Array.from(Array(300).keys()));
const others = takeImages(test, Int32Array.from(Array(quick ? 300 : 2000).keys()));
// A fifth of the labels is drawn by lot: there is something to learn by heart.
const random = new Random(1);
for (let i = 0; i < few.count; i += 5) few.labels[i] = random.below(10);

/** A network of two layers and how it learns. */
interface Recipe {
  /** Hidden neurons (default 128), and what is between them and their activation. */
  readonly width?: number;
  readonly between?: (width: number) => nn.Module[];
  /** Of the L2 penalty. */
  readonly strength?: number;
  /** How images are changed. */
  readonly augment?: AugmentOptions;
}

const recipes: Readonly<Record<string, Recipe>> = {
  "no regularisation": {},
  "L2 penalty": { strength: 0.004 },
  dropout: { between: () => [new nn.Dropout(0.5)] },
  "batch normalisation": { between: (width) => [new nn.BatchNorm1d(width)] },
  augmentation: { augment: { cropPadding: quick ? 1 : 2 } },
  "a network too small": { width: 3 },
};

const epochs = quick ? 30 : 60;
const validation = new DataLoader(imageDataset(others), { batchSize: 100 });
const charts: string[] = [];
for (const [title, { width = 128, between = () => [], strength = 0, augment = {} }] of Object.entries(recipes)) {
  const model = new nn.Sequential([
    new nn.Flatten(),
    new nn.Linear(train.rows * train.columns, width, { seed: 1 }),
    ...between(width),
    new nn.Activation("relu"),
    new nn.Linear(width, 10, { seed: 2 }),
  ]);
  const weights = Object.values(model.parameters()).filter(({ rank }) => rank > 1);
  const loss = (scores: Tensor, labels: Tensor) => nn.crossEntropy(scores, labels).add(nn.l2Penalty(weights, strength));
  const metrics = { entropy: nn.crossEntropy, accuracy: nn.accuracy };
  const optimizer = new Adam(model.parameters(), { learningRate: 0.003 });
  const data = new DataLoader(imageDataset(few, { augment }), { batchSize: 30, shuffle: true });
  const history = await fit(model, data, { loss, metrics, optimizer, epochs, validation });

  const [seen, unseen] = [history.column("entropy"), history.column("validationEntropy")];
  const [last, lastOfOthers] = [seen, unseen].map((losses) => losses.at(-1)?.toFixed(2));
  const right = percent(history.column("validationAccuracy").at(-1) as number);
  console.log(`${title}: loss ${last}, of others ${lastOfOthers}; of these ${right} right`);
  const curves = { training: seen, validation: unseen };
  charts.push(lineChart(curves, { x: history.column("epoch"), xLabel: "epoch", title, yRange: [0, 2.5] }));
}
await writeFile("regularisation.svg", sheet(charts, 3));
console.log("plot: regularisation.svg");
