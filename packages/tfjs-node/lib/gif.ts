/**
 * GIF files.
 *
 * Of our own, since the libraries at hand, omggif and gifuct-js, can be led in circles by a file that is made for it.
 */

import { type GifFrame, readGifBlocks } from "./gif-blocks.js";
import { LZW_RATIO, unpackLzw } from "./lzw.js";
import { type Fail, MOST_SAMPLES } from "./samples.js";

/** An animation, every frame as it is seen: over what those before it left. */
export interface Animation {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** Red, green and blue 0–255, `[frames, rows, columns, 3]`, row-major. What no frame painted is black. */
  readonly data: Uint8Array;
}

/**
 * @param most Frames to decode at most.
 * @throws {FormatError} when the bytes are no GIF, or corrupt; when a frame sticks out of the screen or claims more pixels than
 *   its bytes can hold; when all together are more than `MOST_SAMPLES`.
 */
export function readGif(bytes: Uint8Array, fail: Fail, most = Number.POSITIVE_INFINITY): Animation {
  const { columns, rows, frames } = readGifBlocks(bytes, most, fail);
  const size = rows * columns * 3;
  if (size * frames.length === 0) fail("GIF without pixels");
  // Nobody could paint that much.
  if (rows * columns > LZW_RATIO * bytes.length) {
    fail(`GIF claims ${columns} × ${rows} pixels, more than ${bytes.length} bytes can hold`);
  }
  if (size * frames.length > MOST_SAMPLES) {
    fail(`GIF of ${frames.length} frames, ${columns} × ${rows} each, is more than ${MOST_SAMPLES} samples`);
  }
  for (const [i, frame] of frames.entries()) checkFrame(frame, rows, columns, i, fail);
  const data = new Uint8Array(frames.length * size);
  let background: Uint8Array = new Uint8Array(size);
  for (const [i, frame] of frames.entries()) {
    const pixels = unpackLzw(frame.codes, frame.minBits, frame.rows * frame.columns);
    if (typeof pixels === "string") return fail(`frame ${i} of GIF has ${pixels}`);
    const screen = data.subarray(i * size, (i + 1) * size);
    screen.set(background);
    paint(screen, columns, frame, pixels);
    background = dispose(screen, background, columns, frame);
  }
  return { rows, columns, frames: frames.length, data };
}

/** Holds what a frame claims against its bytes and the screen, before it gets memory. */
function checkFrame(frame: GifFrame, rows: number, columns: number, index: number, fail: Fail): void {
  const name = `frame ${index} of GIF`;
  if (frame.left + frame.columns > columns || frame.top + frame.rows > rows) {
    fail(
      `${name}, ${frame.columns} × ${frame.rows} at [${frame.top}, ${frame.left}], sticks out of ${columns} × ${rows}`,
    );
  }
  if (frame.minBits < 1 || frame.minBits > 8) fail(`${name} has pixels of ${frame.minBits} bits`);
  if (frame.palette.length === 0) fail(`${name} has no colours`);
  if (frame.columns * frame.rows > LZW_RATIO * frame.codes.length) {
    fail(`${name} claims ${frame.columns} × ${frame.rows} pixels, more than ${frame.codes.length} bytes can hold`);
  }
}

/** A colour that the palette lacks is black. */
function paint(screen: Uint8Array, columns: number, frame: GifFrame, pixels: Uint8Array): void {
  const { left, top, palette, transparent } = frame;
  for (const [line, row] of linesOf(frame).entries()) {
    for (let column = 0; column < frame.columns; column++) {
      const colour = pixels[line * frame.columns + column] as number;
      if (colour === transparent) continue;
      const to = 3 * ((top + row) * columns + left + column);
      for (let c = 0; c < 3; c++) screen[to + c] = palette[3 * colour + c] ?? 0;
    }
  }
}

/** The row of each line, in the order of the file (GIF89a, appendix E). */
function linesOf({ rows, isInterlaced }: GifFrame): number[] {
  const all = Array.from({ length: rows }, (_, row) => row);
  if (!isInterlaced) return all;
  const passes = [
    (row: number) => row % 8 === 0,
    (row: number) => row % 8 === 4,
    (row: number) => row % 4 === 2,
    (row: number) => row % 2 === 1,
  ];
  return passes.flatMap((isIn) => all.filter(isIn));
}

/** What the next frame is painted over: this one, as its author wants it disposed of (GIF89a, 23.c.iv). */
function dispose(screen: Uint8Array, before: Uint8Array, columns: number, frame: GifFrame): Uint8Array {
  if (frame.disposal === 3) return before;
  if (frame.disposal !== 2) return screen;
  const cleared = screen.slice();
  for (let row = frame.top; row < frame.top + frame.rows; row++) {
    const from = 3 * (row * columns + frame.left);
    cleared.fill(0, from, from + 3 * frame.columns);
  }
  return cleared;
}
