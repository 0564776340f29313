/** Generated scenes: pictures of which every word that is said about them is known to be true. */

import { checkOptions } from "../errors.js";
import { MAX_SIZE } from "../shape.js";
import { checkInteger, checkSeed } from "./check.js";
import type { ImageSize } from "./labelled-images.js";
import { CHANNELS, type Colour, develop, paint, place } from "./painting.js";
import { Random } from "./random.js";
import { type Outline, outlines, SHAPE_NAMES } from "./shape-outlines.js";

/** Every colour of scenes. */
export const SCENE_COLOURS = ["red", "green", "blue", "yellow", "purple", "white"] as const;

/** A colour of a scene. */
export type SceneColour = (typeof SCENE_COLOURS)[number];

const COLOURS: Readonly<Record<SceneColour, Colour>> = {
  red: [205, 45, 45],
  green: [45, 165, 65],
  blue: [45, 75, 210],
  yellow: [225, 210, 55],
  purple: [150, 55, 170],
  white: [230, 230, 230],
};

/** Every shape of scenes. */
export const SCENE_SHAPES = ["circle", "triangle", "square", "cross", "star"] as const;

/** A shape of a scene. */
export type SceneShape = (typeof SCENE_SHAPES)[number];

/** What a picture shows: shapes that are all of one kind and colour. */
export interface Scene {
  /** How many shapes there are: 1, 2 or 3. */
  readonly number: number;
  readonly shape: SceneShape;
  readonly colour: SceneColour;
  /** The colour behind the shapes, another than theirs. */
  readonly ground: SceneColour;
}

/** Pictures and what they show. */
export interface Scenes extends ImageSize {
  /** Brightness 0–255, `[count, 3, size, size]`, row-major. */
  readonly images: Uint8Array;
  /** What each of them shows, `[count]`. */
  readonly scenes: readonly Scene[];
  readonly count: number;
}

/** Options of `generateScenes`. */
export interface ScenesOptions {
  /** How many pictures, up to 2³¹ − 1 bytes in all. */
  readonly count: number;
  /** A non-negative safe integer (default 0). Another seed gives entirely other pictures. */
  readonly seed?: number;
  /** Rows and columns of a picture, 8 to 256 (default 32). */
  readonly size?: number;
}

/** The most shapes of a scene; each has a quarter of the picture to itself. */
const MOST = 3;

/** How far each channel of a colour may be from what is usual. */
const SHADE = 22;

/**
 * Generates scenes: one to three shapes, tilted, stretched and of about the same size, each in another quarter of a ground of one
 * colour, with noise. 5 shapes, 6 colours, 5 other colours of the ground and 3 numbers make 450 different ones, all equally
 * likely. `captionOf` and `questionsAbout` put them into words.
 *
 * Picture `i` depends on `seed`, `size` and `i` only: a larger `count` extends a smaller one. The same seed gives the same
 * bytes everywhere.
 *
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function generateScenes(options: ScenesOptions): Scenes {
  const op = "generateScenes";
  checkOptions(op, options, ["count", "seed", "size"]);
  const size = checkInteger(op, "size", options.size ?? 32, 8, 256);
  const imageSize = CHANNELS * size * size;
  const count = checkInteger(op, "count", options.count, 0, Math.floor(MAX_SIZE / imageSize));
  const seed = checkSeed(op, options.seed ?? 0);

  const images = new Uint8Array(count * imageSize);
  const canvas = new Float64Array(imageSize);
  const scenes = Array.from({ length: count }, (_, i) => {
    const random = new Random(seed, i);
    const scene = drawScene(random);
    paintScene(canvas, size, scene, random);
    develop(canvas, random, images.subarray(i * imageSize, (i + 1) * imageSize));
    return scene;
  });
  return { images, scenes, count, channels: CHANNELS, rows: size, columns: size };
}

function drawScene(random: Random): Scene {
  const colour = random.below(SCENE_COLOURS.length);
  const ground = (colour + 1 + random.below(SCENE_COLOURS.length - 1)) % SCENE_COLOURS.length;
  return {
    number: 1 + random.below(MOST),
    shape: SCENE_SHAPES[random.below(SCENE_SHAPES.length)] as SceneShape,
    colour: SCENE_COLOURS[colour] as SceneColour,
    ground: SCENE_COLOURS[ground] as SceneColour,
  };
}

function paintScene(canvas: Float64Array, size: number, { number, shape, colour, ground }: Scene, random: Random) {
  const area = size * size;
  for (const [c, value] of shade(ground, random).entries()) canvas.fill(value, c * area, (c + 1) * area);
  const outline = outlines[SHAPE_NAMES.indexOf(shape)] as Outline;
  const shaded = shade(colour, random);
  const quarters = Int32Array.of(0, 1, 2, 3);
  random.shuffle(quarters);
  for (const quarter of quarters.subarray(0, number)) {
    const middle = (i: number) => size * (0.25 + 0.5 * i + random.uniform(-0.03, 0.03));
    const [x, y] = [middle(quarter % 2), middle(quarter >> 1)];
    const scale = size * random.uniform(0.18, 0.22);
    const placement = { x, y, scale, stretch: random.uniform(0.9, 1.1), tilt: 0.08 * random.bell() };
    paint(canvas, size, place(outline, placement), shaded);
  }
}

function shade(colour: SceneColour, random: Random): Colour {
  const [red, green, blue] = COLOURS[colour];
  const vary = (value: number) => value + random.uniform(-SHADE, SHADE);
  return [vary(red), vary(green), vary(blue)];
}
