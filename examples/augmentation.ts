/**
 * Augmentation: changes to an image that leave its class as it is make many examples of one. From top to bottom of
 * augmentation.png: images as they are, cropped, flipped, with a cutout, mixed with each other.
 *
 *     node build-examples/examples/augmentation.js [--quick] [--data-dir FOLDER]
 */

import { concat, type Tensor } from "nodegrad";
import {
  type AugmentOptions,
  DataLoader,
  generateShapes,
  imageDataset,
  imageSheet,
  loadCifar10,
  savePng,
  takeImages,
} from "nodegrad/data";
import { dataDir } from "./inputs.js";

const all = dataDir === undefined ? generateShapes({ count: 10 }) : await loadCifar10(dataDir);
const few = takeImages(all, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
const changes: Readonly<Record<string, AugmentOptions>> = {
  "as they are": {},
  "random crop": { cropPadding: 6 },
  "horizontal flip": { flip: true },
  cutout: { cutoutSize: 14 },
  mixup: { mixupAlpha: 1 },
};

const sheet: Tensor[] = [];
for (const [name, augment] of Object.entries(changes)) {
  // Each epoch draws anew.
  for await (const { images, labels } of new DataLoader(imageDataset(few, { augment }), { batchSize: 10, seed: 3 })) {
    // Of mixed images a label is a share of each class.
    const first = [...labels.slice([0]).reshape([-1]).dataSync()].map((value) => Number(value.toFixed(2)));
    console.log(`${name}: images ${images.shape.join("×")}, label of the first ${first.join(", ")}`);
    sheet.push(images);
  }
}
await savePng("augmentation.png", imageSheet(concat(sheet), { columns: 10, scale: 2, range: [0, 1] }));
console.log("images: augmentation.png");
