/** The images commands work on: which they are, and how they reach a model. */

import { batches, gatherLabels, gatherPixels, generateDigits, type LabelledImages, loadMnist } from "../data/index.js";
import { cast, mul, OptionError, sub, type Tensor, tensor } from "../index.js";
import type { DataOptions } from "./options.js";

/** Images to learn from, and others to be tested on. */
export interface Dataset {
  readonly name: string;
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** Size of the generated sets, and their seeds. */
const DIGITS = { train: { count: 12_000, seed: 0 }, test: { count: 2000, seed: 1 } } as const;

/**
 * @throws {OptionError} when `dataDir` is missing or not needed, or its files are not there.
 * @throws {FormatError} when the files are corrupt.
 */
export async function loadDataset(options: DataOptions): Promise<Dataset> {
  const { dataDir, dataset = dataDir === undefined ? "digits" : "mnist", limit = Number.POSITIVE_INFINITY } = options;
  if (dataset === "digits") {
    if (dataDir !== undefined) throw new OptionError('dataset "digits" is generated: leave out --data-dir');
    const make = ({ count, seed }: { count: number; seed: number }) =>
      generateDigits({ count: Math.min(count, limit), seed });
    return { name: dataset, train: make(DIGITS.train), test: make(DIGITS.test) };
  }
  if (dataDir === undefined) throw new OptionError('dataset "mnist" needs the folder of its files: give --data-dir');
  const [train, test] = await Promise.all([loadMnist(dataDir), loadMnist(dataDir, { split: "test" })]);
  return { name: dataset, train: firstImages(train, limit), test: firstImages(test, limit) };
}

/** At most the first `limit` images. */
export function firstImages(images: LabelledImages, limit: number): LabelledImages {
  if (limit >= images.count) return images;
  const size = images.rows * images.columns;
  return {
    ...images,
    images: images.images.subarray(0, limit * size),
    labels: images.labels.subarray(0, limit),
    count: limit,
  };
}

/** Images as they are stored, a quarter of the bytes of floats, and their labels. */
export interface Batch {
  /** uint8 `[n, 1, rows, columns]`. */
  readonly images: Tensor;
  /** int32 `[n]`. */
  readonly labels: Tensor;
}

/** The batches of a pass over the images; shuffled where there is a seed. */
export function* imageBatches(
  { images, labels, rows, columns, count }: LabelledImages,
  batchSize: number,
  order?: { readonly seed: number; readonly epoch: number },
): Generator<Batch> {
  for (const indices of batches({ count, batchSize, ...(order && { ...order, shuffle: true }) })) {
    const pixels = new Uint8Array(indices.length * rows * columns);
    gatherPixels(images, indices, pixels);
    yield {
      images: tensor(pixels, { shape: [indices.length, 1, rows, columns] }),
      labels: tensor(gatherLabels(labels, indices)),
    };
  }
}

/** Mean and standard deviation of MNIST's training images, brightness in [0, 1]; the generated digits are close. */
const [MEAN, STD] = [0.1307, 0.3081];

/** Pixels 0–255 as float32 with mean 0 and standard deviation 1. */
export function normalise(pixels: Tensor): Tensor {
  return mul(sub(cast(pixels, "float32"), 255 * MEAN), 1 / (255 * STD));
}
