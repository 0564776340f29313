/** The arguments of BLAS routines, checked: names of options, sizes, and windows that stay inside their arrays. */

import { DTypeError, OptionError, ShapeError, show } from "../errors.js";
import { MAX_SIZE } from "../shape.js";
import type { Matrix, Vector } from "./views.js";

/** How a matrix lies in memory: rows one behind the other (CBLAS's 101), or columns (102). */
export type Order = "row-major" | "column-major" | 101 | 102;

/** Whether a matrix is taken as it is (CBLAS's 111) or transposed (112; of real numbers 113 is the same). */
export type TransposeOperation = "no-transpose" | "transpose" | "conjugate-transpose" | 111 | 112 | 113;

/** Which triangle of a matrix is stored: the other one is neither read nor written (CBLAS's 121 and 122). */
export type Triangle = "upper" | "lower" | 121 | 122;

/** Whether the diagonal of a triangular matrix is stored (CBLAS's 131), or is all ones and not read (132). */
export type Diagonal = "non-unit" | "unit" | 131 | 132;

/** On which side of the other matrix the symmetric or triangular one stands (CBLAS's 141 and 142). */
export type Side = "left" | "right" | 141 | 142;

/** Whether rows lie one behind the other. */
export function isRowMajor(op: string, order: Order): boolean {
  if (order === "row-major" || order === 101) return true;
  if (order === "column-major" || order === 102) return false;
  throw unknown(op, "order", '"row-major" (101) or "column-major" (102)', order);
}

/** Whether to transpose. */
export function isTransposed(op: string, name: string, trans: TransposeOperation): boolean {
  if (trans === "no-transpose" || trans === 111) return false;
  if (trans === "transpose" || trans === "conjugate-transpose" || trans === 112 || trans === 113) return true;
  throw unknown(op, name, '"no-transpose" (111), "transpose" (112) or "conjugate-transpose" (113)', trans);
}

/** Whether the triangle above the diagonal is stored. */
export function isUpper(op: string, uplo: Triangle): boolean {
  if (uplo === "upper" || uplo === 121) return true;
  if (uplo === "lower" || uplo === 122) return false;
  throw unknown(op, "uplo", '"upper" (121) or "lower" (122)', uplo);
}

/** Whether the diagonal is all ones. */
export function isUnit(op: string, diag: Diagonal): boolean {
  if (diag === "unit" || diag === 132) return true;
  if (diag === "non-unit" || diag === 131) return false;
  throw unknown(op, "diag", '"non-unit" (131) or "unit" (132)', diag);
}

/** Whether the matrix stands on the left. */
export function isLeft(op: string, side: Side): boolean {
  if (side === "left" || side === 141) return true;
  if (side === "right" || side === 142) return false;
  throw unknown(op, "side", '"left" (141) or "right" (142)', side);
}

function unknown(op: string, name: string, expected: string, given: unknown): OptionError {
  return new OptionError(`${op}: ${name} must be ${expected}, got ${show(given)}`);
}

/** @throws {OptionError} unless it is an integer from 0 to 2³¹ − 1. */
export function checkSize(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= MAX_SIZE) return;
  throw new OptionError(`${op}: ${name} must be a non-negative integer below 2³¹, got ${show(value)}`);
}

/**
 * A scalar in float32.
 *
 * @throws {OptionError} unless it is a number; NaN is one.
 */
export function checkScalar(op: string, name: string, value: number): number {
  if (typeof value === "number") return Math.fround(value);
  throw new OptionError(`${op}: ${name} must be a number, got ${show(value)}`);
}

/** @throws {DTypeError} unless it is a Float32Array. */
export function checkArray(op: string, name: string, data: unknown): asserts data is Float32Array {
  if (data instanceof Float32Array) return;
  throw new DTypeError(`${op}: ${name} must be a Float32Array, got ${show(data)}`);
}

/**
 * Where the first element of a vector lies by the convention of BLAS: a negative increment walks backwards to element 0. What is no
 * number is refused when the vector is checked.
 */
export function start(n: number, increment: number): number {
  return typeof n === "number" && typeof increment === "number" && increment < 0 ? (1 - n) * increment : 0;
}

/**
 * A vector of n elements.
 *
 * @throws {OptionError} for a stride or an offset that is no integer.
 * @throws {DTypeError} for anything but a Float32Array.
 * @throws {ShapeError} when it reaches outside its array, which a transferred one has no elements of.
 */
export function checkVector(
  op: string,
  name: string,
  data: Float32Array,
  length: number,
  stride: number,
  offset: number,
): Vector {
  checkArray(op, name, data);
  checkInteger(op, `stride of ${name}`, stride);
  checkInteger(op, `offset of ${name}`, offset);
  if (length > 0) {
    const last = offset + (length - 1) * stride;
    if (!(Math.min(offset, last) >= 0 && Math.max(offset, last) < data.length)) {
      throw outside(op, name, Math.min(offset, last), Math.max(offset, last), data);
    }
  }
  return { data, length, offset, stride };
}

/**
 * A matrix with any strides.
 *
 * @throws {OptionError} for a stride or an offset that is no integer.
 * @throws {DTypeError} for anything but a Float32Array.
 * @throws {ShapeError} when it reaches outside its array.
 */
export function checkMatrix(
  op: string,
  name: string,
  data: Float32Array,
  rows: number,
  cols: number,
  rowStride: number,
  colStride: number,
  offset: number,
): Matrix {
  checkArray(op, name, data);
  checkInteger(op, `stride of ${name}`, rowStride);
  checkInteger(op, `stride of ${name}`, colStride);
  checkInteger(op, `offset of ${name}`, offset);
  if (rows > 0 && cols > 0) {
    const [down, right] = [(rows - 1) * rowStride, (cols - 1) * colStride];
    const first = offset + Math.min(down, 0) + Math.min(right, 0);
    const last = offset + Math.max(down, 0) + Math.max(right, 0);
    if (!(first >= 0 && last < data.length)) throw outside(op, name, first, last, data);
    if (last - first > MAX_SIZE - 1) {
      throw new ShapeError(`${op}: ${name} extends over more than 2³¹ − 1 elements: ${last - first + 1}`);
    }
  }
  return { data, rows, cols, offset, rowStride, colStride };
}

/**
 * The same for a result.
 *
 * @throws {ShapeError} when two elements have one address, too.
 */
export function checkResult(op: string, name: string, matrix: Matrix): Matrix {
  const { rows, cols, rowStride, colStride } = matrix;
  const [down, right] = [Math.abs(rowStride), Math.abs(colStride)];
  const distinct =
    (rows <= 1 || down > (right <= down && cols > 1 ? (cols - 1) * right : 0)) &&
    (cols <= 1 || right > (down < right && rows > 1 ? (rows - 1) * down : 0));
  if (distinct || rows === 0 || cols === 0) return matrix;
  throw new ShapeError(
    `${op}: ${name} has several elements at one address: ${rows} × ${cols} with strides ${rowStride}, ${colStride}`,
  );
}

/** Strides of a matrix of a given order, and where it begins. */
export type Layout = readonly [rowStride: number, colStride: number, offset: number];

/**
 * The strides of a stored matrix by its leading dimension: the distance of rows, or of columns where these are what lies
 * one behind the other.
 *
 * Sizes that are none are refused when the matrix is checked.
 *
 * @throws {OptionError} for a leading dimension below the length of what it steps over.
 */
export function leading(op: string, name: string, rowMajor: boolean, rows: number, cols: number, ld: number): Layout {
  const length = rowMajor ? cols : rows;
  const least = typeof length === "number" ? Math.max(1, length) : 1;
  if (!Number.isInteger(ld) || ld < least) {
    const what = rowMajor ? "columns" : "rows";
    throw new OptionError(
      `${op}: ld${name} must be an integer of at least ${least}, the ${what} of ${name}, got ${show(ld)}`,
    );
  }
  return rowMajor ? [ld, 1, 0] : [1, ld, 0];
}

function checkInteger(op: string, name: string, value: number): void {
  if (Number.isSafeInteger(value)) return;
  throw new OptionError(`${op}: ${name} must be an integer, got ${show(value)}`);
}

function outside(op: string, name: string, first: number, last: number, data: Float32Array): ShapeError {
  const length = data.length === 0 ? "0 (as a transferred one has)" : data.length;
  return new ShapeError(`${op}: ${name} reaches outside its array: elements ${first} to ${last} of ${length}`);
}
