/** Triangular matrices. Each routine has an `ndarray` variant with strides and offsets of its own. */

import {
  checkMatrix,
  checkResult,
  checkScalar,
  checkSize,
  checkVector,
  type Diagonal,
  isLeft,
  isRowMajor,
  isTransposed,
  isUnit,
  isUpper,
  leading,
  type Order,
  type Side,
  start,
  type TransposeOperation,
  type Triangle,
} from "./arguments.js";
import { scale } from "./product.js";
import { lowerTriangular } from "./sides.js";
import { multiplyLower, solveLower } from "./triangles.js";
import { apart, asColumn, transpose } from "./views.js";

/** A triangular matrix of n rows with its strides, and a vector. */
export type TriangleAndVector = [
  uplo: Triangle,
  trans: TransposeOperation,
  diag: Diagonal,
  n: number,
  a: Float32Array,
  strideA1: number,
  strideA2: number,
  offsetA: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
];

/** The matrix as a lower triangular one, and the vector in the order that goes with it. */
function withVector(
  op: string,
  [uplo, trans, diag, n, a, strideA1, strideA2, offsetA, x, strideX, offsetX]: TriangleAndVector,
) {
  const [upper, transposed, unit] = [isUpper(op, uplo), isTransposed(op, "trans", trans), isUnit(op, diag)];
  checkSize(op, "n", n);
  const matrix = checkMatrix(op, "a", a, n, n, strideA1, strideA2, offsetA);
  const vector = checkResult(op, "x", asColumn(checkVector(op, "x", x, n, strideX, offsetX)));
  return { ...lowerTriangular(apart(matrix, vector), upper, transposed, vector), unit, x };
}

/**
 * x ← op(a) · x, where a is triangular with n rows and op(a) is a or aᵀ.
 *
 * @param uplo The triangle that is stored; the other one is not read.
 * @param diag `"unit"` takes the diagonal as ones, without reading it.
 * @returns x.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function strmv(
  order: Order,
  uplo: Triangle,
  trans: TransposeOperation,
  diag: Diagonal,
  n: number,
  a: Float32Array,
  lda: number,
  x: Float32Array,
  incX: number,
): Float32Array {
  const [rowStride, colStride, offset] = leading("strmv", "a", isRowMajor("strmv", order), n, n, lda);
  return strmv.ndarray(uplo, trans, diag, n, a, rowStride, colStride, offset, x, incX, start(n, incX));
}

/** The same with the strides of a, and from given elements of the arrays on. */
strmv.ndarray = (...given: TriangleAndVector): Float32Array => {
  const { t, b, unit, x } = withVector("strmv", given);
  multiplyLower(1, t, unit, b);
  return x;
};

/**
 * Solves op(a) · x = b, where a is triangular with n rows and op(a) is a or aᵀ: x holds b, and the solution afterwards. A zero
 * on the diagonal gives infinities and NaN.
 *
 * @param uplo The triangle that is stored; the other one is not read.
 * @param diag `"unit"` takes the diagonal as ones, without reading it.
 * @returns x.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function strsv(
  order: Order,
  uplo: Triangle,
  trans: TransposeOperation,
  diag: Diagonal,
  n: number,
  a: Float32Array,
  lda: number,
  x: Float32Array,
  incX: number,
): Float32Array {
  const [rowStride, colStride, offset] = leading("strsv", "a", isRowMajor("strsv", order), n, n, lda);
  return strsv.ndarray(uplo, trans, diag, n, a, rowStride, colStride, offset, x, incX, start(n, incX));
}

/** The same with the strides of a, and from given elements of the arrays on. */
strsv.ndarray = (...given: TriangleAndVector): Float32Array => {
  const { t, b, unit, x } = withVector("strsv", given);
  solveLower(t, unit, b);
  return x;
};

/** A triangular matrix with its strides, and a matrix of m rows and n columns that stands on its other side. */
export type TriangleAndMatrix = [
  side: Side,
  uplo: Triangle,
  transA: TransposeOperation,
  diag: Diagonal,
  m: number,
  n: number,
  alpha: number,
  a: Float32Array,
  strideA1: number,
  strideA2: number,
  offsetA: number,
  b: Float32Array,
  strideB1: number,
  strideB2: number,
  offsetB: number,
];

/** The matrix as a lower triangular one on the left, and the other matrix in the order that goes with it. */
function withMatrix(op: string, given: TriangleAndMatrix) {
  const [side, uplo, transA, diag, m, n, alpha, a, strideA1, strideA2, offsetA, b, ...stridesB] = given;
  const [left, upper, unit] = [isLeft(op, side), isUpper(op, uplo), isUnit(op, diag)];
  const transposed = isTransposed(op, "transA", transA);
  checkSize(op, "m", m);
  checkSize(op, "n", n);
  const factor = checkScalar(op, "alpha", alpha);
  const size = left ? m : n;
  const matrix = checkMatrix(op, "a", a, size, size, strideA1, strideA2, offsetA);
  const stored = checkResult(op, "b", checkMatrix(op, "b", b, m, n, ...stridesB));
  // b · op(a) is the transpose of op(a)ᵀ · bᵀ.
  const other = left ? stored : transpose(stored);
  const triangle = lowerTriangular(apart(matrix, stored), upper, left ? transposed : !transposed, other);
  return { ...triangle, unit, factor, result: b };
}

/**
 * b ← alpha · op(a) · b, or alpha · b · op(a) where a stands on the right: a is triangular, op(a) is a or aᵀ, b has m rows and n columns.
 *
 * @param uplo The triangle that is stored; the other one is not read.
 * @param diag `"unit"` takes the diagonal as ones, without reading it.
 * @returns b.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function strmm(
  order: Order,
  side: Side,
  uplo: Triangle,
  transA: TransposeOperation,
  diag: Diagonal,
  m: number,
  n: number,
  alpha: number,
  a: Float32Array,
  lda: number,
  b: Float32Array,
  ldb: number,
): Float32Array {
  const rowMajor = isRowMajor("strmm", order);
  const size = isLeft("strmm", side) ? m : n;
  const [rowA, colA, offsetA] = leading("strmm", "a", rowMajor, size, size, lda);
  const stridesB = leading("strmm", "b", rowMajor, m, n, ldb);
  return strmm.ndarray(side, uplo, transA, diag, m, n, alpha, a, rowA, colA, offsetA, b, ...stridesB);
}

/** The same with the strides of the matrices, and from given elements of the arrays on. */
strmm.ndarray = (...given: TriangleAndMatrix): Float32Array => {
  const { t, b, unit, factor, result } = withMatrix("strmm", given);
  multiplyLower(factor, t, unit, b);
  return result;
};

/**
 * Solves op(a) · x = alpha · b, or x · op(a) = alpha · b where a stands on the right: a is triangular, op(a) is a or aᵀ, and b, which
 * has m rows and n columns, holds x afterwards. A zero on the diagonal gives infinities and NaN.
 *
 * @param uplo The triangle that is stored; the other one is not read.
 * @param diag `"unit"` takes the diagonal as ones, without reading it.
 * @param alpha Where it is 0, b is set to zeros and a is not read.
 * @returns b.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function strsm(
  order: Order,
  side: Side,
  uplo: Triangle,
  transA: TransposeOperation,
  diag: Diagonal,
  m: number,
  n: number,
  alpha: number,
  a: Float32Array,
  lda: number,
  b: Float32Array,
  ldb: number,
): Float32Array {
  const rowMajor = isRowMajor("strsm", order);
  const size = isLeft("strsm", side) ? m : n;
  const [rowA, colA, offsetA] = leading("strsm", "a", rowMajor, size, size, lda);
  const stridesB = leading("strsm", "b", rowMajor, m, n, ldb);
  return strsm.ndarray(side, uplo, transA, diag, m, n, alpha, a, rowA, colA, offsetA, b, ...stridesB);
}

/** The same with the strides of the matrices, and from given elements of the arrays on. */
strsm.ndarray = (...given: TriangleAndMatrix): Float32Array => {
  const { t, b, unit, factor, result } = withMatrix("strsm", given);
  scale(b, factor);
  if (factor !== 0) solveLower(t, unit, b);
  return result;
};
