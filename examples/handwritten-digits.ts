/**
 * Handwritten digits: how much ink there is in each of 16 × 16 = 256 squares goes in, ten confidences come out.
 *
 *     node build-examples/examples/handwritten-digits.js [--quick] [--data-dir FOLDER]
 */

import { softmax } from "nodegrad";
import { DataLoader, imageDataset, type LabelledImages, resizeImage } from "nodegrad/data";
import { Activation, accuracy, crossEntropy, Flatten, Linear, Sequential } from "nodegrad/nn";
import { Adam, linearSchedule } from "nodegrad/optim";
import { evaluate, fit } from "nodegrad/train";
import { loadDigits, percent, quick } from "./inputs.js";

const side = 16;

/** The same images with 16 × 16 pixels. */
function small({ images, rows, columns, ...set }: LabelledImages): LabelledImages {
  const resized = new Uint8Array(set.count * side * side);
  for (let i = 0; i < set.count; i++) {
    const pixels = images.subarray(i * rows * columns, (i + 1) * rows * columns);
    resized.set(resizeImage({ pixels, channels: 1, rows, columns }, side, side).pixels, i * side * side);
  }
  return { ...set, images: resized, rows: side, columns: side };
}

const { train, test } = await loadDigits();
const batches = new DataLoader(imageDataset(small(train)), { batchSize: 32, shuffle: true, seed: 1 });
const others = new DataLoader(imageDataset(small(test)), { batchSize: 100 });

const model = new Sequential([
  new Flatten(),
  new Linear(side * side, 100, { seed: 1 }),
  new Activation("relu"),
  new Linear(100, 10, { seed: 2 }),
]);
const [epochs, learningRate] = [quick ? 10 : 8, 0.003];
const optimizer = new Adam(model.parameters(), { learningRate });
const schedule = linearSchedule(learningRate, { steps: epochs * batches.length });
const measures = { loss: crossEntropy, metrics: { accuracy } };
await fit(model, batches, { ...measures, optimizer, epochs, schedule });

const { metrics } = await evaluate(model, others, measures);
console.log(`${test.count} digits: ${percent(metrics.accuracy as number)}`);

for await (const { images, labels } of others) {
  const shades = images.slice([0, 0]).toArray() as number[][];
  for (const row of shades) console.log(row.map((ink) => " .:*#"[Math.round(4 * ink)]).join(""));
  const confidences = softmax(model.forward(images.slice([[0, 1]]))).dataSync();
  for (const [digit, confidence] of confidences.entries()) console.log(`${digit}: ${percent(confidence)}`);
  console.log(`It is a ${labels.slice([0]).item()}.`);
  break;
}
