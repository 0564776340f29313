/** What parameters start with. */

import { checkSeed } from "../data/check.js";
import { Random } from "../data/index.js";
import { checkOptions, OptionError, show } from "../errors.js";
import { randomUniform, type SeedOptions, variable } from "../ops/index.js";
import type { Shape } from "../shape.js";
import type { Variable } from "../tensor.js";

/** Options of `kaimingUniform`. */
export interface KaimingOptions extends SeedOptions {
  /**
   * Slope a of the leaky ReLU that follows (default √5, as in PyTorch's layers, which gives bounds of 1/√fanIn).
   * 0 for a ReLU.
   */
  readonly slope?: number;
}

/**
 * Kaiming He's uniform initialisation: a variable with values in ±√(6 / ((1 + a²)·fanIn)), whose variance keeps
 * the signal's from layer to layer under a leaky ReLU of slope a.
 *
 * @param shape `[out, in, …]`: fanIn, the inputs of one output, is the product of all but the first.
 * @throws {OptionError} unless there are inputs and the slope is finite.
 */
export function kaimingUniform(name: string, shape: Shape, options: KaimingOptions = {}): Variable {
  checkOptions("kaimingUniform", options, ["slope", "seed"]);
  const { slope = Math.sqrt(5), seed } = options;
  if (!Number.isFinite(slope)) {
    throw new OptionError(`kaimingUniform: option "slope" must be a finite number, got ${show(slope)}`);
  }
  const fanIn = shape.slice(1).reduce((product, length) => product * length, 1);
  if (fanIn === 0) throw new OptionError(`kaimingUniform: no inputs: ${show(shape)}`);
  return uniform(name, shape, Math.sqrt(6 / ((1 + slope ** 2) * fanIn)), { seed });
}

/** A variable with values uniform in ±bound. */
export function uniform(name: string, shape: Shape, bound: number, options: SeedOptions = {}): Variable {
  checkOptions("uniform", options, ["seed"]);
  const values = randomUniform(shape, { low: -bound, high: bound, seed: options.seed });
  return variable(values.dataSync(), { name, shape });
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
