/** Pictures: PNG and JPEG in, PNG out. */

import { encode as encodePngFile } from "fast-png";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { checkBytes, failer, readBytes, writeAtomically } from "../io/files.js";
import { checkImage, type Image } from "./labelled-images.js";
import { type Fit, resizeImage } from "./resize.js";
import { greyOf, readSamples, type Samples } from "./samples.js";

/** Options of `decodeImage`. */
export interface DecodeImageOptions {
  /** 3 for red, green and blue (default), 1 for grey: 0.299 red + 0.587 green + 0.114 blue. */
  channels?: 1 | 3;
}

/** Options of `loadImage`. */
export interface LoadImageOptions extends DecodeImageOptions {
  /** Rows to resize to (default: as many as there are). */
  rows?: number;
  /** Columns to resize to (default: as many as there are). */
  columns?: number;
  /** How to resize (default `"cover"`); see `resizeImage`. */
  fit?: Fit;
}

/**
 * The picture in the bytes of a PNG or JPEG file, told by their first bytes. Transparency is dropped, 16 bits are
 * cut to 8, and neither colour profiles nor the orientation that a camera notes are applied.
 *
 * @param name What to call the bytes in messages, usually the path.
 * @throws {FormatError} when the bytes are of another format, truncated, corrupt, claim more pixels than they can hold or than 67
 *   million, or are an interlaced PNG of less than 8 bits or a JPEG of more than 100 scans.
 * @throws {OptionError} for what is no `Uint8Array`, an option that is unknown or another number of channels.
 */
export function decodeImage(bytes: Uint8Array, options: DecodeImageOptions = {}, name = "bytes"): Image {
  const op = "decodeImage";
  checkOptions(op, options, ["channels"]);
  const channels = checkChannels(op, options.channels);
  checkBytes(op, bytes);
  return toImage(readSamples(bytes, failer(op, name)), channels);
}

/** @throws {OptionError} unless it is 1 or 3; left out, it is 3. */
export function checkChannels(op: string, channels: unknown = 3): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw new OptionError(`${op}: option "channels" must be 1 or 3, got ${show(channels)}`);
}

/**
 * Reads a PNG or JPEG file, and resizes the picture where rows or columns are given.
 *
 * @throws {OptionError} when the file is missing or cannot be read, or an option is wrong.
 * @throws {FormatError} as `decodeImage` does.
 */
export async function loadImage(path: string, options: LoadImageOptions = {}): Promise<Image> {
  const op = "loadImage";
  checkOptions(op, options, ["channels", "rows", "columns", "fit"]);
  const { channels, fit } = options;
  const image = decodeImage(await readBytes(op, path), channels && { channels }, path);
  const { rows = image.rows, columns = image.columns } = options;
  if (rows === image.rows && columns === image.columns) return image;
  return resizeImage(image, rows, columns, fit);
}

/** Samples as planes of the channels asked for, without opacity. */
function toImage({ rows, columns, channels: given, data }: Samples, channels: 1 | 3): Image {
  const area = rows * columns;
  const pixels = new Uint8Array(channels * area);
  const hasColours = given > 2;
  for (let i = 0; i < area; i++) {
    if (channels === 3) {
      for (let c = 0; c < 3; c++) pixels[c * area + i] = data[given * i + (hasColours ? c : 0)] as number;
    } else {
      pixels[i] = hasColours ? greyOf(data, given * i) : (data[given * i] as number);
    }
  }
  return { pixels, channels, rows, columns };
}

/**
 * The bytes of a PNG file.
 *
 * @param image With 1 channel (grey), 3 (red, green, blue) or 4 (and opacity).
 * @throws {ShapeError} for another number of channels, an empty image, or pixels of another number than its size says.
 * @throws {OptionError} for what is no image.
 */
export function encodePng(image: Image): Uint8Array {
  const { pixels, channels, rows, columns } = checkImage("encodePng", image);
  if (![1, 3, 4].includes(channels)) {
    throw new ShapeError(`encodePng: an image has ${channels} channels; expected 1, 3 or 4`);
  }
  const area = rows * columns;
  const data = new Uint8Array(pixels.length);
  for (let i = 0; i < data.length; i++) data[i] = pixels[(i % channels) * area + Math.floor(i / channels)] as number;
  return encodePngFile({ width: columns, height: rows, channels, depth: 8, data });
}

/**
 * Writes a picture to a PNG file. The file appears complete or not at all.
 *
 * @throws {OptionError} when the path cannot be written.
 * @throws {ShapeError} as `encodePng` does.
 */
export async function savePng(path: string, image: Image): Promise<void> {
  await writeAtomically("savePng", path, encodePng(image));
}
