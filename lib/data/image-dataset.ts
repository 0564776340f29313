/** Images as a data set: normalised, and changed at random where that is asked for. */

import { allocate } from "../dtype.js";
import { checkOptions, OptionError, show } from "../errors.js";
import type { TensorData } from "../io/index.js";
import {
  type Augmentation,
  type AugmentOptions,
  augmentImage,
  changesNothing,
  checkAugmentation,
  mixRows,
} from "./augment.js";
import { checkIndices } from "./check.js";
import type { Arrays, BatchRequest, Dataset } from "./dataset.js";
import { type ImageFolder, readPicture } from "./image-folder.js";
import { checkLabelledImages, type LabelledImages } from "./labelled-images.js";
import { type Brightness, brightnessOf, type Normalisation } from "./normalise.js";
import { deriveSeed, Random } from "./random.js";

/** Options of `imageDataset`. */
export interface ImageDatasetOptions {
  /**
   * What becomes of a brightness (default mean 0 and std 1: it is in [0, 1]). `channelStatistics` gives what makes images of
   * mean 0 and standard deviation 1.
   */
  normalise?: Normalisation;
  /** How to change the images at random (default: not at all). For images to learn from, not those to test on. */
  augment?: AugmentOptions;
  /**
   * What images are: float32 (default), normalised, or uint8, brightness as it is stored: a quarter of the bytes, and nothing
   * to compute, for models that normalise by `normaliseImages`. There is no mixup of uint8.
   */
  dtype?: "float32" | "uint8";
}

/** Streams of random numbers from here on belong to batches, those before to examples. */
const BATCH_STREAMS = 2 ** 31;

/**
 * A data set of images, in memory or in the files of a folder, with batches `{ images, labels }`: images float32, or uint8
 * if asked for, `[n, channels, rows, columns]`, labels int32 `[n]`, or with mixup the share of each class, float32
 * `[n, classes]`: `crossEntropy` takes both.
 *
 * Random numbers of an image depend on the loader's seed, the epoch and the image alone, so that batches are the same on
 * any number of threads.
 *
 * @throws {OptionError} for an option that is unknown or out of range, and for what is no source.
 * @throws {ShapeError} when the source holds other pixels or labels than its size says, {IndexError} for a label that is no
 *   class.
 */
export function imageDataset(
  source: LabelledImages | ImageFolder,
  options: ImageDatasetOptions = {},
): Dataset<"images" | "labels"> {
  const op = "imageDataset";
  checkSource(op, source);
  checkOptions(op, options, ["normalise", "augment", "dtype"]);
  const { normalise = { mean: 0, std: 1 }, augment = {}, dtype = "float32" } = options;
  const augmentation = checkAugmentation(op, augment);
  checkDTypeOption(op, dtype, augmentation);
  const brightness = brightnessOf(op, dtype, normalise, source.channels);
  return {
    length: source.count,
    read: (request) => {
      checkIndices(op, request.indices, source.count);
      const make = (pixels: Pixels) => makeBatch(source, pixels, request, brightness, augmentation);
      if ("images" in source) return make(pixelsOf(source, request.indices));
      return readPictures(source, request.indices).then(make);
    },
    blueprint: { module: import.meta.url, name: "imageDataset", args: [source, options] },
  };
}

function checkSource(op: string, source: LabelledImages | ImageFolder): void {
  if (typeof source !== "object" || source === null) {
    throw new OptionError(`${op}: source must be images or an image folder, got ${show(source)}`);
  }
  if (!("paths" in source)) checkLabelledImages(op, source);
}

function checkDTypeOption(op: string, dtype: string, { mixupAlpha }: Augmentation): void {
  if (dtype !== "float32" && dtype !== "uint8") {
    throw new OptionError(`${op}: option "dtype" must be "float32" or "uint8", got ${show(dtype)}`);
  }
  if (dtype === "uint8" && mixupAlpha > 0) {
    throw new OptionError(`${op}: option "mixupAlpha" needs float32 images, got ${mixupAlpha} with uint8`);
  }
}

/** The image at each position of a batch, `[channels, rows, columns]`. */
type Pixels = (position: number) => Uint8Array;

function pixelsOf({ images, channels, rows, columns }: LabelledImages, indices: Int32Array): Pixels {
  const size = channels * rows * columns;
  return (position) => {
    const index = indices[position] as number;
    return images.subarray(index * size, (index + 1) * size);
  };
}

async function readPictures(folder: ImageFolder, indices: Int32Array): Promise<Pixels> {
  const pictures: Uint8Array[] = [];
  for (const index of indices) pictures.push(await readPicture(folder, index));
  return (position) => pictures[position] as Uint8Array;
}

function makeBatch(
  { channels, rows, columns, classes, labels: classOf }: LabelledImages | ImageFolder,
  pixels: Pixels,
  { indices, seed, epoch, batch }: BatchRequest,
  brightness: Brightness,
  augmentation: Augmentation,
): Arrays<"images" | "labels"> {
  const count = indices.length;
  const size = channels * rows * columns;
  const dtype = brightness.table instanceof Uint8Array ? "uint8" : "float32";
  const data = allocate(dtype, count * size);
  const epochSeed = deriveSeed(seed, epoch);
  const isCopied = dtype === "uint8" && changesNothing(augmentation);
  indices.forEach((index, i) => {
    const out = data.subarray(i * size, (i + 1) * size);
    if (isCopied) out.set(pixels(i));
    else
      augmentImage(pixels(i), out, { channels, rows, columns }, brightness, augmentation, new Random(epochSeed, index));
  });
  const images: TensorData = { dtype, shape: [count, channels, rows, columns], data };
  const labels = Int32Array.from(indices, (index) => classOf[index] as number);
  if (augmentation.mixupAlpha === 0) return { images, labels: { dtype: "int32", shape: [count], data: labels } };

  const shares = new Float32Array(count * classes);
  labels.forEach((label, i) => {
    shares[i * classes + label] = 1;
  });
  mixRows([data as Float32Array, shares], count, augmentation.mixupAlpha, new Random(epochSeed, BATCH_STREAMS + batch));
  return { images, labels: { dtype: "float32", shape: [count, classes], data: shares } };
}
