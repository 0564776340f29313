/** Element types: what one element of a tensor is, and the typed array that holds it. */

import { DTypeError, show } from "./errors.js";

/**
 * Element type of a tensor.
 *
 * `float32` is what everything computes in; `int32`, `uint8` and `bool` hold indices, raw images,
 * labels and masks (a bool is one byte, 0 or 1); `float64` exists on the reference backend only.
 */
export type DType = "float32" | "float64" | "int32" | "uint8" | "bool";

/** Every dtype, at the index that encodes it in a Program. */
export const DTYPES = ["float32", "float64", "int32", "uint8", "bool"] as const satisfies readonly DType[];

/** The typed arrays that hold tensor elements. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The typed array class of each dtype. */
export interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

interface DTypeInfo {
  /** Index in `DTYPES`, the encoding in a Program. */
  readonly code: number;
  readonly bytes: number;
  readonly isFloat: boolean;
  readonly Array: TypedArrayClass;
}

interface TypedArrayClass {
  new (length: number): TypedArray;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): TypedArray;
}

/** Facts about each dtype. */
export const dtypeInfo: { readonly [D in DType]: DTypeInfo } = {
  float32: { code: 0, bytes: 4, isFloat: true, Array: Float32Array },
  float64: { code: 1, bytes: 8, isFloat: true, Array: Float64Array },
  int32: { code: 2, bytes: 4, isFloat: false, Array: Int32Array },
  uint8: { code: 3, bytes: 1, isFloat: false, Array: Uint8Array },
  bool: { code: 4, bytes: 1, isFloat: false, Array: Uint8Array },
};

/** Whether derivatives exist for tensors of this dtype. */
export function isFloat(dtype: DType): boolean {
  return dtypeInfo[dtype].isFloat;
}

/** A zeroed typed array of `length` elements of `dtype`. */
export function allocate<D extends DType>(dtype: D, length: number): ArrayOf[D] {
  return new dtypeInfo[dtype].Array(length) as ArrayOf[D];
}

/**
 * Checks a value from outside for being a dtype.
 *
 * @throws {DTypeError} naming the operation and the value.
 */
export function checkDType(op: string, value: unknown): DType {
  if (DTYPES.includes(value as DType)) return value as DType;
  throw new DTypeError(`${op}: unknown dtype ${show(value)}; expected one of ${DTYPES.join(", ")}`);
}
