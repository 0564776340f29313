/** What parameters start with. */

import { checkInteger, checkSeed } from "../data/check.js";
import { Random } from "../data/index.js";
import { checkOptions, OptionError, show } from "../errors.js";
import { randomNormal, randomUniform, type SeedOptions } from "../ops/index.js";
import { checkShape, type Shape, sizeOf } from "../shape.js";
import { computedVariable, type Variable } from "../tensor.js";

/**
 * Makes a parameter: what layers take as their option `initializer`. `xavierNormal` and its kin are such functions;
 * others are made from them:
 *
 * ```ts
 * const small: Initializer = (name, shape, { seed }) => normal(name, shape, 0.01, { seed });
 * new Linear(3072, 10, { initializer: small });
 * ```
 */
export type Initializer = (name: string, shape: Shape, options: GainOptions) => Variable;

/** Options of an initialisation that looks at the size of a layer. */
export interface GainOptions extends SeedOptions {
  /**
   * What makes up for the activation that follows, a number > 0: √2 for a ReLU, 5/3 for a tanh, 4 for a sigmoid, whose
   * slope is ¼ at most, and 1 for none.
   */
  readonly gain?: number;
}

/** Options of `kaimingUniform` and `kaimingNormal`. */
export interface KaimingOptions extends GainOptions {
  /**
   * Whose variance to keep: that of signals on their way forward (`"fanIn"`, the default), or of gradients on their way
   * back (`"fanOut"`).
   */
  readonly mode?: "fanIn" | "fanOut";
}

/**
 * How many inputs an output has, and how many outputs an input.
 *
 * @param shape Of weights `[out, in, …window]`.
 */
function fans(op: string, shape: Shape): { fanIn: number; fanOut: number } {
  checkShape(op, shape);
  if (shape.length < 2)
    throw new OptionError(`${op}: weights must have at least 2 axes [out, in, …], got ${show(shape)}`);
  const [outputs, inputs, ...window] = shape as [number, number, ...number[]];
  const taps = sizeOf(window);
  if (inputs * outputs * taps === 0) throw new OptionError(`${op}: no inputs or outputs: ${show(shape)}`);
  return { fanIn: inputs * taps, fanOut: outputs * taps };
}

function checkGain(op: string, gain: number): number {
  if (Number.isFinite(gain) && gain > 0) return gain;
  throw new OptionError(`${op}: option "gain" must be a number > 0, got ${show(gain)}`);
}

/** The standard deviation that Kaiming initialisation asks for. */
function kaimingStd(op: string, shape: Shape, options: KaimingOptions, usual: number): number {
  checkOptions(op, options, ["gain", "mode", "seed"]);
  const { gain = usual, mode = "fanIn" } = options;
  if (mode !== "fanIn" && mode !== "fanOut") {
    throw new OptionError(`${op}: option "mode" must be "fanIn" or "fanOut", got ${show(mode)}`);
  }
  return checkGain(op, gain) / Math.sqrt(fans(op, shape)[mode]);
}

/**
 * Kaiming He's uniform initialisation: a variable with values in ±gain·√(3/fan), that is of variance gain²/fan,
 * which keeps the signal's variance from layer to layer.
 *
 * K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", 2015.
 *
 * @param shape `[out, in, …window]`: fanIn, the inputs of one output, is the product of all but the first length.
 * @param options The gain is 1/√3 by default, as in PyTorch's layers, which gives bounds of 1/√fanIn.
 * @throws {OptionError} unless there are inputs and outputs and the gain is a finite number > 0.
 */
export function kaimingUniform(name: string, shape: Shape, options: KaimingOptions = {}): Variable {
  const std = kaimingStd("kaimingUniform", shape, options, 1 / Math.sqrt(3));
  return uniform(name, shape, std * Math.sqrt(3), { seed: options.seed });
}

/**
 * Kaiming He's normal initialisation: mean 0, variance gain²/fan.
 *
 * @param options The gain is √2 by default, for a ReLU.
 * @throws as `kaimingUniform`.
 */
export function kaimingNormal(name: string, shape: Shape, options: KaimingOptions = {}): Variable {
  const std = kaimingStd("kaimingNormal", shape, options, Math.SQRT2);
  return normal(name, shape, std, { seed: options.seed });
}

/** @internal `kaimingNormal` for gradients, whatever the gain: what torchvision's convolutions start with. */
export const kaimingFanOut: Initializer = (name, shape, { seed }) =>
  kaimingNormal(name, shape, { mode: "fanOut", seed });

/** The standard deviation that Xavier initialisation asks for. */
function xavierStd(op: string, shape: Shape, options: GainOptions): number {
  checkOptions(op, options, ["gain", "seed"]);
  const { fanIn, fanOut } = fans(op, shape);
  return checkGain(op, options.gain ?? 1) * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * Xavier Glorot's uniform initialisation: a variable with values in ±gain·√(6/(fanIn + fanOut)), a compromise between
 * signals on their way forward and gradients on their way back.
 *
 * X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
 *
 * @param shape `[out, in, …window]`.
 * @param options The gain is 1 by default.
 * @throws as `kaimingUniform`.
 */
export function xavierUniform(name: string, shape: Shape, options: GainOptions = {}): Variable {
  const std = xavierStd("xavierUniform", shape, options);
  return uniform(name, shape, std * Math.sqrt(3), { seed: options.seed });
}

/**
 * Xavier Glorot's normal initialisation: mean 0, variance gain²·2/(fanIn + fanOut).
 *
 * @throws as `kaimingUniform`.
 */
export function xavierNormal(name: string, shape: Shape, options: GainOptions = {}): Variable {
  return normal(name, shape, xavierStd("xavierNormal", shape, options), { seed: options.seed });
}

/** @throws {OptionError} unless it is a finite number ≥ 0. */
function checkSpread(op: string, name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new OptionError(`${op}: ${name} must be a finite number ≥ 0, got ${show(value)}`);
}

/** A variable with values uniform in ±bound. @throws {OptionError} unless the bound is a finite number ≥ 0. */
export function uniform(name: string, shape: Shape, bound: number, options: SeedOptions = {}): Variable {
  checkOptions("uniform", options, ["seed"]);
  checkSpread("uniform", "bound", bound);
  const values = randomUniform(shape, { low: -bound, high: bound, seed: options.seed });
  return computedVariable(values, name);
}

/**
 * A variable with normal values of mean 0 and the given standard deviation.
 *
 * @throws {OptionError} unless the deviation is a finite number ≥ 0.
 */
export function normal(name: string, shape: Shape, std: number, options: SeedOptions = {}): Variable {
  checkOptions("normal", options, ["seed"]);
  checkSpread("normal", "std", std);
  return computedVariable(randomNormal(shape, { std, seed: options.seed }), name);
}

/**
 * Seeds for the parts of a model, each its own; all undefined where there is none to start from.
 *
 * @throws {OptionError} unless the seed is undefined or an integer in [0, 2⁵³).
 */
export function splitSeed(op: string, seed: number | undefined, count: number): (number | undefined)[] {
  const random = seed === undefined ? undefined : new Random(checkSeed(op, seed));
  checkInteger(op, "count", count, 0, 65_536);
  return Array.from({ length: count }, () => random?.uint32());
}
