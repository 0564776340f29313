/**
 * Under- and overfitting, as the curves of training and validation show them. Three networks learn the same objects from the
 * same images: one that cannot learn them, one that learns them by heart, and one that learns what they have in common.
 * Each writes a report with its curves, confusion matrix, filters and mistakes: report-narrow.html, and so on.
 *
 *     node build-examples/examples/training-report.js [--quick] [--data-dir FOLDER]
 */

import { DataLoader, imageDataset, splitImages, takeImages } from "nodegrad/data";
import {
  Activation,
  accuracy,
  Conv2d,
  crossEntropy,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  Sequential,
  summary,
} from "nodegrad/nn";
import { Adam } from "nodegrad/optim";
import { evaluate, fit, type HistoryRow, htmlReport } from "nodegrad/train";
import { loadObjects, percent, quick } from "./inputs.js";

const { train, test } = await loadObjects();
// Few enough to be learnt by heart.
const few = takeImages(
  train,
  Int32Array.from({ length: Math.min(train.count, 4000) }, (_, i) => i),
);
const [learnt, held] = splitImages(few, [0.8, 0.2], 1) as [typeof few, typeof few];
const normalise = { mean: 0.5, std: 0.25 };
const batches = new DataLoader(imageDataset(learnt, { normalise }), { batchSize: 32, shuffle: true, seed: 1 });
const validation = new DataLoader(imageDataset(held, { normalise }), { batchSize: 200 });
const others = new DataLoader(imageDataset(test, { normalise }), { batchSize: 200 });

const relu = () => new Activation("relu");
const networks: Readonly<Record<string, Module>> = {
  narrow: new Sequential([new Flatten(), new Linear(3072, 2, { seed: 1 }), relu(), new Linear(2, 10, { seed: 2 })]),
  wide: new Sequential([new Flatten(), new Linear(3072, 256, { seed: 1 }), relu(), new Linear(256, 10, { seed: 2 })]),
  convolutional: new Sequential([
    ...[new Conv2d(3, 16, 5, { padding: 2, seed: 1 }), relu(), new MaxPool2d(2)],
    ...[new Conv2d(16, 32, 3, { padding: 1, seed: 2 }), relu(), new MaxPool2d(2)],
    ...[new Flatten(), new Dropout(0.5), new Linear(2048, 10, { seed: 3 })],
  ]),
};

const measures = { loss: crossEntropy, metrics: { accuracy } };
const epochs = quick ? 4 : 15;
for (const [name, model] of Object.entries(networks)) {
  const report = htmlReport({
    path: `report-${name}.html`,
    title: `${learnt.count} objects, ${name} network`,
    classNames: train.classNames,
    summary: summary(model, [3, 32, 32]),
    settings: { "training images": learnt.count, "validation images": held.count, "batch size": 32 },
    evaluate: () => evaluate(model, others, { ...measures, confusion: true, mistakes: 24 }),
  });
  const optimizer = new Adam(model.parameters(), { learningRate: 0.001 });
  const { rows } = await fit(model, batches, { ...measures, optimizer, epochs, validation, callbacks: [report] });
  const { loss, accuracy: share, validationLoss, validationAccuracy } = rows.at(-1) as Required<HistoryRow>;
  console.log(`${name}: training loss ${loss.toFixed(3)}, accuracy ${percent(share as number)}`);
  console.log(`  validation: loss ${validationLoss?.toFixed(3)}, accuracy ${percent(validationAccuracy as number)}`);
  console.log(`  report: report-${name}.html`);
}
