/** What a PNG or JPEG file says about its pixels, sample by sample. */

import { type DecodedPng, decode as decodePngFile } from "fast-png";
import { decode as decodeJpegFile } from "jpeg-js";
import { checkBytes, type Fail, failer } from "../io/files.js";
import { isJpeg, jpegOfPixels } from "./jpeg-segments.js";
import { isPng, MOST_PIXELS, pngOfPixels } from "./png-chunks.js";

/** Samples of a picture with the channels of a pixel side by side. */
export interface Samples {
  readonly rows: number;
  readonly columns: number;
  /** 1 for grey, 2 for grey and opacity, 3 for red, green and blue, 4 with opacity. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Brightness or opacity 0–255, `[rows, columns, channels]`, row-major. */
  readonly data: Uint8Array;
}

/**
 * The samples of a PNG or JPEG file, told by its first bytes, with the channels that the file has: `decodeImage` is for who
 * wants an image of nodegrad's layout. Palettes are resolved, 16 bits are cut to 8, and neither colour profiles nor the
 * orientation that a camera notes are applied.
 *
 * @param name What to call the bytes in messages, usually the path.
 * @param op What to call the function in messages, for one that is built on it.
 * @throws {FormatError} when the bytes are of another format, truncated, corrupt, claim more pixels than they can hold or than 67
 *   million, or are an interlaced PNG of less than 8 bits or a JPEG of more than 100 scans.
 * @throws {OptionError} for what is no `Uint8Array`.
 */
export function decodeSamples(bytes: Uint8Array, name = "bytes", op = "decodeSamples"): Samples {
  checkBytes(op, bytes);
  return readSamples(bytes, failer(op, name));
}

/** As `decodeSamples` does, of bytes that are known to be bytes. */
export function readSamples(bytes: Uint8Array, fail: Fail): Samples {
  if (isPng(bytes)) return readPng(bytes, fail);
  if (isJpeg(bytes)) return readJpeg(bytes, fail);
  return fail("neither PNG nor JPEG");
}

/** Brightness of the red, green and blue that begin at a position: ITU-R BT.601, in 16 bits of fraction. */
export function greyOf(data: Uint8Array, at: number): number {
  const [red, green, blue] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

function readPng(bytes: Uint8Array, fail: Fail): Samples {
  const pixels = pngOfPixels(bytes, fail);
  try {
    return pngSamples(decodePngFile(pixels, { checkCrc: true }));
  } catch (cause) {
    return fail(`corrupt PNG, ${(cause as Error).message}`, { cause });
  }
}

/** Samples of 8 bits from those of 1 to 16, and from a palette, whose colours have an opacity or none has. */
function pngSamples({ width, height, channels, depth, data, palette }: DecodedPng): Samples {
  const samples = (palette ? (palette[0]?.length ?? 3) : channels) as Samples["channels"];
  const out = new Uint8Array(width * height * samples);
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
      for (let c = 0; c < samples; c++) {
        const value = sample(row, column * channels + (palette ? 0 : c));
        out[(row * width + column) * samples + c] = palette ? colourOf(palette, value, c) : to8Bits(value, depth);
      }
    }
  }
  return { rows: height, columns: width, channels: samples, data: out };
}

function colourOf(palette: readonly (readonly number[])[], index: number, channel: number): number {
  const value = palette[index]?.[channel];
  if (value === undefined) throw new RangeError(`no colour ${index} in the palette of ${palette.length}`);
  return value;
}

function to8Bits(value: number, depth: number): number {
  return depth === 16 ? value >> 8 : (value * 255) / (2 ** depth - 1);
}

/** Bytes that decoding takes for a pixel: coefficients and samples of up to four channels, with some to spare. */
const JPEG_BYTES_PER_PIXEL = 64;

/** Bytes that it takes for blocks of which few pixels are seen. */
const JPEG_SPARE_BYTES = 2 ** 20;

function readJpeg(bytes: Uint8Array, fail: Fail): Samples {
  const { frame, bytes: pixels } = jpegOfPixels(bytes, fail);
  const { rows, columns, components } = frame;
  try {
    const { data } = decodeJpegFile(pixels, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MOST_PIXELS / 1e6,
      maxMemoryUsageInMB: (JPEG_SPARE_BYTES + rows * columns * JPEG_BYTES_PER_PIXEL) / 2 ** 20,
    });
    return components === 1 ? firstChannel(columns, rows, data) : { rows, columns, channels: 3, data };
  } catch (cause) {
    return fail(`corrupt JPEG, ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Grey from red, green and blue that are the same. */
function firstChannel(columns: number, rows: number, data: Uint8Array): Samples {
  return {
    rows,
    columns,
    channels: 1,
    data: Uint8Array.from({ length: rows * columns }, (_, i) => data[3 * i] as number),
  };
}
