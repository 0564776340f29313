/**
 * Nearest neighbour: an image has the class of the training images nearest to it. Learning is remembering.
 *
 *     node build-examples/examples/nearest-neighbour.js [--quick] [--data-dir FOLDER]
 */

import { KNearestNeighbors } from "nodegrad/classical";
import { loadDigits, percent } from "./inputs.js";

const { train, test } = await loadDigits();
console.log(`${train.count} digits are remembered, ${test.count} others recognised`);

for (const k of [1, 2, 3, 4, 5]) {
  const model = new KNearestNeighbors({ k }).fit(train.images, train.labels);
  console.log(`L2, k = ${k}: ${percent(model.score(test.images, test.labels))}`);
}

// L1 needs every difference, where L2 is a matrix product: a part of the queries will do.
const some = Math.min(500, test.count);
const model = new KNearestNeighbors({ metric: "l1" }).fit(train.images, train.labels);
const features = test.images.length / test.count;
const score = model.score(test.images.subarray(0, some * features), test.labels.subarray(0, some));
console.log(`L1, k = 1: ${percent(score)} of ${some}`);
