/** Examples and what is known of them, as callers give them: checked, and as tensors of one kind. */

import { type DType, dtypeInfo, type TypedArray } from "../dtype.js";
import { DTypeError, OptionError, ShapeError, show } from "../errors.js";
import { cast, mul, reshape, sum, tensor } from "../ops/index.js";
import { showShape } from "../shape.js";
import { Tensor } from "../tensor.js";

/**
 * Examples: a tensor `[n, …]`, whose axes after the first are the features of an example, or a typed array of the
 * features of one example after another. Any dtype but float64 tensors; computed with as float32.
 */
export type Examples = Tensor | TypedArray;

/** Class of each example, an integer ≥ 0: `[n]`. */
export type Labels = Tensor | TypedArray | readonly number[];

/** Number to predict for each example: `[n]`. */
export type Targets = Tensor | TypedArray | readonly number[];

/** What a typed array of features does not tell itself: how many examples there are, or how many features each has. */
export type Extent = { readonly count: number } | { readonly features: number } | undefined;

/**
 * Examples as a float32 tensor `[n, features]` with values.
 *
 * @throws {OptionError} for anything that is neither a tensor nor a typed array, and for a typed array of which
 *   nothing is known.
 * @throws {ShapeError} when they do not have the extent, and when there are no features.
 * @throws {DTypeError} for a tensor of float64.
 */
export function checkExamples(op: string, x: unknown, extent?: Extent): Tensor {
  const rows = x instanceof Tensor ? tensorRows(op, x) : arrayRows(op, x, extent);
  const [count, features] = rows.shape as [number, number];
  if (features === 0) throw new ShapeError(`${op}: examples have no features: ${showShape(rows.shape)}`);
  if (extent !== undefined && "count" in extent && extent.count !== count) {
    throw new ShapeError(`${op}: ${count} examples but ${extent.count} labels: x ${showShape(rows.shape)}`);
  }
  if (extent !== undefined && "features" in extent && extent.features !== features) {
    throw new ShapeError(`${op}: examples have ${features} features; expected ${extent.features}, as in fit`);
  }
  return rows;
}

/**
 * Refuses features that no distance, product or mean is defined for.
 *
 * @param x Float32 `[n, features]`.
 * @throws {OptionError} for a feature that is NaN or infinite.
 */
export function checkFinite(op: string, x: Tensor): void {
  // 0·x is NaN for these alone, and is computed within the sum: no second tensor.
  if (sum(mul(x, 0)).item() === 0) return;
  const values = x.dataSync();
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  const [row, column] = [Math.floor(wrong / (x.shape[1] as number)), wrong % (x.shape[1] as number)];
  throw new OptionError(`${op}: x[${row}, ${column}] must be a finite number, got ${values[wrong]}`);
}

function tensorRows(op: string, x: Tensor): Tensor {
  if (x.rank === 0) throw new ShapeError(`${op}: x must have at least 1 axis, got ${showShape(x.shape)}`);
  if (x.dtype === "float64") throw new DTypeError(`${op}: x must not be float64; cast it to float32`);
  const floats = x.dtype === "float32" ? x : cast(x, "float32");
  const features = x.shape.slice(1).reduce((product, length) => product * length, 1);
  return (x.rank === 2 ? floats : reshape(floats, [x.shape[0] as number, features])).realize();
}

function arrayRows(op: string, x: unknown, extent: Extent): Tensor {
  if (!isTypedArray(x)) {
    throw new OptionError(`${op}: x must be a tensor [n, …] or a typed array, got ${show(x)}`);
  }
  if (extent === undefined) {
    throw new OptionError(`${op}: x must be a tensor [n, …]: nothing tells how many examples ${show(x)} holds`);
  }
  const count = "count" in extent ? extent.count : x.length / extent.features;
  const features = "features" in extent ? extent.features : count === 0 ? 0 : x.length / count;
  if (!Number.isInteger(count) || !Number.isInteger(features)) {
    const expected = "count" in extent ? `${extent.count} examples` : `examples of ${extent.features} features`;
    throw new ShapeError(`${op}: x does not hold whole examples: ${x.length} elements; expected ${expected}`);
  }
  return tensor(x, { shape: [count, features], dtype: "float32" });
}

function isTypedArray(value: unknown): value is TypedArray {
  return Object.values(dtypeInfo).some((info) => value instanceof info.Array);
}

/**
 * Labels as integers ≥ 0, `[n]`. A copy.
 *
 * @throws {OptionError} for anything that is no list of numbers, and for a label that is no integer ≥ 0.
 * @throws {ShapeError} for a tensor that has not one axis.
 */
export function checkLabels(op: string, y: unknown): Int32Array {
  const values = listOf(op, y, ["int32", "uint8", "bool"]);
  const wrong = values.findIndex((label) => !Number.isInteger(label) || label < 0 || label > MAX_LABEL);
  if (wrong >= 0) throw new OptionError(`${op}: label ${values[wrong]} at ${wrong}; expected an integer ≥ 0`);
  return Int32Array.from(values);
}

/** Labels are counted as classes, each with memory of its own: a larger one is a mistake. */
const MAX_LABEL = 2 ** 24 - 1;

/**
 * Numbers to predict, `[n]`, in float64. A copy.
 *
 * @throws {OptionError} for anything that is no list of numbers, and for one that is not finite.
 * @throws {ShapeError} for a tensor that has not one axis.
 */
export function checkTargets(op: string, y: unknown): Float64Array {
  const values = listOf(op, y, ["float32", "float64", "int32", "uint8"]);
  const wrong = values.findIndex((value) => typeof value !== "number" || !Number.isFinite(value));
  if (wrong >= 0) throw new OptionError(`${op}: y[${wrong}] must be a finite number, got ${show(values[wrong])}`);
  return Float64Array.from(values);
}

function listOf(op: string, y: unknown, dtypes: readonly DType[]): readonly number[] | TypedArray {
  if (y instanceof Tensor) {
    if (y.rank !== 1) throw new ShapeError(`${op}: y must have 1 axis, got ${showShape(y.shape)}`);
    if (!dtypes.includes(y.dtype)) throw new DTypeError(`${op}: y must be ${dtypes.join(" or ")}, got ${y.dtype}`);
    return y.dataSync();
  }
  if (Array.isArray(y) || isTypedArray(y)) return y;
  throw new OptionError(`${op}: y must be a tensor [n], a typed array or a list of numbers, got ${show(y)}`);
}
