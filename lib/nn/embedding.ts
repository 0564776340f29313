/** Vectors for words. */

import { checkInteger } from "../data/check.js";
import { checkOptions } from "../errors.js";
import { arange, cast, equal, expandDims, gather, type SeedOptions, stopGradient, where } from "../ops/index.js";
import { checkCount } from "../ops/window.js";
import type { Tensor, Variable } from "../tensor.js";
import { type Initializer, normal } from "./initializers.js";
import { Module } from "./module.js";
import { initialised } from "./weights.js";

/** Options of `Embedding`. */
export interface EmbeddingOptions extends SeedOptions {
  /** Makes the vectors, with the seed given (default: normal with mean 0 and variance 1). */
  readonly initializer?: Initializer;
  /** Index of what only fills sequences up: its vector starts as zeros and is not trained (default: none). */
  readonly paddingIndex?: number;
}

/** A vector for each of some words: indices `[…]`, int32 or uint8 in [0, words) → `[…, features]`, float32. */
export class Embedding extends Module {
  /** The vectors: `[words, features]`. */
  readonly weight: Variable;
  private readonly paddingIndex: number | undefined;

  /**
   * @throws {OptionError} for sizes that are no positive integers, options that are unknown or wrong, and an index of padding
   *   that is none of the words.
   */
  constructor(words: number, features: number, options: EmbeddingOptions = {}) {
    super();
    checkOptions("Embedding", options, ["initializer", "paddingIndex", "seed"]);
    const { initializer = (name, shape, { seed }) => normal(name, shape, 1, { seed }), seed } = options;
    const shape = [checkCount("Embedding", "words", words), checkCount("Embedding", "features", features)];
    this.weight = initialised("Embedding", initializer, shape, { seed });
    if (options.paddingIndex === undefined) return;
    this.paddingIndex = checkInteger("Embedding", "paddingIndex", options.paddingIndex, 0, words - 1);
    const isPadding = expandDims(equal(arange(words, { dtype: "int32" }), this.paddingIndex), 1);
    this.weight.assign(where(isPadding, 0, this.weight));
  }

  /**
   * @throws {DTypeError} unless the indices are int32 or uint8.
   * @throws {IndexError} when it is computed and an index is out of range.
   */
  forward(indices: Tensor): Tensor {
    const vectors = gather(this.weight, indices);
    if (this.paddingIndex === undefined) return vectors;
    return where(expandDims(equal(cast(indices, "int32"), this.paddingIndex), -1), stopGradient(vectors), vectors);
  }
}
