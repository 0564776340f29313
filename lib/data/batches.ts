/** From a data set to the minibatches of an epoch: which examples, and their values. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { checkBytes } from "../io/files.js";
import { MAX_SIZE } from "../shape.js";
import { checkBoolean, checkIndices, checkInteger, checkSeed } from "./check.js";
import type { Labels } from "./labelled-images.js";
import { Random } from "./random.js";

/** Options of `batches`. */
export interface BatchesOptions {
  /** Number of examples to draw from. */
  count: number;
  /** Examples in a batch, at least 1. */
  batchSize: number;
  /** Whether to visit the examples in random order (default false: in their own). */
  shuffle?: boolean;
  /** Seed of the order, a non-negative safe integer (default 0). */
  seed?: number;
  /** Which pass over the data, an integer ≥ 0 (default 0): every epoch has an order of its own. */
  epoch?: number;
  /** Whether to leave out a last batch of fewer than `batchSize` examples (default false). */
  dropLast?: boolean;
}

/** The batches of one epoch. Each iteration gives the same batches, in arrays of its own. */
export interface Batches extends Iterable<Int32Array> {
  /** Number of batches. */
  readonly length: number;
}

/**
 * The indices of the examples in each batch of an epoch: every example once.
 *
 * The order depends on `count`, `seed` and `epoch` only, and is the same on every platform.
 *
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function batches(options: BatchesOptions): Batches {
  return batchesFor("batches", options);
}

/** `batches` on behalf of another function, which its errors name. */
export function batchesFor(op: string, options: BatchesOptions): Batches {
  checkOptions(op, options, ["count", "batchSize", "shuffle", "seed", "epoch", "dropLast"]);
  const count = checkInteger(op, "count", options.count, 0, MAX_SIZE);
  const batchSize = checkInteger(op, "batchSize", options.batchSize, 1, MAX_SIZE);
  const shuffle = checkBoolean(op, "shuffle", options.shuffle ?? false);
  const seed = checkSeed(op, options.seed ?? 0);
  const epoch = checkInteger(op, "epoch", options.epoch ?? 0, 0, MAX_SIZE);
  const dropLast = checkBoolean(op, "dropLast", options.dropLast ?? false);

  const length = dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  return {
    length,
    *[Symbol.iterator]() {
      const order = Int32Array.from({ length: count }, (_, i) => i);
      if (shuffle) new Random(seed, epoch).shuffle(order);
      for (let batch = 0; batch < length; batch++) yield order.slice(batch * batchSize, (batch + 1) * batchSize);
    },
  };
}

/** Options of `gatherImages`: a brightness `v` in 0–255 becomes `(v · scale − mean) / std`. */
export interface GatherImagesOptions {
  /** Mean to subtract, after scaling (default 0). MNIST: 0.1307. */
  mean?: number;
  /** Standard deviation to divide by, positive (default 1). MNIST: 0.3081. */
  std?: number;
  /** Factor to apply first (default 1/255, to bring brightness to [0, 1]). */
  scale?: number;
}

/**
 * Copies a batch of images into `out`, normalised: `out[i] = (images[indices[i]] · scale − mean) / std`.
 *
 * @param images All images one after another.
 * @param indices Which images, `[n]`.
 * @param out `[n, …]`: where to write them. Its length tells how many elements an image has.
 * @throws {ShapeError} unless `out` holds `n` images of one size, and `images` a whole number of that size.
 * @throws {IndexError} when there is no image of an index.
 * @throws {OptionError} for an option that is unknown or no finite number.
 */
export function gatherImages(
  images: Uint8Array,
  indices: Int32Array,
  out: Float32Array,
  options: GatherImagesOptions = {},
): void {
  const op = "gatherImages";
  checkOptions(op, options, ["mean", "std", "scale"]);
  const mean = checkFinite(op, "mean", options.mean ?? 0);
  const std = checkFinite(op, "std", options.std ?? 1);
  const scale = checkFinite(op, "scale", options.scale ?? 1 / 255);
  if (std <= 0) throw new OptionError(`${op}: option "std" must be positive, got ${std}`);
  const size = checkBatch(op, images, indices, out);
  const normalised = Float32Array.from({ length: 256 }, (_, v) => (v * scale - mean) / std);
  for (let i = 0; i < indices.length; i++) {
    const from = (indices[i] as number) * size;
    const to = i * size;
    for (let j = 0; j < size; j++) out[to + j] = normalised[images[from + j] as number] as number;
  }
}

/**
 * Copies a batch of images into `out` as they are: `out[i] = images[indices[i]]`. A quarter of the bytes of
 * `gatherImages`, for models that normalise them.
 *
 * @param images All images one after another.
 * @param indices Which images, `[n]`.
 * @param out `[n, …]`: where to write them. Its length tells how many elements an image has.
 * @throws {ShapeError} unless `out` holds `n` images of one size, and `images` a whole number of that size.
 * @throws {IndexError} when there is no image of an index.
 */
export function gatherPixels(images: Uint8Array, indices: Int32Array, out: Uint8Array): void {
  const size = checkBatch("gatherPixels", images, indices, out);
  for (const [i, index] of indices.entries()) out.set(images.subarray(index * size, (index + 1) * size), i * size);
}

/** Elements of an image; 0 for a batch of none. */
function checkBatch(op: string, images: Uint8Array, indices: Int32Array, out: Float32Array | Uint8Array): number {
  checkBytes(op, images);
  if (!ArrayBuffer.isView(out)) throw new OptionError(`${op}: out must be a typed array, got ${show(out)}`);
  if (indices.length === 0 && out.length === 0) return 0;
  const size = out.length / indices.length;
  if (!Number.isInteger(size) || size === 0 || images.length % size !== 0) {
    const given = `${indices.length} of ${images.length} elements into ${out.length}`;
    throw new ShapeError(`${op}: out does not hold the batch: ${given}; expected as many as the batch's images have`);
  }
  checkIndices(op, indices, images.length / size);
  return size;
}

/**
 * The labels of a batch: `labels[indices[i]]`, `[n]`, as int32.
 *
 * @throws {IndexError} when there is no label of an index.
 */
export function gatherLabels(labels: Labels, indices: Int32Array): Int32Array {
  const op = "gatherLabels";
  if (!ArrayBuffer.isView(labels)) throw new OptionError(`${op}: labels must be a typed array, got ${show(labels)}`);
  checkIndices(op, indices, labels.length);
  return indices.map((index) => labels[index] as number);
}

function checkFinite(op: string, option: string, value: unknown): number {
  if (Number.isFinite(value)) return value as number;
  throw new OptionError(`${op}: option "${option}" must be a finite number, got ${show(value)}`);
}
