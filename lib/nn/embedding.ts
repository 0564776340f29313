/** Vectors for words. */

import { checkOptions } from "../errors.js";
import { gather, type SeedOptions } from "../ops/index.js";
import { checkCount } from "../ops/window.js";
import type { Tensor, Variable } from "../tensor.js";
import { type Initializer, normal } from "./initializers.js";
import { Module } from "./module.js";
import { initialised } from "./weights.js";

/** Options of `Embedding`. */
export interface EmbeddingOptions extends SeedOptions {
  /** Makes the vectors, with the seed given (default: normal with mean 0 and variance 1). */
  readonly initializer?: Initializer;
}

/** A vector for each of some words: indices `[…]`, int32 or uint8 in [0, words) → `[…, features]`, float32. */
export class Embedding extends Module {
  /** The vectors: `[words, features]`. */
  readonly weight: Variable;

  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(words: number, features: number, options: EmbeddingOptions = {}) {
    super();
    checkOptions("Embedding", options, ["initializer", "seed"]);
    const { initializer = (name, shape, { seed }) => normal(name, shape, 1, { seed }), seed } = options;
    const shape = [checkCount("Embedding", "words", words), checkCount("Embedding", "features", features)];
    this.weight = initialised("Embedding", initializer, shape, { seed });
  }

  /**
   * @throws {DTypeError} unless the indices are int32 or uint8.
   * @throws {IndexError} when it is computed and an index is out of range.
   */
  forward(indices: Tensor): Tensor {
    return gather(this.weight, indices);
  }
}
