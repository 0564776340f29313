/**
 * Generated handwritten digits: a data set like MNIST that needs no download.
 *
 * A digit is a few pen strokes. They are bent by a smooth random field, slanted, turned and stretched, then
 * drawn with a round pen of random width and centred as in MNIST. Trigonometric functions and exponentials
 * are avoided, because their last bits differ between platforms: the same seed gives the same bytes everywhere.
 */

import { checkOptions } from "../errors.js";
import { checkInteger, checkSeed } from "./check.js";
import { digitStrokes, type Stroke } from "./digit-strokes.js";
import { DIGIT_NAMES, type LabelledImages } from "./labelled-images.js";
import { Random } from "./random.js";

/** Options of `generateDigits`. */
export interface DigitsOptions {
  /** How many images, up to 2³¹ − 1 pixels in all. */
  count: number;
  /** A non-negative safe integer (default 0). Another seed gives entirely other images. */
  seed?: number;
  /** Rows and columns of an image, 8 to 256 (default 28). */
  size?: number;
}

const CLASSES = DIGIT_NAMES.length;

/** Share of the image that the longer side of a digit fills: 20 of MNIST's 28 pixels. */
const FILLED = 20 / 28;

/**
 * Generates images of handwritten digits.
 *
 * Image `i` shows the digit `i mod 10` and depends on `seed`, `size` and `i` only: a larger `count` extends a
 * smaller one. About as hard as MNIST: trained on 10,000 images, a linear classifier recognises 91 % of others,
 * a convolutional network 99 %.
 *
 * @returns Images `[count, 1, size, size]`, white on black, and labels `[count]` in 0–9.
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function generateDigits(options: DigitsOptions): LabelledImages {
  const op = "generateDigits";
  checkOptions(op, options, ["count", "seed", "size"]);
  const size = checkInteger(op, "size", options.size ?? 28, 8, 256);
  const count = checkInteger(op, "count", options.count, 0, Math.floor((2 ** 31 - 1) / size ** 2));
  const seed = checkSeed(op, options.seed ?? 0);

  const images = new Uint8Array(count * size * size);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  const distances = new Float64Array(size * size);
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i);
    const radius = (size / 28) * random.uniform(0.75, 1.75);
    const strokes = place(write(labels[i] as number, random), radius, size, random);
    draw(strokes, radius, size, random, distances);
    ink(distances, images.subarray(i * size * size, (i + 1) * size * size));
  }
  return { images, labels, count, channels: 1, rows: size, columns: size, classes: CLASSES, classNames: DIGIT_NAMES };
}

/** One way to write a digit, distorted as no two people, or days, write it the same. */
function write(digit: number, random: Random): Stroke[] {
  const variants = digitStrokes[digit] as readonly (readonly Stroke[])[];
  const strokes = variants[random.below(variants.length)] as readonly Stroke[];
  const bend = elasticField(random);

  const slant = 0.12 + 0.25 * random.bell();
  const stretch = 0.82 + 0.12 * random.bell();
  // A rotation by the angle whose half has the tangent `t`: sine and cosine without calling either.
  const t = 0.075 * random.bell();
  const cos = (1 - t * t) / (1 + t * t);
  const sin = (2 * t) / (1 + t * t);

  return strokes.map((stroke) => {
    const out = new Float64Array(stroke.length);
    for (let i = 0; i < stroke.length; i += 2) {
      const [dx, dy] = bend(stroke[i] as number, stroke[i + 1] as number);
      const y = (stroke[i + 1] as number) + dy - 50;
      const x = ((stroke[i] as number) + dx - 50) * stretch - slant * y;
      out[i] = cos * x - sin * y;
      out[i + 1] = sin * x + cos * y;
    }
    return out;
  });
}

/** Control points of the elastic field along each axis. */
const GRID = 6;

/** Distance between control points; the first lies one cell before the box. */
const CELL = 100 / 3;

/** Standard deviation of the displacement of a control point. */
const BEND = 13;

/** A smooth random displacement: a uniform cubic B-spline over a grid of random vectors. */
function elasticField(random: Random): (x: number, y: number) => [number, number] {
  const grid = Float64Array.from({ length: GRID * GRID * 2 }, () => BEND * random.bell());
  return (x, y) => {
    const [column, weightsX] = splineAt(x);
    const [row, weightsY] = splineAt(y);
    let dx = 0;
    let dy = 0;
    for (let j = 0; j < 4; j++) {
      for (let i = 0; i < 4; i++) {
        const weight = (weightsY[j] as number) * (weightsX[i] as number);
        const node = ((row + j) * GRID + column + i) * 2;
        dx += weight * (grid[node] as number);
        dy += weight * (grid[node + 1] as number);
      }
    }
    return [dx, dy];
  };
}

/** The first of the four control points that act at a coordinate, and the weight of each. */
function splineAt(coordinate: number): [number, number[]] {
  const cell = Math.min(GRID - 4, Math.max(0, Math.floor(coordinate / CELL)));
  const t = Math.min(1, Math.max(0, coordinate / CELL - cell));
  const s = 1 - t;
  return [cell, [(s * s * s) / 6, (4 - 3 * t * t * (2 - t)) / 6, (4 - 3 * s * s * (2 - s)) / 6, (t * t * t) / 6]];
}

/**
 * Scales strokes so that with a pen of `radius` they fill about the box that MNIST gives a digit, and puts
 * their centre of mass near the middle of the image.
 */
function place(strokes: readonly Stroke[], radius: number, size: number, random: Random): Stroke[] {
  const [width, height, centreX, centreY] = measure(strokes);
  const scale = ((FILLED * size - 2 * radius) / Math.max(width, height)) * (1 + 0.04 * random.bell());
  const shiftX = size / 2 + (size / 28) * random.uniform(-1, 1) - scale * centreX;
  const shiftY = size / 2 + (size / 28) * random.uniform(-1, 1) - scale * centreY;
  return strokes.map((stroke) => stroke.map((value, i) => scale * value + (i % 2 === 0 ? shiftX : shiftY)));
}

/** Width and height of the box around strokes, and their centre of mass (by length). */
function measure(strokes: readonly Stroke[]): [number, number, number, number] {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  let [mass, momentX, momentY] = [0, 0, 0];
  for (const stroke of strokes) {
    for (let i = 0; i < stroke.length; i += 2) {
      const x = stroke[i] as number;
      const y = stroke[i + 1] as number;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      if (i === 0) continue;
      const dx = x - (stroke[i - 2] as number);
      const dy = y - (stroke[i - 1] as number);
      const length = Math.sqrt(dx * dx + dy * dy);
      mass += length;
      momentX += length * (x - dx / 2);
      momentY += length * (y - dy / 2);
    }
  }
  return [right - left, bottom - top, momentX / mass, momentY / mass];
}

/** Draws strokes: for every pixel, how far its centre is from the edge of the ink (negative inside), in pixels. */
function draw(strokes: readonly Stroke[], radius: number, size: number, random: Random, distances: Float64Array): void {
  distances.fill(Infinity);
  for (const stroke of strokes) {
    // The pen presses harder towards one end.
    const pressure = random.uniform(-0.35, 0.35);
    const pieces = stroke.length / 2 - 1;
    for (let piece = 0; piece < pieces; piece++) {
      drawPiece(stroke, 2 * piece, radius * (1 + pressure * (piece / pieces - 0.5)), size, distances);
    }
  }
}

/** Draws the straight piece from `stroke[at]` to the next point, where its ink can reach. */
function drawPiece(stroke: Stroke, at: number, radius: number, size: number, distances: Float64Array): void {
  const x0 = stroke[at] as number;
  const y0 = stroke[at + 1] as number;
  const dx = (stroke[at + 2] as number) - x0;
  const dy = (stroke[at + 3] as number) - y0;
  const lengthSquared = dx * dx + dy * dy;
  const reach = radius + 1;
  const left = Math.max(0, Math.floor(Math.min(x0, x0 + dx) - reach));
  const right = Math.min(size - 1, Math.ceil(Math.max(x0, x0 + dx) + reach));
  const top = Math.max(0, Math.floor(Math.min(y0, y0 + dy) - reach));
  const bottom = Math.min(size - 1, Math.ceil(Math.max(y0, y0 + dy) + reach));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const x = column + 0.5 - x0;
      const y = row + 0.5 - y0;
      const along = lengthSquared > 0 ? Math.min(1, Math.max(0, (x * dx + y * dy) / lengthSquared)) : 0;
      const offX = x - along * dx;
      const offY = y - along * dy;
      const distance = Math.sqrt(offX * offX + offY * offY) - radius;
      const pixel = row * size + column;
      if (distance < (distances[pixel] as number)) distances[pixel] = distance;
    }
  }
}

/** Brightness of each pixel: the share of it under the ink, taking the edge of the ink as straight. */
function ink(distances: Float64Array, image: Uint8Array): void {
  for (let pixel = 0; pixel < image.length; pixel++) {
    const covered = Math.min(1, Math.max(0, 0.5 - (distances[pixel] as number)));
    image[pixel] = Math.floor(255 * covered + 0.5);
  }
}
