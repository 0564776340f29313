/** Bags of visual words, and spatial pyramids of them. */

import { checkInteger, checkSeed } from "../data/check.js";
import { Random } from "../data/index.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { add, concat, gather, reshape, scatterAdd, tensor, tile, zeros } from "../ops/index.js";
import { checkShape, MAX_SIZE, showShape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { chunksOf } from "./distances.js";
import { Transform } from "./estimator.js";
import { KMeans, nearestCenter } from "./k-means.js";

/** Options of `VisualWords`. */
export interface VisualWordsOptions {
  /** Of an image: channels, rows and columns. */
  readonly shape: readonly [channels: number, rows: number, columns: number];
  /** How many words there are (default 100). */
  readonly words?: number;
  /** Rows and columns of a patch (default 6). */
  readonly patch?: number;
  /** Rows and columns from one patch to the next (default 2). */
  readonly stride?: number;
  /** Levels of the spatial pyramid (default 1: one bag for the whole image). */
  readonly levels?: number;
  /** How many patches, drawn at random, the words are learned from (default 10,000). */
  readonly samples?: number;
  /** Seed of the patches drawn and of k-means (default 0). */
  readonly seed?: number;
}

/**
 * A bag of visual words: an image is described by how often each of some words occurs in it, wherever. Its patches are
 * the words that are written, and the centres that k-means finds among the patches of many images are those of the
 * dictionary; a patch counts as the nearest one. The features of an image are shares of its patches, and add up to 1.
 *
 * With levels, a spatial pyramid: level l has a bag for each of 2^l × 2^l parts of the image, so that it also counts roughly
 * where a word occurs. With L + 1 levels, level 0 has weight 2^−L and others 2^(l−L−1) (S. Lazebnik, C. Schmid and J. Ponce,
 * "Beyond bags of features", 2006). The features are words·(4^levels − 1)/3, level by level, part by part.
 */
export class VisualWords extends Transform {
  readonly #options: Required<VisualWordsOptions>;
  /** Where each patch has its elements in an image, int32 `[patches, c·patch·patch]`. */
  readonly #patches: Tensor;
  #dictionary: Tensor | undefined;

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: VisualWordsOptions) {
    super();
    const op = "VisualWords";
    checkOptions(op, options, ["shape", "words", "patch", "stride", "levels", "samples", "seed"]);
    const { shape, words = 100, patch = 6, stride = 2, levels = 1, samples = 10_000, seed = 0 } = options;
    if (
      !Array.isArray(shape) ||
      shape.length !== 3 ||
      !shape.every((length) => Number.isInteger(length) && length > 0)
    ) {
      throw new OptionError(`${op}: option "shape" must be [channels, rows, columns], got ${show(shape)}`);
    }
    checkShape(op, shape);
    checkInteger(op, "words", words, 1, MAX_SIZE);
    checkInteger(op, "patch", patch, 1, Math.min(shape[1], shape[2]));
    checkInteger(op, "stride", stride, 1, MAX_SIZE);
    checkInteger(op, "levels", levels, 1, 8);
    checkInteger(op, "samples", samples, words, MAX_SIZE);
    this.#options = { shape, words, patch, stride, levels, samples, seed: checkSeed(op, seed) };
    this.#patches = patchesOf(this.#options);
  }

  /** The words, patches `[words, c, patch, patch]`, float32. @throws {OptionError} before `fit`. */
  get words(): Tensor {
    const { shape, patch } = this.#options;
    return reshape(this.learned(this.#dictionary), [-1, shape[0], patch, patch]);
  }

  protected override learn(x: Tensor): void {
    const [count, features] = x.shape as [number, number];
    const { shape, words, samples, seed } = this.#options;
    if (features !== sizeOf(shape)) {
      throw new ShapeError(`VisualWords.fit: images have ${features} features; expected ${showShape(shape)}`);
    }
    const [patches, size] = this.#patches.shape as [number, number];
    const wanted = Math.min(samples, count * patches);
    if (wanted < words)
      throw new OptionError(`VisualWords.fit: ${words} words of ${wanted} patches; expected at most as many`);
    const random = new Random(seed);
    const where = this.#patches.dataSync();
    const elements = new Int32Array(wanted * size);
    for (let i = 0; i < wanted; i++) {
      const [image, patch] = [random.below(count), random.below(patches)];
      for (let j = 0; j < size; j++) elements[i * size + j] = image * features + (where[patch * size + j] as number);
    }
    const drawn = gather(reshape(x, [-1]), tensor(elements, { shape: [wanted, size] }));
    this.#dictionary = new KMeans({ clusters: words, seed }).fit(drawn).centers;
  }

  protected override describe(x: Tensor): Tensor {
    const [patches, size] = this.#patches.shape as [number, number];
    const { levels, words } = this.#options;
    const { offsets, weights, cells } = pyramidOf(this.#options);
    const parts = [...chunksOf(x, patches * size)].map(([, images]) => {
      const count = images.shape[0] as number;
      const written = reshape(gather(images, this.#patches, { axis: 1 }), [count * patches, size]).realize();
      const found = reshape(nearestCenter(written, this.learned(this.#dictionary)), [count, patches]);
      const places = add(tile(found, [1, levels]), offsets);
      return scatterAdd(zeros([count, cells * words]), places, weights, { axis: 1 }).realize();
    });
    return parts.length === 0 ? zeros([0, cells * words]) : concat(parts);
  }
}

/** How many patches lie along an axis. */
function patchesAlong(length: number, { patch, stride }: Required<VisualWordsOptions>): number {
  return Math.floor((length - patch) / stride) + 1;
}

/** Where each patch has its elements in an image `[c, h, w]`: `[patches, c·patch·patch]`. */
function patchesOf(options: Required<VisualWordsOptions>): Tensor {
  const { shape, patch, stride } = options;
  const [channels, rows, columns] = shape;
  const size = channels * patch * patch;
  const patches = patchesAlong(rows, options) * patchesAlong(columns, options);
  const positions = new Int32Array(sizeOf(checkShape("VisualWords", [patches, size])));
  let at = 0;
  for (let row = 0; row + patch <= rows; row += stride) {
    for (let column = 0; column + patch <= columns; column += stride) {
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < patch; i++) {
          for (let j = 0; j < patch; j++) positions[at++] = (c * rows + row + i) * columns + column + j;
        }
      }
    }
  }
  return tensor(positions, { shape: [patches, size] });
}

/** For each level and patch: where the bag of its part of the image begins, and what it counts. */
function pyramidOf(options: Required<VisualWordsOptions>) {
  const { shape, levels, words } = options;
  const [rows, columns] = [patchesAlong(shape[1], options), patchesAlong(shape[2], options)];
  const [offsets, weights]: [number[], number[]] = [[], []];
  let cells = 0;
  for (let level = 0; level < levels; level++) {
    const parts = 2 ** level;
    const weight = 2 ** (Math.max(level, 1) - levels);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const part = Math.floor((row * parts) / rows) * parts + Math.floor((column * parts) / columns);
        offsets.push((cells + part) * words);
        weights.push(weight / (rows * columns));
      }
    }
    cells += parts ** 2;
  }
  return { offsets: tensor(Int32Array.from(offsets)), weights: tensor(Float32Array.from(weights)), cells };
}
