/** Examples set apart: to learn from, to choose by, to be tested on. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { MAX_SIZE } from "../shape.js";
import { checkIndices, checkInteger, checkSeed } from "./check.js";
import { checkLabelledImages, type LabelledImages, type Labels } from "./labelled-images.js";
import { Random } from "./random.js";

/** Options of `splitIndices`. */
export interface SplitIndicesOptions {
  /** Seed of which examples go where, a non-negative safe integer (default 0). */
  seed?: number;
  /** Class of each example: every part then gets its share of every class, up to rounding (default: not looked at). */
  stratify?: Labels;
}

/**
 * Divides examples among parts at random: `splitIndices(1000, [0.8, 0.1, 0.1])` gives the 800 to train on, the 100 to
 * validate on and the 100 to test on. Every example is in at most one part; shares that add up to less than 1 leave
 * some out.
 *
 * @param count Number of examples.
 * @param shares Share of each part, in [0, 1], at most 1 together.
 * @returns The indices of each part, in random order.
 * @throws {OptionError} for a count, shares or options out of range.
 * @throws {ShapeError} unless there is a class for each example.
 */
export function splitIndices(
  count: number,
  shares: readonly number[],
  options: SplitIndicesOptions = {},
): Int32Array[] {
  const op = "splitIndices";
  checkOptions(op, options, ["seed", "stratify"]);
  checkInteger(op, "count", count, 0, MAX_SIZE);
  const random = new Random(checkSeed(op, options.seed ?? 0));
  const { stratify } = options;
  if (stratify !== undefined && stratify.length !== count) {
    throw new ShapeError(`${op}: lengths differ: ${count} examples, ${stratify.length} classes`);
  }
  const ends = endsOf(op, shares);
  const parts: number[][] = shares.map(() => []);
  for (const group of groupsOf(count, stratify)) {
    random.shuffle(group);
    ends.forEach((end, part) => {
      const from = Math.round(group.length * (ends[part - 1] ?? 0));
      parts[part]?.push(...group.subarray(from, Math.round(group.length * end)));
    });
  }
  return parts.map((part) => {
    const indices = Int32Array.from(part);
    random.shuffle(indices);
    return indices;
  });
}

/** Where each part ends, as a share of all. */
function endsOf(op: string, shares: readonly number[]): number[] {
  if (!Array.isArray(shares) || ![...shares].every((share) => typeof share === "number")) {
    throw new OptionError(`${op}: shares must be a list of numbers, got ${show(shares)}`);
  }
  let end = 0;
  const ends = shares.map((share) => {
    end += share;
    return end;
  });
  // Sums of decimal fractions miss 1 by some roundings.
  if (shares.length > 0 && shares.every((share) => share >= 0) && end <= 1 + 1e-9) {
    return ends.map((value) => Math.min(1, value));
  }
  throw new OptionError(`${op}: shares must be numbers ≥ 0 that add up to at most 1, got ${show(shares)}`);
}

/** The examples of each class, or all of them. */
function groupsOf(count: number, labels: Labels | undefined): Int32Array[] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const label = labels?.[i] ?? 0;
    const group = groups.get(label);
    if (group) group.push(i);
    else groups.set(label, [i]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => Int32Array.from(group));
}

/**
 * Some images of a set, copied, in the order of the indices.
 *
 * @throws {IndexError} when there is no image of an index.
 * @throws {OptionError} for what are no images or no indices.
 */
export function takeImages(images: LabelledImages, indices: Int32Array): LabelledImages {
  const op = "takeImages";
  checkLabelledImages(op, images);
  checkIndices(op, indices, images.count);
  const size = images.channels * images.rows * images.columns;
  const taken = new Uint8Array(indices.length * size);
  indices.forEach((index, i) => {
    taken.set(images.images.subarray(index * size, (index + 1) * size), i * size);
  });
  const labels = images.labels.slice(0, indices.length);
  indices.forEach((index, i) => {
    labels[i] = images.labels[index] as number;
  });
  return { ...images, images: taken, labels, count: indices.length };
}

/**
 * Divides a set of images at random, every part with its share of every class:
 * `const [train, validation] = splitImages(images, [0.9, 0.1])`.
 *
 * @param seed A non-negative safe integer (default 0).
 * @throws {OptionError} for shares or a seed out of range.
 */
export function splitImages(images: LabelledImages, shares: readonly number[], seed = 0): LabelledImages[] {
  checkLabelledImages("splitImages", images);
  const parts = splitIndices(images.count, shares, { seed, stratify: images.labels });
  return parts.map((indices) => takeImages(images, indices));
}
