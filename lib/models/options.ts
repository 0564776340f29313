/** What the models of images share. */

import { checkSeed } from "../data/check.js";
import { Random } from "../data/index.js";
import { checkOptions } from "../errors.js";
import type { Initializer } from "../nn/index.js";
import type { SeedOptions } from "../ops/index.js";
import { checkCount } from "../ops/window.js";

/** Options of classifiers of images. */
export interface ClassifierOptions extends SeedOptions {
  /** How many classes there are (default 1000, those of ImageNet; 10 for models of CIFAR-10 and MNIST). */
  readonly classes?: number;
}

/** Options of classifiers that end in large linear layers. */
export interface LinearHeadOptions extends ClassifierOptions {
  /** Outputs of the hidden linear layers (default 4096). */
  readonly hidden?: number;
  /** Share of the hidden outputs that dropout leaves out while training, in [0, 1) (default 0.5). */
  readonly dropRate?: number;
  /** What all weights start with (default: each layer's own way). */
  readonly initializer?: Initializer;
}

/** The number of classes, checked together with the names of the options. */
export function checkClasses(
  op: string,
  options: ClassifierOptions,
  known: readonly string[] = [],
  classes = 1000,
): number {
  checkOptions(op, options, ["classes", "seed", ...known]);
  return checkCount(op, "classes", options.classes ?? classes);
}

/** A function that gives every layer a seed of its own; undefined where there is none to start from. */
export function seedsOf(op: string, seed: number | undefined): () => number | undefined {
  const random = seed === undefined ? undefined : new Random(checkSeed(op, seed));
  return () => random?.uint32();
}
