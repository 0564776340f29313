/**
 * What every example takes from its command line, and the images it learns from.
 *
 * `--quick` makes a run one of a second or two; `--data-dir FOLDER` replaces generated images by real ones.
 */

import { parseArgs } from "node:util";
import { type Tensor, tensor } from "nodegrad";
import { generateDigits, generateShapes, type LabelledImages, loadCifar10, loadMnist } from "nodegrad/data";

const { values } = parseArgs({ options: { quick: { type: "boolean" }, "data-dir": { type: "string" } } });

export const quick = values.quick ?? false;
export const dataDir = values["data-dir"];

/** Images to learn from and others to be asked about. */
export interface ImageSets {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** Handwritten digits: those of MNIST in the folder, else generated ones. */
export async function loadDigits(): Promise<ImageSets> {
  return dataDir === undefined
    ? generated((options) => generateDigits({ ...options, size: quick ? 14 : 28 }))
    : { train: await loadMnist(dataDir), test: await loadMnist(dataDir, { split: "test" }) };
}

/** Objects in colour: those of CIFAR-10 in the folder, else generated shapes. */
export async function loadObjects(): Promise<ImageSets> {
  return dataDir === undefined
    ? generated(generateShapes)
    : { train: await loadCifar10(dataDir), test: await loadCifar10(dataDir, { split: "test" }) };
}

function generated(generate: (options: { count: number; seed: number }) => LabelledImages): ImageSets {
  return {
    train: generate({ count: quick ? 1000 : 8000, seed: 0 }),
    test: generate({ count: quick ? 300 : 2000, seed: 1 }),
  };
}

/** Images as the examples of a classifier: `[count, features]`, values in [0, 1]. */
export function rows({ images, count }: LabelledImages): Tensor {
  return tensor(images, { shape: [count, images.length / count] })
    .cast("float32")
    .div(255);
}

/** A share in percent: 0.9688 → "96.88 %". */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
