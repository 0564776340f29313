/** BMP files, by bmp-ts, which knows the fields of colours; what it would misread is refused or put right before. */

import { decode } from "bmp-ts";
import type { Samples } from "nodegrad/data";
import { type Fail, MOST_SAMPLES } from "./samples.js";

/** Bytes of the file header and the smallest info header that is read. */
const HEADERS = 54;

/** Compression: none, or fields of bits that the header gives. */
const [BI_RGB, BI_BITFIELDS] = [0, 3];

/**
 * The samples of a BMP file of 1, 8, 16, 24 or 32 bits a pixel, not compressed: grey where the palette is grey, with opacity
 * where a pixel has 32 bits (255 where the header gives it no field), else red, green and blue.
 *
 * @throws {FormatError} for another kind of BMP, truncated or corrupt bytes.
 */
export function readBmp(bytes: Uint8Array, fail: Fail): Samples {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < HEADERS) fail("truncated BMP");
  const [start, columns, rows] = [file.readUInt32LE(10), file.readInt32LE(18), Math.abs(file.readInt32LE(22))];
  const [bits, compression, colours] = [file.readUInt16LE(28), file.readUInt32LE(30), file.readUInt32LE(46)];
  if (rows === 0 || columns <= 0) fail("BMP without pixels");
  if (![1, 8, 16, 24, 32].includes(bits)) fail(`BMP of ${bits} bits a pixel is unsupported`);
  if (compression !== BI_RGB && compression !== BI_BITFIELDS) fail(`compressed BMP (${compression}) is unsupported`);
  if (colours > 256) fail(`BMP claims a palette of ${colours} colours`);
  const length = rows * Math.ceil((columns * bits) / 32) * 4;
  if (start + length > file.length || rows * columns * 4 > MOST_SAMPLES) {
    fail(`BMP claims ${columns} × ${rows} pixels of ${bits} bits, more than it holds`);
  }
  try {
    return toSamples(decode(contiguous(file, start, bits, colours)), bits);
  } catch (cause) {
    return fail(`corrupt BMP, ${(cause as Error).message}`, cause);
  }
}

/** The file without what lies between headers and pixels: bmp-ts reads on without a look at where the pixels begin. */
function contiguous(file: Buffer, start: number, bits: number, colours: number): Buffer {
  const [headers, compression] = [14 + file.readUInt32LE(14), file.readUInt32LE(30)];
  const masks = headers === HEADERS && compression === BI_BITFIELDS ? 12 : 0;
  const palette = 4 * (bits <= 8 && colours === 0 ? 2 ** bits : colours);
  const end = headers + masks + palette;
  if (end > start) throw new RangeError(`headers of ${end} bytes before pixels that begin at ${start}`);
  return end === start ? file : Buffer.concat([file.subarray(0, end), file.subarray(start)]);
}

function toSamples({ width, height, data, palette }: ReturnType<typeof decode>, bits: number): Samples {
  const isGrey = bits <= 8 && palette.every(({ red, green, blue }) => red === green && green === blue);
  const channels = isGrey ? 1 : bits === 32 ? 4 : 3;
  const out = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    // Opacity, blue, green, red.
    for (let c = 0; c < channels; c++) out[i * channels + c] = data[4 * i + (c < 3 ? 3 - c : 0)] as number;
  }
  return { rows: height, columns: width, channels, data: out };
}
