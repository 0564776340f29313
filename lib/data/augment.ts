/** Random changes to images that leave their class as it is, so that a model sees each image in many ways. */

import { checkOptions } from "../errors.js";
import { checkBoolean, checkInteger, checkNumber } from "./check.js";
import type { ImageSize } from "./labelled-images.js";
import type { Brightness } from "./normalise.js";
import type { Random } from "./random.js";

/**
 * How to change images, drawn anew for each image and epoch. What is left out is not done. The order is: crop, flip,
 * normalise, cutout, mixup.
 */
export interface AugmentOptions {
  /** Random crop: the image is moved by up to this many pixels along each axis; what comes into view is black. */
  cropPadding?: number;
  /** Whether to mirror images, left for right, each with a probability of ½ (default false). */
  flip?: boolean;
  /**
   * Cutout: a square with this side, its centre anywhere in the image, becomes the mean of `normalise`: 0 in normalised
   * images (DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout").
   */
  cutoutSize?: number;
  /**
   * Mixup: each image becomes `λ·image + (1 − λ)·other`, its label likewise, with another of the batch and λ from
   * Beta(α, α), one for the batch; α in [0.01, 4] (Zhang, Cissé, Dauphin and Lopez-Paz, "mixup: beyond empirical risk
   * minimization").
   */
  mixupAlpha?: number;
}

/** Checked options. */
export type Augmentation = Required<AugmentOptions>;

/** @throws {OptionError} for an option that is unknown or out of range. */
export function checkAugmentation(op: string, options: AugmentOptions): Augmentation {
  checkOptions(op, options, ["cropPadding", "flip", "cutoutSize", "mixupAlpha"]);
  const { cropPadding = 0, flip = false, cutoutSize = 0, mixupAlpha } = options;
  return {
    cropPadding: checkInteger(op, "cropPadding", cropPadding, 0, 1024),
    flip: checkBoolean(op, "flip", flip),
    cutoutSize: checkInteger(op, "cutoutSize", cutoutSize, 0, 4096),
    mixupAlpha: mixupAlpha === undefined ? 0 : checkNumber(op, "mixupAlpha", mixupAlpha, 0.01, 4),
  };
}

/** Whether images are as they were. */
export function changesNothing({ cropPadding, flip, cutoutSize, mixupAlpha }: Augmentation): boolean {
  return cropPadding === 0 && !flip && cutoutSize === 0 && mixupAlpha === 0;
}

/**
 * Writes one image, changed, its brightness as asked for.
 *
 * @param pixels `[channels, rows, columns]`.
 * @param out `[channels, rows, columns]`, of the table's type.
 * @param random The numbers of this image in this epoch.
 */
export function augmentImage(
  pixels: Uint8Array,
  out: Float32Array | Uint8Array,
  { channels, rows, columns }: ImageSize,
  { table, mean }: Brightness,
  { cropPadding, flip, cutoutSize }: Augmentation,
  random: Random,
): void {
  const down = cropPadding > 0 ? random.below(2 * cropPadding + 1) - cropPadding : 0;
  const right = cropPadding > 0 ? random.below(2 * cropPadding + 1) - cropPadding : 0;
  const mirrored = flip && random.below(2) === 1;
  // Columns of `out` that show the image; the rest shows what lies beyond its edge.
  const first = Math.min(columns, Math.max(0, -right));
  const end = Math.max(first, Math.min(columns, columns - right));
  for (let channel = 0; channel < channels; channel++) {
    const values = table.subarray(256 * channel, 256 * (channel + 1));
    const black = values[0] as number;
    for (let row = 0; row < rows; row++) {
      const to = (channel * rows + row) * columns;
      if (row + down < 0 || row + down >= rows) {
        out.fill(black, to, to + columns);
        continue;
      }
      const from = (channel * rows + row + down) * columns + (mirrored ? columns - 1 - right : right);
      const step = mirrored ? -1 : 1;
      // Most images stay within their edges, and a call for each row would take longer than the row.
      if (end - first < columns) out.fill(black, to, to + columns);
      for (let column = first; column < end; column++) {
        out[to + column] = values[pixels[from + step * column] as number] as number;
      }
    }
  }
  if (cutoutSize > 0) cutOut(out, { channels, rows, columns }, mean, cutoutSize, random);
}

/** Fills a square of `side` around a random pixel with the mean, as much of it as lies in the image. */
function cutOut(
  out: Float32Array | Uint8Array,
  { channels, rows, columns }: ImageSize,
  mean: readonly number[],
  side: number,
  random: Random,
): void {
  const top = random.below(rows) - Math.floor(side / 2);
  const left = random.below(columns) - Math.floor(side / 2);
  const [firstRow, endRow] = [Math.max(0, top), Math.min(rows, top + side)];
  const [firstColumn, endColumn] = [Math.max(0, left), Math.min(columns, left + side)];
  for (let channel = 0; channel < channels; channel++) {
    for (let row = firstRow; row < endRow; row++) {
      const at = (channel * rows + row) * columns;
      out.fill(mean[channel] as number, at + firstColumn, at + endColumn);
    }
  }
}

/**
 * Mixes each row of some arrays with another: `row[i] = λ·row[i] + (1 − λ)·row[partner[i]]`. All arrays are mixed alike.
 *
 * @param arrays `[count, …]` each.
 * @param random The numbers of this batch in this epoch.
 */
export function mixRows(arrays: readonly Float32Array[], count: number, alpha: number, random: Random): void {
  const weight = beta(alpha, random);
  const partners = Int32Array.from({ length: count }, (_, i) => i);
  random.shuffle(partners);
  for (const array of arrays) {
    const size = array.length / count;
    const others = array.slice();
    for (let i = 0; i < count; i++) {
      const other = (partners[i] as number) * size;
      for (let j = 0; j < size; j++) {
        const at = i * size + j;
        array[at] = weight * (array[at] as number) + (1 - weight) * (others[other + j] as number);
      }
    }
  }
}

/** A number with the distribution Beta(α, α), for small α (Jöhnk, 1964). The last bits depend on `Math.pow`. */
function beta(alpha: number, random: Random): number {
  for (;;) {
    const x = random.uniform() ** (1 / alpha);
    const y = random.uniform() ** (1 / alpha);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}
