/** Training and testing classifiers of images. */

import { availableParallelism } from "node:os";
import {
  type Batch,
  channelStatistics,
  DataLoader,
  type ImageFolder,
  imageDataset,
  type LabelledImages,
  type Normalisation,
  normaliseImages,
} from "../data/index.js";
import type { Tensor } from "../index.js";
import { accuracy, crossEntropy } from "../nn/index.js";
import {
  type Callback,
  type CheckpointOptions,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  fit,
  type History,
} from "../train/index.js";
import type { Classifier } from "./classifier.js";
import type { Images } from "./datasets.js";
import { readPixels, spread, takePictures } from "./folder.js";
import { optimizerOf, type Recipe, scheduleOf } from "./recipe.js";

/** Images to learn from, and others to measure on after every epoch. */
export interface TrainingImages {
  readonly train: Images;
  readonly validation?: Images;
}

/** What goes with a training. */
export interface TrainingOptions {
  readonly callbacks?: readonly Callback[];
  readonly checkpoint?: CheckpointOptions;
  /** Threads that prepare images (default 0). */
  readonly workers?: number;
}

/** Numbers in a batch that is only tested: enough for full speed, few enough for the caches. */
const TEST_NUMBERS = 2 ** 18;

/** The most images in it. */
const TEST_BATCH = 250;

/** A batch of images as they are stored: a quarter of the bytes of floats. */
type ImageBatch = Batch<"images" | "labels">;

/** What a classifier makes of a batch. To normalise it is a part of the compiled step: the calling thread has enough to do. */
export function reads({ model, normalise }: Classifier): { forward: (batch: ImageBatch) => Tensor } {
  return { forward: ({ images }) => model.forward(normaliseImages(images, normalise)) };
}

/** The batches of images in their order. */
export function loaderOf({ input }: Classifier, images: Images, workers = 0): DataLoader<"images" | "labels"> {
  const numbers = input.channels * input.rows * input.columns;
  const batchSize = Math.max(1, Math.min(TEST_BATCH, Math.floor(TEST_NUMBERS / numbers)));
  return new DataLoader(imageDataset(images, { dtype: "uint8" }), { batchSize, workers });
}

const measures = { loss: crossEntropy, metrics: { accuracy } };

/** Trains a classifier by a recipe. */
export function trainClassifier(
  classifier: Classifier,
  { train, validation }: TrainingImages,
  recipe: Recipe,
  { workers = 0, ...options }: TrainingOptions = {},
): Promise<History> {
  const { model, normalise } = classifier;
  const { batch: batchSize, epochs, seed, augment } = recipe;
  const dataset = imageDataset(train, { normalise, augment, dtype: "uint8" });
  const loader = new DataLoader(dataset, { batchSize, shuffle: true, seed, workers });
  return fit<ImageBatch>(model, loader, {
    ...measures,
    ...reads(classifier),
    ...options,
    optimizer: optimizerOf(recipe, model.parameters()),
    schedule: scheduleOf(recipe, epochs * loader.length),
    epochs,
    seed,
    ...(validation && { validation: loaderOf(classifier, validation, workers) }),
  });
}

/** What goes with a test. */
export interface TestOptions extends Pick<EvaluateOptions<never>, "mistakes" | "onBatch"> {
  /** Threads that prepare images (default 0). */
  readonly workers?: number;
}

/** How a classifier does on images, with its confusion matrix. */
export function testClassifier(
  classifier: Classifier,
  images: Images,
  { workers, ...options }: TestOptions = {},
): Promise<Evaluation> {
  const loader = loaderOf(classifier, images, workers);
  return evaluate<ImageBatch>(classifier.model, loader, {
    ...measures,
    ...reads(classifier),
    ...options,
    confusion: true,
  });
}

/** Threads that prepare images: decoding pictures takes long, images in memory are faster than handed over. */
export function defaultWorkers(images: Images): number {
  return "paths" in images ? availableParallelism() : 0;
}

/** Pictures of a folder that its statistics are taken from: the mean of all is known to about 1 % by then. */
const SAMPLE = 500;

/** What brings images to mean 0 and standard deviation 1. */
export async function normalisationOf(images: Images): Promise<Normalisation> {
  const { mean, std } = channelStatistics("paths" in images ? await sampleOf(images) : images);
  return { mean, std: std.map((value) => value || 1) };
}

async function sampleOf(folder: ImageFolder): Promise<LabelledImages> {
  const few = takePictures(folder, spread(folder.count, SAMPLE));
  return { ...few, images: await readPixels(few) };
}
