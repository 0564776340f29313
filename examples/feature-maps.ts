/**
 * What a convolutional network has learnt to see: the filters of its first layer, as filters.png, and what the channels of
 * both layers make of four images, as feature-maps-1.png and feature-maps-2.png: the image on the left, its maps beside it,
 * grey where a channel sees nothing.
 *
 *     node build-examples/examples/feature-maps.js [--quick] [--data-dir FOLDER]
 */

import { concat, tensor } from "nodegrad";
import { DataLoader, imageDataset, imageSheet, savePng } from "nodegrad/data";
import {
  Activation,
  accuracy,
  activations,
  Conv2d,
  crossEntropy,
  Flatten,
  Linear,
  MaxPool2d,
  Sequential,
} from "nodegrad/nn";
import { Adam } from "nodegrad/optim";
import { evaluate, fit } from "nodegrad/train";
import { loadObjects, percent, quick } from "./inputs.js";

const { train, test } = await loadObjects();
const normalise = { mean: 0.5, std: 0.25 };
const batches = new DataLoader(imageDataset(train, { normalise }), { batchSize: 32, shuffle: true, seed: 1 });
const others = new DataLoader(imageDataset(test, { normalise }), { batchSize: 200 });

const model = new Sequential({
  conv1: new Conv2d(3, 16, 7, { padding: 3, seed: 1 }),
  relu1: new Activation("relu"),
  pool1: new MaxPool2d(2),
  conv2: new Conv2d(16, 16, 3, { padding: 1, seed: 2 }),
  relu2: new Activation("relu"),
  pool2: new MaxPool2d(2),
  flatten: new Flatten(),
  fc: new Linear(16 * 8 * 8, 10, { seed: 3 }),
});
const measures = { loss: crossEntropy, metrics: { accuracy } };
const optimizer = new Adam(model.parameters(), { learningRate: 0.002, weightDecay: 1e-4 });
await fit(model, batches, { ...measures, optimizer, epochs: quick ? 3 : 8 });
const { metrics } = await evaluate(model, others, measures);
console.log(`${test.count} other images: ${percent(metrics.accuracy as number)}`);

const { weight } = model.layers.conv1 as Conv2d;
await savePng("filters.png", imageSheet(weight, { columns: 8, scale: 8, gap: 4 }));
console.log("filters of the first layer: filters.png");

const images = tensor(test.images.subarray(0, 4 * 3072), { shape: [4, 3, 32, 32] })
  .cast("float32")
  .div(255);
const { relu1, relu2 } = activations(model, images.sub(normalise.mean).div(normalise.std));
for (const [i, maps] of [relu1, relu2].entries()) {
  const [, channels = 0, height = 0, width = 0] = maps?.shape ?? [];
  // As large as its maps.
  const grey = images.mean({ axes: 1, keepDims: true }).avgPool2d({ kernel: 32 / height });
  const tiles = concat([grey, maps as typeof grey], { axis: 1 }).reshape([-1, 1, height, width]);
  const file = `feature-maps-${i + 1}.png`;
  await savePng(file, imageSheet(tiles, { columns: channels + 1, scale: 2 * (i + 1), gap: 4 }));
  console.log(`${channels} maps of ${height} × ${width}: ${file}`);
}
