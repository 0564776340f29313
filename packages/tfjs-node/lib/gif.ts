/**
 * GIF files, by gifuct-js: its decoder ends on any stream of codes, where that of the better known omggif can be led in
 * circles.
 */

import { decompressFrame, type ParsedFrameWithoutPatch, parseGIF } from "gifuct-js";
import { type Fail, MOST_SAMPLES } from "./samples.js";

/** An animation, every frame as it is seen: over what those before it left. */
export interface Animation {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** Red, green and blue 0–255, `[frames, rows, columns, 3]`, row-major. What no frame painted is black. */
  readonly data: Uint8Array;
}

/** Pixels that a byte can stand for at most: a code of 12 bits stands for a string of fewer than 4096. */
const LZW_RATIO = 4096 / 1.5;

/** A frame that has a picture, as gifuct-js parses it. */
type ImageFrame = Parameters<typeof decompressFrame>[0];

/**
 * @param most Frames to decode at most.
 * @throws {FormatError} when the bytes are no GIF, or corrupt; when a frame sticks out of the screen or claims more pixels than
 *   its bytes can hold; when all together are more than `MOST_SAMPLES`.
 */
export function readGif(bytes: Uint8Array, fail: Fail, most = Number.POSITIVE_INFINITY): Animation {
  const { lsd, gct, frames: parsed } = attempt(fail, () => parseGIF(bytes as Uint8Array<ArrayBuffer> as never));
  const { width: columns, height: rows } = lsd;
  const images = parsed
    .filter((frame): frame is ImageFrame => "image" in frame && frame.image !== undefined)
    .slice(0, most);
  if (images.length === 0 || rows === 0 || columns === 0) fail("GIF without pixels");
  const size = rows * columns * 3;
  if (!(size * images.length <= MOST_SAMPLES)) {
    fail(`GIF of ${images.length} frames, ${columns} × ${rows} each, is more than ${MOST_SAMPLES} samples`);
  }
  const data = new Uint8Array(images.length * size);
  let background: Uint8Array = new Uint8Array(size);
  for (const [i, image] of images.entries()) {
    checkFrame(image, rows, columns, i, fail);
    const frame = attempt(fail, () => decompressFrame(image, gct, false));
    const screen = data.subarray(i * size, (i + 1) * size);
    screen.set(background);
    paint(screen, columns, frame);
    background = dispose(screen, background, columns, frame);
  }
  return { rows, columns, frames: images.length, data };
}

function attempt<T>(fail: Fail, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    return fail(`corrupt GIF, ${(cause as Error).message}`, cause);
  }
}

/** Holds what a frame claims against its bytes and the screen, before it gets memory. */
function checkFrame({ image }: ImageFrame, rows: number, columns: number, index: number, fail: Fail): void {
  const { descriptor, data } = image;
  const { left, top, width, height } = descriptor;
  if (!(left + width <= columns && top + height <= rows)) {
    fail(`frame ${index} of GIF, ${width} × ${height} at [${top}, ${left}], sticks out of ${columns} × ${rows}`);
  }
  if (!(data.minCodeSize >= 1 && data.minCodeSize <= 8))
    fail(`frame ${index} of GIF has codes of ${data.minCodeSize} bits`);
  if (width * height > LZW_RATIO * data.blocks.length) {
    fail(`frame ${index} of GIF claims ${width} × ${height} pixels, more than ${data.blocks.length} bytes can hold`);
  }
}

function paint(screen: Uint8Array, columns: number, frame: ParsedFrameWithoutPatch): void {
  const { dims, pixels, colorTable, transparentIndex } = frame;
  for (const [i, index] of pixels.entries()) {
    if (index === transparentIndex) continue;
    const at = 3 * ((dims.top + Math.floor(i / dims.width)) * columns + dims.left + (i % dims.width));
    screen.set(colorTable?.[index] ?? [0, 0, 0], at);
  }
}

/** What the next frame is painted over: this one, as its author wants it disposed of (GIF89a, 23.c.iv). */
function dispose(screen: Uint8Array, before: Uint8Array, columns: number, frame: ParsedFrameWithoutPatch): Uint8Array {
  if (frame.disposalType === 3) return before;
  if (frame.disposalType !== 2) return screen;
  const { top, left, width, height } = frame.dims;
  const cleared = screen.slice();
  for (let row = top; row < top + height; row++) {
    cleared.fill(0, 3 * (row * columns + left), 3 * (row * columns + left + width));
  }
  return cleared;
}
