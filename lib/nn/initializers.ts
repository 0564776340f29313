/** What parameters start with. */

import { checkSeed } from "../data/check.js";
import { Random } from "../data/index.js";
import { checkOptions, OptionError, show } from "../errors.js";
import { randomUniform, type SeedOptions } from "../ops/index.js";
import type { Shape } from "../shape.js";
import { type Variable, variable } from "../tensor.js";

/** Options of `kaimingUniform`. */
export interface KaimingOptions extends SeedOptions {
  /**
   * What makes up for the activation that follows, a number > 0: √2 for a ReLU, 4 for a sigmoid, whose slope is ¼ at
   * most. Default 1/√3 as in PyTorch's layers, which gives bounds of 1/√fanIn.
   */
  readonly gain?: number;
}

/**
 * Kaiming He's uniform initialisation: a variable with values in ±gain·√(3/fanIn), that is of variance gain²/fanIn,
 * which keeps the signal's variance from layer to layer.
 *
 * @param shape `[out, in, …]`: fanIn, the inputs of one output, is the product of all but the first.
 * @throws {OptionError} unless there are inputs and the gain is a finite number > 0.
 */
export function kaimingUniform(name: string, shape: Shape, options: KaimingOptions = {}): Variable {
  checkOptions("kaimingUniform", options, ["gain", "seed"]);
  const { gain = 1 / Math.sqrt(3), seed } = options;
  if (!(Number.isFinite(gain) && gain > 0)) {
    throw new OptionError(`kaimingUniform: option "gain" must be a number > 0, got ${show(gain)}`);
  }
  const fanIn = shape.slice(1).reduce((product, length) => product * length, 1);
  if (fanIn === 0) throw new OptionError(`kaimingUniform: no inputs: ${show(shape)}`);
  return uniform(name, shape, gain * Math.sqrt(3 / fanIn), { seed });
}

/** A variable with values uniform in ±bound. */
export function uniform(name: string, shape: Shape, bound: number, options: SeedOptions = {}): Variable {
  checkOptions("uniform", options, ["seed"]);
  const values = randomUniform(shape, { low: -bound, high: bound, seed: options.seed });
  return variable(values, { name });
}

/**
 * Seeds for the parts of a model, each its own; all undefined where there is none to start from.
 *
 * @throws {OptionError} unless the seed is undefined or an integer in [0, 2⁵³).
 */
export function splitSeed(op: string, seed: number | undefined, count: number): (number | undefined)[] {
  const random = seed === undefined ? undefined : new Random(checkSeed(op, seed));
  return Array.from({ length: count }, () => random?.uint32());
}
