/** Element types: what one element of a tensor is, and the typed array that holds it. */

import { BackendError, DTypeError, show } from "./errors.js";

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

/** Bytes of a cache line. A vector that lies in two lines takes twice as long to read, and longer to write. */
const LINE_BYTES = 64;

/** Arrays of at least this many bytes begin at a cache line; it takes the time of a few hundred elements. */
const ALIGNED_BYTES = 4096;

/** Bytes from the start of a buffer to a cache line, less than `LINE_BYTES`. JavaScript knows no addresses. */
type LineFinder = (buffer: ArrayBuffer) => number;

let findLine: LineFinder = () => 0;

/** Lets arrays that `allocate` makes from now on begin at cache lines. */
export function alignArrays(finder: LineFinder): void {
  findLine = finder;
}

/**
 * A zeroed typed array of `length` elements of `dtype`; large ones begin at a cache line.
 *
 * @throws {BackendError} when there is not enough memory.
 */
export function allocate<D extends DType>(dtype: D, length: number): ArrayOf[D] {
  const { bytes, Array: ArrayType } = dtypeInfo[dtype];
  if (!(length * bytes >= ALIGNED_BYTES)) return new ArrayType(length) as ArrayOf[D];
  const buffer = allocateBytes(length * bytes + LINE_BYTES);
  return new ArrayType(buffer, findLine(buffer), length) as ArrayOf[D];
}

function allocateBytes(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (error) {
    throw shortage(error, `memory: not enough: ${bytes} bytes`);
  }
}

/**
 * A copy of an array, in a buffer of its own.
 *
 * @throws {BackendError} when there is not enough memory.
 */
export function copyOf(data: TypedArray): TypedArray {
  try {
    return data.slice();
  } catch (error) {
    throw shortage(error, `memory: not enough: ${data.byteLength} bytes`);
  }
}

/** The `BackendError` that an error of JavaScript means when it could not allocate an array; others as they are. */
export function shortage(error: unknown, message: string): unknown {
  const isShortage =
    error instanceof RangeError && /allocation failed|out of memory|invalid .*length/i.test(error.message);
  return isShortage ? new BackendError(message, { cause: error }) : error;
}

/**
 * Whether a typed array still has its memory: its buffer may have been transferred, or have become too short for it. Such an
 * array has the length 0.
 */
export function hasMemory(array: ArrayBufferView): boolean {
  try {
    Uint8Array.prototype.keys.call(array as Uint8Array); // Of any typed array; it begins with that question.
    return true;
  } catch {
    return false;
  }
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
