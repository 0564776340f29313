/**
 * Painting generated pictures: outlines on a canvas, with soft edges and noise.
 *
 * A canvas holds red, green and blue as planes, `[3, size, size]`, in numbers that may leave 0–255. Trigonometric
 * functions are avoided, because their last bits differ between platforms: the same seed gives the same bytes everywhere.
 */

import type { Random } from "./random.js";
import type { Outline } from "./shape-outlines.js";

/** Red, green and blue. */
export const CHANNELS = 3;

/** Half the range of the noise on each pixel and channel. */
const NOISE = 24;

/** A colour, 0–255 each. */
export type Colour = readonly [red: number, green: number, blue: number];

/** How an outline lies in an image, in pixels. */
export interface Placement {
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  /** How many pixels its radius is. */
  readonly scale: number;
  /** Its height is multiplied and its width divided by this. */
  readonly stretch: number;
  /** The tangent of half the angle it is turned by. */
  readonly tilt: number;
}

/** An outline in an image: what it is there, in pixels, and the square around `(x, y)` that holds it. */
export interface Placed {
  readonly outline: Outline;
  readonly x: number;
  readonly y: number;
  /** Half the side of the square. */
  readonly reach: number;
}

/** An outline turned, stretched, scaled and moved into an image: its signed distance is then about that in pixels. */
export function place(outline: Outline, { x, y, scale, stretch, tilt }: Placement): Placed {
  // Sine and cosine of an angle from the tangent of its half, without calling either.
  const cos = (1 - tilt * tilt) / (1 + tilt * tilt);
  const sin = (2 * tilt) / (1 + tilt * tilt);
  const placed: Outline = (px, py) => {
    const [u, v] = [(px - x) / scale, (py - y) / scale];
    return scale * outline((cos * u + sin * v) * stretch, (cos * v - sin * u) / stretch);
  };
  return { outline: placed, x, y, reach: 1.2 * scale + 1 };
}

/** Covers what lies inside an outline with a colour; pixels at its edge in part. */
export function paint(canvas: Float64Array, size: number, { outline, x, y, reach }: Placed, colour: Colour): void {
  const area = size * size;
  const left = Math.max(0, Math.floor(x - reach));
  const right = Math.min(size, Math.ceil(x + reach));
  const top = Math.max(0, Math.floor(y - reach));
  const bottom = Math.min(size, Math.ceil(y + reach));
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const distance = outline(column + 0.5, row + 0.5);
      if (distance >= 0.5) continue;
      const covered = Math.min(1, 0.5 - distance);
      for (let at = row * size + column, c = 0; c < CHANNELS; c++, at += area) {
        canvas[at] = (canvas[at] as number) * (1 - covered) + (colour[c] as number) * covered;
      }
    }
  }
}

/** Brightness 0–255 of a painted image, with noise. */
export function develop(canvas: Float64Array, random: Random, image: Uint8Array): void {
  for (let i = 0; i < image.length; i++) {
    const value = (canvas[i] as number) + random.uniform(-NOISE, NOISE);
    image[i] = Math.floor(Math.min(255, Math.max(0, value)) + 0.5);
  }
}
