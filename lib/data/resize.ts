/** Pictures in other sizes. */

import { OptionError, show } from "../errors.js";
import { checkInteger } from "./check.js";
import { checkImage, type Image } from "./labelled-images.js";

/**
 * How a picture of other proportions fits: `"cover"` cuts off what is too much, at both ends alike; `"stretch"` keeps all
 * of it and changes its proportions.
 */
export type Fit = "cover" | "stretch";

/** Most rows or columns of a picture. */
export const MAX_SIDE = 32_768;

/**
 * A picture with another number of rows and columns. Each new pixel is the mean of the old ones around it, with weights
 * that fall linearly with the distance: bilinear interpolation for larger pictures, without aliasing for smaller ones.
 *
 * @param fit What becomes of other proportions (default `"cover"`).
 * @throws {OptionError} for a size or fit out of range, or what is no image, {ShapeError} for one with other pixels than its
 *   size says.
 */
export function resizeImage(image: Image, rows: number, columns: number, fit: Fit = "cover"): Image {
  const op = "resizeImage";
  checkImage(op, image);
  checkInteger(op, "rows", rows, 1, MAX_SIDE);
  checkInteger(op, "columns", columns, 1, MAX_SIDE);
  checkFit(op, fit);
  // How many old pixels a new one spans.
  let [scaleY, scaleX] = [image.rows / rows, image.columns / columns];
  if (fit === "cover") scaleY = scaleX = Math.min(scaleY, scaleX);
  const vertical = taps(image.rows, rows, scaleY);
  const horizontal = taps(image.columns, columns, scaleX);

  const pixels = new Uint8Array(image.channels * rows * columns);
  const line = new Float64Array(image.columns);
  for (let channel = 0; channel < image.channels; channel++) {
    const plane = channel * image.rows * image.columns;
    vertical.forEach(({ first, weights }, row) => {
      for (let column = 0; column < image.columns; column++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) {
          const value = image.pixels[plane + (first + i) * image.columns + column] as number;
          sum += (weights[i] as number) * value;
        }
        line[column] = sum;
      }
      horizontal.forEach(({ first: from, weights: across }, column) => {
        let sum = 0;
        for (let i = 0; i < across.length; i++) sum += (across[i] as number) * (line[from + i] as number);
        pixels[(channel * rows + row) * columns + column] = Math.floor(sum + 0.5);
      });
    });
  }
  return { pixels, channels: image.channels, rows, columns };
}

/** @throws {OptionError} unless it is one; left out, it is `"cover"`. */
export function checkFit(op: string, fit: unknown = "cover"): Fit {
  if (fit === "cover" || fit === "stretch") return fit;
  throw new OptionError(`${op}: option "fit" must be "cover" or "stretch", got ${show(fit)}`);
}

/** The old pixels that a new one is made of. */
interface Taps {
  readonly first: number;
  /** They add up to 1. */
  readonly weights: readonly number[];
}

/** The taps of `count` new pixels, each `scale` old ones wide, in the middle of `size` old ones. */
function taps(size: number, count: number, scale: number): Taps[] {
  const reach = Math.max(1, scale);
  const start = (size - count * scale) / 2;
  return Array.from({ length: count }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach));
    const end = Math.min(size, Math.ceil(centre + reach));
    const weights: number[] = [];
    for (let at = first; at < end; at++) weights.push(Math.max(0, 1 - Math.abs(at + 0.5 - centre) / reach));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
