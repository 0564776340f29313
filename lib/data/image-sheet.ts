/** Sheets: many small images in one, such as the filters of a layer. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { showShape } from "../shape.js";
import { Tensor } from "../tensor.js";
import { checkInteger } from "./check.js";
import type { Image } from "./labelled-images.js";
import { MAX_SIDE } from "./resize.js";

/** How a sheet looks. */
export interface ImageSheetOptions {
  /** Tiles beside each other (default: as many as there are rows of tiles, or one more). */
  columns?: number;
  /** White pixels between tiles (default 1). */
  gap?: number;
  /** Pixels along each side of a value (default 1). */
  scale?: number;
  /**
   * The values that become black and white: the smallest and the largest of each `"tile"` (default) or of the whole
   * `"sheet"`, or two numbers, beyond which values are cut off.
   */
  range?: "tile" | "sheet" | readonly [black: number, white: number];
}

/**
 * Images side by side, for `savePng`: the templates of a linear classifier, the filters of a first layer, or the maps of
 * activations.
 *
 * ```ts
 * await savePng("filters.png", imageSheet(conv.weight, { scale: 8 }));
 * await savePng("maps.png", imageSheet(activations.reshape([-1, 1, 28, 28]), { range: "sheet" }));
 * ```
 *
 * A pixel is 255 (x − black) / (white − black), rounded half to even; where all values are the same it is 128. NaN is
 * black, and infinite values are no part of a range.
 *
 * @param images `[n, c, h, w]` of any dtype, c = 1 for grey or 3 for red, green and blue.
 * @returns Tiles row by row, on white.
 * @throws {ShapeError} for another shape, or one without elements.
 * @throws {OptionError} when an option is wrong, or the sheet would be over 32,768 pixels wide or high.
 */
export function imageSheet(images: Tensor, options: ImageSheetOptions = {}): Image {
  const op = "imageSheet";
  checkOptions(op, options, ["columns", "gap", "scale", "range"]);
  const [count, channels, height, width] = checkImages(op, images);
  const { columns = Math.ceil(Math.sqrt(count)), gap = 1, scale = 1, range = "tile" } = options;
  checkInteger(op, "columns", columns, 1, MAX_SIDE);
  checkInteger(op, "gap", gap, 0, MAX_SIDE);
  checkInteger(op, "scale", scale, 1, MAX_SIDE);
  checkRange(op, range);
  const side = (tiles: number, size: number) => tiles * (size * scale + gap) - gap;
  const sheet = { channels, rows: side(Math.ceil(count / columns), height), columns: side(columns, width) };
  if (Math.max(sheet.rows, sheet.columns) > MAX_SIDE) {
    throw new OptionError(`${op}: larger than ${MAX_SIDE} pixels: ${sheet.columns} × ${sheet.rows}`);
  }

  const values = new Float64Array(images.dataSync());
  const size = channels * height * width;
  const whole = range === "sheet" ? extremes(values) : range;
  const pixels = new Uint8Array(channels * sheet.rows * sheet.columns).fill(255);
  for (let i = 0; i < count; i++) {
    const tile = values.subarray(i * size, (i + 1) * size);
    const levels = brightness(tile, whole === "tile" ? extremes(tile) : (whole as readonly [number, number]));
    const top = Math.floor(i / columns) * (height * scale + gap);
    const left = (i % columns) * (width * scale + gap);
    for (let line = 0; line < channels * height * scale; line++) {
      const [channel, y] = [Math.floor(line / (height * scale)), line % (height * scale)];
      const from = (channel * height + Math.floor(y / scale)) * width;
      const to = (channel * sheet.rows + top + y) * sheet.columns + left;
      for (let x = 0; x < width * scale; x++) pixels[to + x] = levels[from + Math.floor(x / scale)] as number;
    }
  }
  return { pixels, ...sheet };
}

function checkImages(op: string, images: Tensor): [count: number, channels: number, height: number, width: number] {
  if (!(images instanceof Tensor)) throw new OptionError(`${op}: images must be a tensor, got ${show(images)}`);
  const [count, channels, height, width] = images.shape as readonly [number, number, number, number];
  if (images.rank !== 4 || images.size === 0 || (channels !== 1 && channels !== 3)) {
    const given = showShape(images.shape);
    throw new ShapeError(
      `${op}: images must be [n, c, h, w] with c = 1 or 3 and not empty, got ${given}; reshape them first`,
    );
  }
  return [count, channels, height, width];
}

function checkRange(op: string, range: unknown): void {
  if (range === "tile" || range === "sheet") return;
  if (Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]) return;
  throw new OptionError(`${op}: option "range" must be "tile", "sheet" or [black, white] in order, got ${show(range)}`);
}

/** The smallest and the largest finite value. */
function extremes(values: Float64Array): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

/** Values as 0–255. */
function brightness(values: Float64Array, [black, white]: readonly [number, number]): Uint8ClampedArray {
  // Clamped arrays round, cut off, and turn NaN into 0.
  const levels = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value === black) levels[i] = value === white ? 128 : 0;
    else levels[i] = 255 * ((value - black) / (white - black));
  }
  return levels;
}
