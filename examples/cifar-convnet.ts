/**
 * A convolutional network for images in colour: [convolution, batch normalisation, ReLU] twice, then a pool, three times,
 * then a linear layer. It learns from images that are moved and mirrored anew in every epoch.
 *
 * The learning rate is chosen by images kept back from training. Those of the test are looked at once, at the end: a
 * choice made on them would make the result look better than it is.
 *
 *     node build-examples/examples/cifar-convnet.js [--quick] [--data-dir FOLDER]
 */

import { channelStatistics, DataLoader, imageDataset, type LabelledImages, splitImages } from "nodegrad/data";
import { cifarConvnet } from "nodegrad/models";
import { accuracy, crossEntropy } from "nodegrad/nn";
import { cosineSchedule, SGD, warmupSchedule } from "nodegrad/optim";
import { evaluate, fit, progressBar } from "nodegrad/train";
import { loadObjects, percent, quick } from "./inputs.js";

const { train, test } = await loadObjects();
const normalise = channelStatistics(train);
const measures = { loss: crossEntropy, metrics: { accuracy } };

/** Accuracy on some images after learning from others. */
async function learn(images: LabelledImages, others: LabelledImages, rate: number, epochs: number): Promise<number> {
  const changed = imageDataset(images, { normalise, augment: { cropPadding: 4, flip: true } });
  const batches = new DataLoader(changed, { batchSize: 64, shuffle: true, seed: 1 });
  const model = cifarConvnet({ seed: 1 });
  const optimizer = new SGD(model.parameters(), { learningRate: rate, momentum: 0.9, weightDecay: 5e-4 });
  const [steps, warmup] = [epochs * batches.length, Math.ceil(batches.length / 2)];
  const schedule = warmupSchedule(warmup, cosineSchedule(rate, { steps: steps - warmup }));
  await fit(model, batches, { ...measures, optimizer, epochs, schedule, callbacks: [progressBar()] });
  const unchanged = new DataLoader(imageDataset(others, { normalise }), { batchSize: 200 });
  return (await evaluate(model, unchanged, measures)).metrics.accuracy as number;
}

const [most, kept] = splitImages(train, [0.9, 0.1]) as [LabelledImages, LabelledImages];
let best = { rate: 0, score: -1 };
for (const rate of quick ? [0.003, 0.01] : [0.01, 0.03, 0.1]) {
  const score = await learn(most, kept, rate, quick ? 1 : 3);
  console.log(`rate ${rate}: ${percent(score)} of the images kept back`);
  if (score > best.score) best = { rate, score };
}

console.log(`objects, rate ${best.rate}: ${percent(await learn(train, test, best.rate, quick ? 3 : 8))}`);
