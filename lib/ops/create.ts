/** Where tensors come from: data of the caller, and regular values. */

import { allocate, checkDType, type DType } from "../dtype.js";
import { checkOptions, OptionError, show } from "../errors.js";
import { realisedLeaf } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { checkShape, type Shape } from "../shape.js";
import { broadcastTo } from "./broadcast.js";
import { equal } from "./comparison.js";
import { cast } from "./elementwise.js";
import { expandDims } from "./movement.js";
import { checkTensor, numberOperand } from "./operands.js";
import { converted, type DataOptions, elementsOf, type TensorData } from "./tensor-data.js";

// ── regular values ──────────────────────────────────────────────────────────────────────────────────────────

/** The dtype of a tensor that is made from nothing. */
export interface CreateOptions {
  /** Element type (default float32). */
  readonly dtype?: DType;
}

function dtypeOption(op: string, options: CreateOptions, otherwise: DType = "float32"): DType {
  checkOptions(op, options, ["dtype"]);
  return checkDType(op, options.dtype ?? otherwise);
}

function filled(op: string, shape: Shape, value: number, dtype: DType): Tensor {
  return broadcastTo(numberOperand(op, value, dtype), checkShape(op, shape));
}

/**
 * A tensor of one value everywhere. The dtype is float32 for a number and bool for a boolean, unless given.
 *
 * @throws {ShapeError} for an impossible shape.
 * @throws {DTypeError} when the value is not one of the dtype.
 */
export function full(shape: Shape, value: number | boolean, options: CreateOptions = {}): Tensor {
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new OptionError(`full: value must be a number or a boolean, got ${show(value)}`);
  }
  const dtype = dtypeOption("full", options, typeof value === "boolean" ? "bool" : "float32");
  return filled("full", shape, Number(value), dtype);
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled("zeros", shape, 0, dtypeOption("zeros", options));
}

/** A tensor of ones. */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled("ones", shape, 1, dtypeOption("ones", options));
}

/** Zeros of x's shape, and of its dtype unless given. */
export function zerosLike(x: Tensor, options: CreateOptions = {}): Tensor {
  const { shape, dtype } = checkTensor("zerosLike", x);
  return filled("zerosLike", shape, 0, dtypeOption("zerosLike", options, dtype));
}

/** Ones of x's shape, and of its dtype unless given. */
export function onesLike(x: Tensor, options: CreateOptions = {}): Tensor {
  const { shape, dtype } = checkTensor("onesLike", x);
  return filled("onesLike", shape, 1, dtypeOption("onesLike", options, dtype));
}

/**
 * The numbers start, start + step, … before stop: `[⌈(stop − start) / step⌉]`, empty where stop is not ahead.
 *
 * @param options `start` (default 0), `step` (default 1, may be negative), `dtype` (default float32).
 * @throws {OptionError} unless all are finite and the step is not 0.
 * @throws {DTypeError} when a number is not one of the dtype.
 */
export function arange(
  stop: number,
  options: CreateOptions & { readonly start?: number; readonly step?: number } = {},
): Tensor {
  checkOptions("arange", options, ["start", "step", "dtype"]);
  const { start = 0, step = 1 } = options;
  const dtype = checkDType("arange", options.dtype ?? "float32");
  for (const [name, value] of Object.entries({ start, stop, step })) {
    if (!Number.isFinite(value)) throw new OptionError(`arange: ${name} must be a finite number, got ${show(value)}`);
  }
  if (step === 0) throw new OptionError("arange: step must not be 0");
  const count = Math.max(0, Math.ceil((stop - start) / step));
  checkShape("arange", [count]);
  const values = allocate("float64", count);
  for (let i = 0; i < count; i++) values[i] = start + i * step;
  return realisedLeaf(converted("arange", values, dtype), [count], dtype);
}

/**
 * The matrix with ones on the diagonal and zeros elsewhere: `[rows, columns]`.
 *
 * @param options `columns` (default: as many as rows), `dtype` (default float32).
 */
export function eye(rows: number, options: CreateOptions & { readonly columns?: number } = {}): Tensor {
  checkOptions("eye", options, ["columns", "dtype"]);
  const dtype = checkDType("eye", options.dtype ?? "float32");
  const [height, width] = checkShape("eye", [rows, options.columns ?? rows]) as [number, number];
  const row = expandDims(arange(height, { dtype: "int32" }), 1);
  return cast(equal(row, arange(width, { dtype: "int32" })), dtype);
}

// ── data of the caller ──────────────────────────────────────────────────────────────────────────────────────

/**
 * A tensor with a copy of the data. A typed array keeps its type (`Uint8Array` gives uint8, `Float64Array`
 * float64), numbers become float32 and booleans bool, unless a dtype is given; numbers are rounded to a
 * float type but must be values of an integer type.
 *
 * ```ts
 * tensor([[1, 2], [3, 4]]);
 * tensor(new Float32Array(6), { shape: [2, 3] });
 * ```
 *
 * @throws {ShapeError} when arrays are ragged or the shape has another size than the data.
 * @throws {DTypeError} for elements that are no numbers or booleans, mix both, or are not values of the dtype.
 * @throws {OptionError} for anything else that is no data, and for a typed array whose buffer is detached.
 */
export function tensor(data: TensorData, options: DataOptions = {}): Tensor {
  checkOptions("tensor", options, ["dtype", "shape"]);
  const { values, shape, dtype } = elementsOf("tensor", data, options);
  return realisedLeaf(values, shape, dtype);
}
