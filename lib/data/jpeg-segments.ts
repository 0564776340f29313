/**
 * The segments of a JPEG file: what it claims, held against what it has, before a decoder gives memory and time to it (ITU-T
 * T.81, annex B).
 */

import type { Fail } from "../io/files.js";
import { MOST_PIXELS } from "./png-chunks.js";

/** What the header of the frame says. */
export interface JpegFrame {
  readonly rows: number;
  readonly columns: number;
  /** 1 for grey, 3 for colours, 4 for those of print. */
  readonly components: number;
}

/** A JPEG file of what a decoder needs. */
export interface JpegFile {
  readonly frame: JpegFrame;
  readonly bytes: Uint8Array;
}

/** Segments by the second byte of their markers. */
const [SOI, EOI, SOS, DQT, DHT, DRI, APP14] = [0xd8, 0xd9, 0xda, 0xdb, 0xc4, 0xdd, 0xee];

/** Markers of frames: SOF0 to SOF15, but for DHT, JPG and DAC, which lie among them. */
const FRAMES = Array.from({ length: 16 }, (_, i) => 0xc0 + i).filter((marker) => ![DHT, 0xc8, 0xcc].includes(marker));

/** Those that jpeg-js decodes: with Huffman's codes, at once or progressive. */
const DECODED = [0xc0, 0xc1, 0xc2];

/** Segments that a decoder needs beside frame and scans. What cameras note, and pictures within, are left out. */
const NEEDED = [DQT, DHT, DRI, APP14];

/**
 * Pixels that a byte of a JPEG file can stand for at most: a block of 64 takes one bit or more in the scan of its
 * constant term.
 */
export const JPEG_RATIO = 512;

/** Scans of a picture at most: each costs the time of all its pixels. Progressive pictures have about ten. */
const MOST_SCANS = 100;

/** Whether bytes begin as JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === SOI;
}

/**
 * A JPEG file of nothing but the segments that pixels need.
 *
 * @throws {FormatError} when it is truncated or corrupt, of a kind that is not decoded, has more than 100 scans, or claims more
 *   pixels than it can hold or than `MOST_PIXELS`.
 */
export function jpegOfPixels(bytes: Uint8Array, fail: Fail): JpegFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const needed: Buffer[] = [Buffer.of(0xff, SOI)];
  let frame: JpegFrame | undefined;
  for (let at = nextMarker(file, 2, fail); file[at + 1] !== EOI; ) {
    const marker = file[at + 1] as number;
    if (at + 4 > file.length) fail("truncated JPEG");
    let end = at + 2 + file.readUInt16BE(at + 2);
    if (end > file.length || end < at + 4) fail("truncated JPEG");
    if (FRAMES.includes(marker)) {
      if (frame !== undefined) fail("JPEG of more than one frame is unsupported");
      frame = readFrame(file.subarray(at, end), fail);
    } else if (marker === SOS) {
      if (frame === undefined) fail("corrupt JPEG, a scan before its frame");
      const selected = file[at + 4] as number;
      if (selected < 1 || selected > 4 || end - at !== 8 + 2 * selected) fail("corrupt JPEG, the header of a scan");
      end = endOfCodes(file, end);
    }
    if (FRAMES.includes(marker) || marker === SOS || NEEDED.includes(marker)) needed.push(file.subarray(at, end));
    at = nextMarker(file, end, fail);
  }
  if (frame === undefined) return fail("JPEG without pixels");
  const pixels = frame.rows * frame.columns;
  if (pixels > Math.min(MOST_PIXELS, JPEG_RATIO * bytes.length)) {
    const most = pixels > MOST_PIXELS ? `${MOST_PIXELS}` : `${bytes.length} bytes can hold`;
    fail(`JPEG claims ${frame.columns} × ${frame.rows} pixels, more than ${most}`);
  }
  const kept = Buffer.concat([...needed, Buffer.of(0xff, EOI)]);
  if (countOf(kept, Buffer.of(0xff, SOS)) > MOST_SCANS) fail(`JPEG has more than ${MOST_SCANS} scans`);
  return { frame, bytes: kept };
}

function readFrame(segment: Buffer, fail: Fail): JpegFrame {
  const marker = segment[1] as number;
  if (!DECODED.includes(marker)) fail(`JPEG of kind ${marker - 0xc0} is unsupported`);
  if (segment.length < 10) fail("corrupt JPEG, the header of its frame");
  const [rows, columns, components] = [segment.readUInt16BE(5), segment.readUInt16BE(7), segment[9] as number];
  if (rows === 0 || columns === 0) fail("JPEG without pixels");
  if (![1, 3, 4].includes(components)) fail(`JPEG of ${components} components is unsupported`);
  if (segment.length !== 10 + 3 * components) fail("corrupt JPEG, the header of its frame");
  for (let at = 11; at < segment.length; at += 3) {
    const [across, down] = [(segment[at] as number) >> 4, (segment[at] as number) & 15];
    if (![across, down].every((factor) => factor >= 1 && factor <= 4)) {
      fail(`corrupt JPEG, a component of ${across} × ${down} samples`);
    }
  }
  return { rows, columns, components };
}

/** Where the next marker is that has a segment or ends the file; what stands before it has no meaning. */
function nextMarker(file: Buffer, from: number, fail: Fail): number {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const marker = file[at + 1] ?? 0;
    // Neither a stuffed zero, a fill byte, TEM nor the beginning of an interval.
    if (marker > 0x01 && marker !== 0xff && !isRestart(marker) && marker !== SOI) return at;
  }
  return fail("truncated JPEG");
}

/** Where the codes of a scan end: at a marker other than those between intervals. */
function endOfCodes(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const marker = file[at + 1] ?? 0xff;
    if (marker !== 0 && !isRestart(marker)) return at;
  }
  return file.length;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

function countOf(file: Buffer, bytes: Buffer): number {
  let count = 0;
  for (let at = file.indexOf(bytes); at >= 0; at = file.indexOf(bytes, at + 1)) count++;
  return count;
}
