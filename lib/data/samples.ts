/** What a PNG or JPEG file says about its pixels, sample by sample. */

import { type DecodedPng, decode as decodePngFile } from "fast-png";
import { decode as decodeJpegFile } from "jpeg-js";
import { checkBytes, type Fail, failer } from "../io/files.js";
import { DEFLATE_RATIO } from "./gzip.js";

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
 * @throws {FormatError} when the bytes are of another format, truncated, corrupt, claim more pixels than they can hold, or
 *   are an interlaced PNG of less than 8 bits.
 * @throws {OptionError} for what is no `Uint8Array`.
 */
export function decodeSamples(bytes: Uint8Array, name = "bytes", op = "decodeSamples"): Samples {
  checkBytes(op, bytes);
  return readSamples(bytes, failer(op, name));
}

/** As `decodeSamples` does, of bytes that are known to be bytes. */
export function readSamples(bytes: Uint8Array, fail: Fail): Samples {
  if (isPng(bytes)) return readPng(bytes, fail);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpeg(bytes, fail);
  return fail("neither PNG nor JPEG");
}

/** Brightness of the red, green and blue that begin at a position: ITU-R BT.601, in 16 bits of fraction. */
export function greyOf(data: Uint8Array, at: number): number {
  const [red, green, blue] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
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
    return jpegComponents(bytes) === 1
      ? firstChannel(width, height, data)
      : { rows: height, columns: width, channels: 3, data };
  } catch (cause) {
    return fail(`corrupt JPEG, ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/**
 * How many components a JPEG file has, which its frame header tells: the marker SOF0 to SOF15, but for DHT, JPG and DAC
 * that lie among them (ITU-T T.81, tables B.1 and B.2).
 */
function jpegComponents(bytes: Uint8Array): number | undefined {
  for (let at = 2; bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] as number;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return bytes[at + 9];
    // A marker may be preceded by any number of 0xFF.
    at += marker === 0xff ? 1 : 2 + ((bytes[at + 2] as number) << 8) + (bytes[at + 3] as number);
  }
  return undefined;
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
