/** Pictures: PNG and JPEG in, PNG out. */

import { type DecodedPng, decode as decodePngFile, encode as encodePngFile } from "fast-png";
import { decode as decodeJpegFile } from "jpeg-js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { checkBytes, type Fail, failer, readBytes, writeAtomically } from "../io/files.js";
import { DEFLATE_RATIO } from "./gzip.js";
import { checkImage, type Image } from "./labelled-images.js";
import { type Fit, resizeImage } from "./resize.js";

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

/** Samples of a picture with the channels of a pixel side by side: 1 for grey, or 3. */
interface Samples {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/**
 * The picture in the bytes of a PNG or JPEG file, told by their first bytes. Transparency is dropped, 16 bits are
 * cut to 8, and neither colour profiles nor the orientation that a camera notes are applied.
 *
 * @param name What to call the bytes in messages, usually the path.
 * @throws {FormatError} when the bytes are of another format, truncated, corrupt, claim more pixels than they can hold, or
 *   are an interlaced PNG of less than 8 bits.
 * @throws {OptionError} for what is no `Uint8Array`, an option that is unknown or another number of channels.
 */
export function decodeImage(bytes: Uint8Array, options: DecodeImageOptions = {}, name = "bytes"): Image {
  const op = "decodeImage";
  checkOptions(op, options, ["channels"]);
  const channels = checkChannels(op, options.channels);
  checkBytes(op, bytes);
  const fail: Fail = failer(op, name);
  if (isPng(bytes)) return toImage(readPng(bytes, fail), channels);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return toImage(readJpeg(bytes, fail), channels);
  return fail("neither PNG nor JPEG");
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

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

function readPng(bytes: Uint8Array, fail: Fail): Samples {
  // Signature, then a chunk of 13 bytes that begins with width and height.
  if (bytes.length < 33) fail("truncated PNG");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [columns, rows, depth, isInterlaced] = [view.getUint32(16), view.getUint32(20), view.getUint8(24), bytes[28]];
  if (rows === 0 || columns === 0) fail("PNG without pixels");
  if (rows * (1 + (columns * depth) / 8) > DEFLATE_RATIO * bytes.length) {
    fail(`PNG claims ${columns} × ${rows} pixels, more than ${bytes.length} bytes can hold`);
  }
  // fast-png takes the lines of a pass for longer than they are.
  if (isInterlaced && depth < 8) fail(`interlaced PNG of ${depth} bits is unsupported`);
  try {
    return pngSamples(decodePngFile(bytes, { checkCrc: true }));
  } catch (cause) {
    return fail(`corrupt PNG, ${(cause as Error).message}`, { cause });
  }
}

/** Samples of 8 bits from those of 1 to 16, and from a palette. */
function pngSamples({ width, height, channels, depth, data, palette }: DecodedPng): Samples {
  const colours = palette || channels > 2 ? 3 : 1;
  const out = new Uint8Array(width * height * colours);
  const perRow = depth < 8 ? Math.ceil((width * channels * depth) / 8) : width * channels;
  const largest = 2 ** depth - 1;
  const sample = (row: number, i: number) => {
    if (depth >= 8) return data[row * perRow + i] as number;
    const bit = i * depth;
    const byte = data[row * perRow + (bit >> 3)] as number;
    return (byte >> (8 - depth - (bit & 7))) & largest;
  };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let c = 0; c < colours; c++) {
        const value = sample(row, column * channels + (palette ? 0 : c));
        out[(row * width + column) * colours + c] = palette ? colourOf(palette, value, c) : to8Bits(value, depth);
      }
    }
  }
  return { rows: height, columns: width, channels: colours, data: out };
}

function colourOf(palette: readonly (readonly number[])[], index: number, channel: number): number {
  const value = palette[index]?.[channel];
  if (value === undefined) throw new RangeError(`no colour ${index} in the palette of ${palette.length}`);
  return value;
}

function to8Bits(value: number, depth: number): number {
  return depth === 16 ? value >> 8 : (value * 255) / (2 ** depth - 1);
}

/**
 * Pixels that a byte of a JPEG file can stand for at most: a block of 64 takes one bit or more in the scan of its
 * constant term.
 */
const JPEG_RATIO = 512;

/** Bytes that decoding takes for a pixel: coefficients and samples of up to four channels, with some to spare. */
const JPEG_BYTES_PER_PIXEL = 64;

function readJpeg(bytes: Uint8Array, fail: Fail): Samples {
  const mostPixels = JPEG_RATIO * bytes.length;
  try {
    const { width, height, data } = decodeJpegFile(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: mostPixels / 1e6,
      maxMemoryUsageInMB: 1 + (mostPixels * JPEG_BYTES_PER_PIXEL) / 2 ** 20,
    });
    return { rows: height, columns: width, channels: 3, data };
  } catch (cause) {
    return fail(`corrupt JPEG, ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Samples as planes of the channels asked for. */
function toImage({ rows, columns, channels: given, data }: Samples, channels: 1 | 3): Image {
  const area = rows * columns;
  const pixels = new Uint8Array(channels * area);
  for (let i = 0; i < area; i++) {
    if (channels === 3) {
      for (let c = 0; c < 3; c++) pixels[c * area + i] = data[given === 3 ? 3 * i + c : i] as number;
    } else if (given === 1) {
      pixels[i] = data[i] as number;
    } else {
      // ITU-R BT.601, in 16 bits of fraction.
      const [red, green, blue] = [data[3 * i] as number, data[3 * i + 1] as number, data[3 * i + 2] as number];
      pixels[i] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
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
