/**
 * BMP files that are not compressed.
 *
 * Of our own, since the libraries at hand read some of them only: fast-bmp neither palettes nor lines from the top, bmp-ts
 * neither 4 bits of odd width nor pixels that do not follow the headers at once, decode-bmp no fields of bits.
 */

import type { Samples } from "nodegrad/data";
import { type Fail, MOST_SAMPLES } from "./samples.js";

/** Bytes of the file header; the info header follows, which has 40 or more. */
const [FILE_HEADER, INFO_HEADER] = [14, 40];

/** Compression: none, or fields of bits that the header gives. */
const [BI_RGB, BI_BITFIELDS] = [0, 3];

/** What the headers say. */
interface Header {
  readonly columns: number;
  readonly rows: number;
  readonly bits: number;
  /** Where the pixels begin, and the bytes from a line to the next. */
  readonly start: number;
  readonly stride: number;
  readonly isTopDown: boolean;
}

/** A pixel's bits to its samples. */
type Colour = (pixel: number) => readonly number[];

/**
 * The samples of a BMP file of 1, 4, 8, 16, 24 or 32 bits a pixel, not compressed: grey where the palette is grey, with opacity
 * where a pixel has 32 bits (255 where the header gives it no field), else red, green and blue.
 *
 * @throws {FormatError} for another kind of BMP, or bytes that are truncated.
 */
export function readBmp(bytes: Uint8Array, fail: Fail): Samples {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(file, fail);
  const { columns, rows, bits, start, stride, isTopDown } = header;
  const colour = bits <= 8 ? paletteColours(file, bits, fail) : fieldColours(file, bits, fail);
  const channels = colour(0).length as Samples["channels"];
  const data = new Uint8Array(rows * columns * channels);
  for (let row = 0; row < rows; row++) {
    const line = file.subarray(start + (isTopDown ? row : rows - 1 - row) * stride);
    for (let column = 0; column < columns; column++) {
      data.set(colour(pixelAt(line, column, bits)), (row * columns + column) * channels);
    }
  }
  return { rows, columns, channels, data };
}

function readHeader(file: Buffer, fail: Fail): Header {
  if (file.length < FILE_HEADER + INFO_HEADER) fail("truncated BMP");
  const [start, size, columns, height] = [10, 14, 18, 22].map((at) => file.readInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const [bits, compression] = [file.readUInt16LE(28), file.readUInt32LE(30)];
  const rows = Math.abs(height);
  if (size < INFO_HEADER) fail(`BMP with a header of ${size} bytes is unsupported`);
  if (rows === 0 || columns <= 0) fail("BMP without pixels");
  if (![1, 4, 8, 16, 24, 32].includes(bits)) fail(`BMP of ${bits} bits a pixel is unsupported`);
  if (compression !== BI_RGB && !(compression === BI_BITFIELDS && (bits === 16 || bits === 32))) {
    fail(`BMP of ${bits} bits with compression ${compression} is unsupported`);
  }
  const stride = Math.ceil((columns * bits) / 32) * 4;
  // A pixel of one bit may become three samples.
  if (start < FILE_HEADER + INFO_HEADER || start + rows * stride > file.length || rows * columns * 4 > MOST_SAMPLES) {
    fail(`BMP claims ${columns} × ${rows} pixels of ${bits} bits, more than it holds`);
  }
  return { columns, rows, bits, start, stride, isTopDown: height < 0 };
}

function pixelAt(line: Buffer, column: number, bits: number): number {
  if (bits >= 16) return line.readUIntLE((column * bits) / 8, bits / 8);
  const bit = column * bits;
  return ((line[bit >> 3] as number) >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
}

/** The colours of a palette: blue, green, red and a byte without meaning. What it lacks is black. */
function paletteColours(file: Buffer, bits: number, fail: Fail): Colour {
  const count = file.readUInt32LE(46) || 2 ** bits;
  if (count > 2 ** bits) fail(`BMP of ${bits} bits has a palette of ${count} colours`);
  const from = FILE_HEADER + file.readUInt32LE(14);
  const colours = Array.from({ length: 2 ** bits }, (_, i) => {
    const at = from + 4 * i;
    return i < count ? [file[at + 2] ?? 0, file[at + 1] ?? 0, file[at] ?? 0] : [0, 0, 0];
  });
  const isGrey = colours.every(([red, green, blue]) => red === green && green === blue);
  const samples = isGrey ? colours.map(([grey]) => [grey as number]) : colours;
  return (pixel) => samples[pixel] as number[];
}

/** Colours in fields of a pixel's bits: those that the header gives, or the usual ones. */
function fieldColours(file: Buffer, bits: number, fail: Fail): Colour {
  const masks = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  let opacity = 0;
  if (file.readUInt32LE(30) === BI_BITFIELDS) {
    // Behind the smallest info header or, with that of opacity, within a larger one.
    const hasOpacity = file.readUInt32LE(14) >= INFO_HEADER + 16;
    const first = FILE_HEADER + INFO_HEADER;
    if (file.length < first + 16) fail("truncated BMP");
    for (let i = 0; i < 3; i++) masks[i] = file.readUInt32LE(first + 4 * i);
    if (hasOpacity) opacity = file.readUInt32LE(first + 12);
  }
  const fields = masks.map((mask) => fieldOf(mask, 0));
  if (bits === 32) fields.push(fieldOf(opacity, 255));
  return (pixel) => fields.map((field) => field(pixel));
}

/** What stands in a field, 0–255; `absent` where there is no field. */
function fieldOf(mask: number, absent: number): (pixel: number) => number {
  if (mask === 0) return () => absent;
  const shift = 31 - Math.clz32(mask & -mask);
  const largest = mask >>> shift;
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / largest);
}
