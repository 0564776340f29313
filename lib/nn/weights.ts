/** What layers with weights and a bias share. */

import { checkBoolean } from "../data/check.js";
import { OptionError, show } from "../errors.js";
import { type Shape, sameShape, showShape } from "../shape.js";
import { Variable } from "../tensor.js";
import { type GainOptions, type Initializer, kaimingUniform, splitSeed, uniform } from "./initializers.js";

/** Options of layers with weights and a bias. */
export interface WeightOptions extends GainOptions {
  /** Whether to add a bias (default true). */
  readonly bias?: boolean;
  /** Makes the weights, with the gain and the seed given (default `kaimingUniform`). */
  readonly initializer?: Initializer;
}

/** @internal The names of those options. */
export const WEIGHT_OPTIONS = ["bias", "initializer", "gain", "seed"] as const;

/**
 * @internal The variable `weight` that an initializer makes.
 *
 * @throws {OptionError} unless it is a function that makes a variable of the shape.
 */
export function initialised(op: string, initializer: Initializer, shape: Shape, options: GainOptions): Variable {
  if (typeof initializer !== "function") {
    throw new OptionError(`${op}: option "initializer" must be a function, got ${show(initializer)}`);
  }
  const weight: unknown = initializer("weight", shape, options);
  if (weight instanceof Variable && sameShape(weight.shape, shape)) return weight;
  const given = weight instanceof Variable ? showShape(weight.shape) : show(weight);
  throw new OptionError(`${op}: option "initializer" must make a variable ${showShape(shape)}, got ${given}`);
}

/**
 * @internal Weights `[out, in, …window]` as the options say, and a bias per output, uniform in ±1/√fanIn.
 *
 * @param outputs How many biases there are.
 * @throws {OptionError} for an option that is wrong.
 */
export function weightsAndBias(
  op: string,
  shape: Shape,
  outputs: number,
  options: WeightOptions,
): { weight: Variable; bias: Variable | undefined } {
  const { bias = true, initializer = kaimingUniform, gain } = options;
  const [weightSeed, biasSeed] = splitSeed(op, options.seed, 2);
  const weight = initialised(op, initializer, shape, { gain, seed: weightSeed });
  if (!checkBoolean(op, "bias", bias)) return { weight, bias: undefined };
  const fanIn = weight.size / (shape[0] as number);
  return { weight, bias: uniform("bias", [outputs], 1 / Math.sqrt(fanIn), { seed: biasSeed }) };
}
