/** Points in two classes that no line separates: the hard cases of a linear classifier. */

import { checkOptions, nearest, OptionError, show } from "../errors.js";
import { checkInteger, checkSeed } from "./check.js";
import { Random } from "./random.js";

/** Points with a class each. */
export interface LabelledPoints {
  /** `[count, features]`, row-major. */
  readonly points: Float32Array;
  /** Class of each point, in `[0, classes)`, `[count]`. */
  readonly labels: Uint8Array;
  readonly count: number;
  readonly features: number;
  readonly classes: number;
}

/** Options of `generateHardCase`. */
export interface HardCaseOptions {
  /** How many points, up to 2²⁴. */
  readonly count: number;
  /** A non-negative safe integer (default 0). */
  readonly seed?: number;
}

/** Names of the hard cases; see `generateHardCase`. */
export type HardCaseName = "xor" | "ring" | "modes" | "discs" | "parity";

/** Whether a point lies in a region. */
type Region = (point: readonly number[]) => boolean;

/** Where the points of a case lie, and which class they are of. */
interface HardCase {
  readonly features: number;
  /** One of the points that may occur. */
  draw(random: Random): number[];
  /** The regions of class 0 and of class 1; each of a class has as many of its points. */
  readonly regions: readonly [readonly Region[], readonly Region[]];
}

/** A case in a square around 0. */
function plane(halfSide: number, ...regions: HardCase["regions"]): HardCase {
  const draw = (random: Random) => [random.uniform(-halfSide, halfSide), random.uniform(-halfSide, halfSide)];
  return { features: 2, draw, regions };
}

/** Points no nearer to (a, b) than `inner` and nearer than `outer`. Squares of distances will do: no roots. */
function ring(inner: number, outer: number, a = 0, b = 0): Region {
  return ([x, y]) => {
    const square = ((x as number) - a) ** 2 + ((y as number) - b) ** 2;
    return square >= inner ** 2 && square < outer ** 2;
  };
}

function quadrant(right: boolean, upper: boolean): Region {
  return ([x, y]) => (x as number) > 0 === right && (y as number) > 0 === upper;
}

const modes = [ring(0, 0.5, 0, 1.2), ring(0, 0.5, -1.1, -0.7), ring(0, 0.5, 1.1, -0.7)];

/** Pixels of the images of which the parity is asked. */
const PIXELS = 9;

const lit = (pixels: readonly number[]) => pixels.filter((pixel) => pixel > 0).length;

const cases: Readonly<Record<HardCaseName, HardCase>> = {
  xor: plane(1, [quadrant(false, true), quadrant(true, false)], [quadrant(true, true), quadrant(false, false)]),
  ring: plane(3, [ring(0, 1), ring(2, 3)], [ring(1, 2)]),
  modes: plane(2, [(point) => !modes.some((mode) => mode(point))], modes),
  discs: plane(3, [ring(2, 3)], [ring(0, 1)]),
  parity: {
    features: PIXELS,
    draw: (random) => Array.from({ length: PIXELS }, () => random.below(2)),
    regions: [[(pixels) => lit(pixels) % 2 === 0], [(pixels) => lit(pixels) % 2 === 1]],
  },
};

/**
 * Generates points of a hard case, as many of one class as of the other, by turns 0, 1, 0, 1, …
 *
 * | name | class 1 | class 0 |
 * | --- | --- | --- |
 * | `"xor"` | first and third quadrant of the square within ±1 | second and fourth |
 * | `"ring"` | the ring 1 ≤ ‖x‖₂ < 2 | inside of it and, as often, outside: 2 ≤ ‖x‖₂ < 3 |
 * | `"modes"` | three discs of radius ½ around 0 | everything else within ±2 |
 * | `"discs"` | the disc ‖x‖₂ < 1 | the ring 2 ≤ ‖x‖₂ < 3 |
 * | `"parity"` | images of 3 × 3 pixels, 0 or 1, of which an odd number is > 0 | an even number |
 *
 * Points are uniform in each region. Point `i` depends on the name, the seed and `i` only: a larger `count`
 * extends a smaller one.
 *
 * @throws {OptionError} for a name or an option that is unknown or out of range.
 */
export function generateHardCase(name: HardCaseName, options: HardCaseOptions): LabelledPoints {
  const op = "generateHardCase";
  if (!Object.hasOwn(cases, name)) {
    const near = typeof name === "string" ? nearest(name, Object.keys(cases)) : undefined;
    const hint = near === undefined ? `known: ${Object.keys(cases).join(", ")}` : `did you mean "${near}"?`;
    throw new OptionError(`${op}: unknown case ${show(name)}; ${hint}`);
  }
  checkOptions(op, options, ["count", "seed"]);
  const count = checkInteger(op, "count", options.count, 0, 2 ** 24);
  const seed = checkSeed(op, options.seed ?? 0);
  const { features, draw, regions } = cases[name];
  const points = new Float32Array(count * features);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  for (const [i, label] of labels.entries()) {
    const random = new Random(seed, i);
    const ofClass = regions[label] as readonly Region[];
    const region = ofClass[random.below(ofClass.length)] as Region;
    let point = draw(random);
    while (!region(point)) point = draw(random);
    points.set(point, i * features);
  }
  return { points, labels, count, features, classes: 2 };
}
