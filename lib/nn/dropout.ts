/** Layers that leave out something at random while training, and nothing in evaluation. */

import { checkSeed } from "../data/check.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { bernoulli, dropout, mul, type SeedOptions, where } from "../ops/index.js";
import { checkFloat, checkTensor } from "../ops/operands.js";
import { showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** @internal @throws {OptionError} unless the rate is a number in [0, 1). */
export function checkRate(op: string, option: string, rate: unknown): number {
  if (typeof rate === "number" && rate >= 0 && rate < 1) return rate;
  throw new OptionError(`${op}: option "${option}" must be in [0, 1), got ${show(rate)}`);
}

function checkDraws(op: string, rate: unknown, options: SeedOptions): { rate: number; seed: number | undefined } {
  checkOptions(op, options, ["seed"]);
  const { seed } = options;
  return { rate: checkRate(op, "rate", rate), seed: seed === undefined ? undefined : checkSeed(op, seed) };
}

/**
 * Dropout: while training each element is 0 with probability `rate` and divided by 1 − rate otherwise, so that its
 * expectation stays; x itself in evaluation. Floats of any shape.
 *
 * Every call draws anew, of a compiled function too, but with the option `seed`: then all calls leave out the same.
 */
export class Dropout extends Module {
  private readonly options: { readonly rate: number; readonly seed: number | undefined };

  /**
   * @param rate In [0, 1) (default 0.5).
   * @throws {OptionError} for a rate out of range and an unknown option.
   */
  constructor(rate = 0.5, options: SeedOptions = {}) {
    super();
    this.options = checkDraws("Dropout", rate, options);
  }

  /** @throws {DTypeError} when x is not float. */
  forward(x: Tensor): Tensor {
    checkFloat("Dropout", checkTensor("Dropout", x, "x"));
    return this.training ? dropout(x, this.options) : x;
  }
}

/**
 * Stochastic depth, also called drop path: while training the whole example is 0 with probability `rate` and divided by
 * 1 − rate otherwise; x itself in evaluation. `[n, …]` → the same, float. At the end of a residual branch it skips
 * the branch: x + stochasticDepth(branch(x)).
 *
 * G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger, "Deep networks with stochastic depth", 2016.
 */
export class StochasticDepth extends Module {
  private readonly rate: number;
  private readonly seed: number | undefined;

  /**
   * @param rate In [0, 1).
   * @throws {OptionError} for a rate out of range and an unknown option.
   */
  constructor(rate: number, options: SeedOptions = {}) {
    super();
    ({ rate: this.rate, seed: this.seed } = checkDraws("StochasticDepth", rate, options));
  }

  /**
   * @throws {ShapeError} for a scalar, which holds no examples.
   * @throws {DTypeError} when x is not float.
   */
  forward(x: Tensor): Tensor {
    checkFloat("StochasticDepth", checkTensor("StochasticDepth", x, "x"));
    if (x.rank === 0) throw new ShapeError(`StochasticDepth: x must have examples [n, …], got ${showShape(x.shape)}`);
    if (!this.training || this.rate === 0) return x;
    const shape = x.shape.map((length, axis) => (axis === 0 ? length : 1));
    const kept = bernoulli(shape, { probability: 1 - this.rate, seed: this.seed });
    return where(kept, mul(x, 1 / (1 - this.rate)), 0);
  }
}
