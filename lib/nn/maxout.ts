/** Maxout: an activation that is learned. */

import { checkOptions } from "../errors.js";
import { max, reshape } from "../ops/index.js";
import { checkCount } from "../ops/window.js";
import type { Tensor } from "../tensor.js";
import { Linear } from "./linear.js";
import { Module } from "./module.js";
import { WEIGHT_OPTIONS, type WeightOptions } from "./weights.js";

/**
 * The maximum of several linear functions for each output, max(w₁ᵀx + b₁, w₂ᵀx + b₂, …): `[…, inputs]` → `[…, outputs]`,
 * float32. NaN where one of them is.
 *
 * I. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville, Y. Bengio, "Maxout networks", 2013.
 */
export class Maxout extends Module {
  /** All functions: row `outputs·i + o` of its weights is function i of output o. */
  readonly linear: Linear;
  private readonly outputs: number;
  private readonly pieces: number;

  /**
   * @param options Those of `Linear`, and `pieces`: the number of functions per output (default 2).
   * @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong.
   */
  constructor(inputs: number, outputs: number, options: WeightOptions & { readonly pieces?: number } = {}) {
    super();
    checkOptions("Maxout", options, ["pieces", ...WEIGHT_OPTIONS]);
    const { pieces = 2, ...weights } = options;
    this.outputs = checkCount("Maxout", "outputs", outputs);
    this.pieces = checkCount("Maxout", "pieces", pieces);
    this.linear = new Linear(checkCount("Maxout", "inputs", inputs), outputs * pieces, weights);
  }

  /** @throws {ShapeError} when the last axis of x is not as long as there are inputs. */
  forward(x: Tensor): Tensor {
    const all = this.linear.forward(x);
    return max(reshape(all, [...x.shape.slice(0, -1), this.pieces, this.outputs]), { axes: -2 });
  }
}
