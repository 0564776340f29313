/** Operands: what users may pass where a tensor is expected, how it becomes one, and those of a node. */

import { type DType, isFloat } from "../dtype.js";
import { DTypeError, OptionError, show } from "../errors.js";
import { numberLeaf } from "../graph/leaves.js";
import { Tensor } from "../graph/tensor.js";

/** A tensor, or a number that takes the dtype of the tensors it meets. */
export type TensorLike = Tensor | number;

/** The first operand of a node. */
export function first(node: Tensor): Tensor {
  return node.inputs[0] as Tensor;
}

/** The second operand of a node. */
export function second(node: Tensor): Tensor {
  return node.inputs[1] as Tensor;
}

/** The third operand of a node. */
export function third(node: Tensor): Tensor {
  return node.inputs[2] as Tensor;
}

/** @throws {OptionError} unless `value` is a tensor. */
export function checkTensor(op: string, value: unknown, what = "operand"): Tensor {
  if (value instanceof Tensor) return value;
  throw new OptionError(`${op}: ${what} must be a tensor, got ${show(value)}`);
}

/** @throws {DTypeError} unless the tensor is float32 or float64. */
export function checkFloat(op: string, x: Tensor): Tensor {
  if (isFloat(x.dtype)) return x;
  throw new DTypeError(`${op}: needs a float tensor, got ${x.dtype}; cast it first`);
}

/** @throws {DTypeError} unless all tensors have one dtype. */
export function checkSameDType(op: string, tensors: readonly Tensor[]): DType {
  const dtype = (tensors[0] as Tensor).dtype;
  for (const tensor of tensors) {
    if (tensor.dtype !== dtype) {
      throw new DTypeError(`${op}: dtypes differ: ${tensors.map((t) => t.dtype).join(", ")}; cast one of them`);
    }
  }
  return dtype;
}

/**
 * Checks the two operands of a sum of products.
 *
 * @throws {OptionError} unless both are tensors.
 * @throws {DTypeError} unless both are floats of one dtype.
 */
export function checkFactors(op: string, a: unknown, b: unknown, names?: readonly [a: string, b: string]): void {
  const factors = [a, b].map((factor, i) => checkFloat(op, checkTensor(op, factor, names?.[i])));
  checkSameDType(op, factors);
}

/** @throws {DTypeError} when the dtype cannot hold the number: fractions for int32, anything but 0 and 1 for bool. */
export function checkNumber(op: string, value: number, dtype: DType): number {
  const fits =
    isFloat(dtype) ||
    (dtype === "int32" && (value | 0) === value) ||
    (dtype === "uint8" && (value & 0xff) === value) ||
    (dtype === "bool" && (value === 0 || value === 1));
  if (!fits) throw new DTypeError(`${op}: ${value} is not a value of ${dtype}; cast the tensor first`);
  return value;
}

/**
 * A number as a rank-0 operand of a dtype.
 *
 * @throws {DTypeError} when the dtype cannot hold it.
 */
export function numberOperand(op: string, value: number, dtype: DType): Tensor {
  return numberLeaf(checkNumber(op, value, dtype), dtype);
}

/**
 * Operands of one dtype: numbers take that of the tensors, float32 if there is none.
 *
 * @throws {OptionError} for anything that is neither a tensor nor a number.
 * @throws {DTypeError} when tensors differ in dtype or a number does not fit.
 */
export function sameDTypeOperands(op: string, values: readonly TensorLike[]): Tensor[] {
  let dtype: DType | undefined;
  for (const value of values) {
    if (value instanceof Tensor) {
      if (dtype !== undefined && value.dtype !== dtype) {
        throw new DTypeError(`${op}: dtypes differ: ${dtype} and ${value.dtype}; cast one of them`);
      }
      dtype = value.dtype;
    } else if (typeof value !== "number") {
      throw new OptionError(`${op}: operand must be a tensor or a number, got ${show(value)}`);
    }
  }
  const common = dtype ?? "float32";
  return values.map((value) => (typeof value === "number" ? numberOperand(op, value, common) : value));
}
