/**
 * The chunks of a PNG file: what it claims, held against what it has, before a decoder gives memory to it.
 *
 * ```
 * 8 bytes   signature
 * chunks    4 bytes length, 4 bytes type, the data, 4 bytes checksum: IHDR first, which has the size, and IEND last
 * ```
 */

import { inflateSync } from "node:zlib";
import type { Fail } from "../io/files.js";
import { DEFLATE_RATIO } from "./gzip.js";

/** Pixels that a picture may have at most: 67 million. */
export const MOST_PIXELS = 2 ** 26;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Bytes of a chunk around its data, and those before it. */
const [AROUND, BEFORE] = [12, 8];

/** Chunks that say something about the pixels. The others may hold anything, compressed without end, and are left out. */
const NEEDED = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];

/** Samples of a pixel by the kind of colour. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Bytes that compressed pixels may hold beyond what is needed, as some programs write them. */
const SPARE_BYTES = 65_536;

/** Whether bytes begin as PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * A PNG file of nothing but the chunks that pixels need.
 *
 * @throws {FormatError} when it is truncated or corrupt, or claims more pixels than it holds or than `MOST_PIXELS`.
 */
export function pngOfPixels(bytes: Uint8Array, fail: Fail): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const needed: Buffer[] = [];
  const pixels: Buffer[] = [];
  for (let at = SIGNATURE.length, type = ""; type !== "IEND"; ) {
    if (at + AROUND > file.length) fail("truncated PNG");
    const end = at + AROUND + file.readUInt32BE(at);
    type = file.toString("latin1", at + 4, at + BEFORE);
    if (end > file.length) fail("truncated PNG");
    if ((type === "IHDR") !== (needed.length === 0)) fail("corrupt PNG, its header is not its first chunk");
    if (NEEDED.includes(type)) needed.push(file.subarray(at, end));
    if (type === "IDAT") pixels.push(file.subarray(at + BEFORE, end - 4));
    at = end;
  }
  checkPixels(needed[0] as Buffer, Buffer.concat(pixels), fail);
  return Buffer.concat([file.subarray(0, SIGNATURE.length), ...needed]);
}

/** Holds what the header claims against the compressed pixels. */
function checkPixels(chunk: Buffer, compressed: Buffer, fail: Fail): void {
  if (chunk.length !== AROUND + 13) fail("corrupt PNG, a header of another length");
  const [columns, rows] = [chunk.readUInt32BE(BEFORE), chunk.readUInt32BE(BEFORE + 4)];
  const [depth, colour, , , interlace] = chunk.subarray(BEFORE + 8) as unknown as [number, number, 0, 0, number];
  const samples = SAMPLES[colour];
  if (samples === undefined) fail(`corrupt PNG, colours of kind ${colour}`);
  if (rows === 0 || columns === 0) fail("PNG without pixels");
  if (rows * columns > MOST_PIXELS) fail(`PNG claims ${columns} × ${rows} pixels, more than ${MOST_PIXELS}`);
  // Each line has the number of its filter in front.
  const length = rows * (1 + Math.ceil((columns * samples * depth) / 8));
  if (length > DEFLATE_RATIO * compressed.length) {
    fail(`PNG claims ${columns} × ${rows} pixels, more than ${compressed.length} bytes can hold`);
  }
  // fast-png takes the lines of a pass for longer than they are.
  if (interlace !== 0 && depth < 8) fail(`interlaced PNG of ${depth} bits is unsupported`);
  try {
    // Interlaced, it has at most one line more for each.
    inflateSync(compressed, { maxOutputLength: length + rows + SPARE_BYTES });
  } catch (cause) {
    fail(`corrupt PNG, ${(cause as Error).message}`, { cause });
  }
}
