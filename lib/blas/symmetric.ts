/** Symmetric matrices, of which one triangle is stored. Each routine has an `ndarray` variant with strides and offsets of its own. */

import {
  checkMatrix,
  checkResult,
  checkScalar,
  checkSize,
  checkVector,
  isLeft,
  isRowMajor,
  isTransposed,
  isUpper,
  leading,
  type Order,
  type Side,
  start,
  type TransposeOperation,
  type Triangle,
} from "./arguments.js";
import { lowerOf } from "./sides.js";
import { multiplySymmetric, multiplyTriangle } from "./triangles.js";
import { apart, asColumn, transpose } from "./views.js";

/**
 * y ← alpha · a · x + beta · y, where a is symmetric with n rows and one of its triangles is stored.
 *
 * @param uplo The triangle that is stored; the other one is not read.
 * @returns y.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function ssymv(
  order: Order,
  uplo: Triangle,
  n: number,
  alpha: number,
  a: Float32Array,
  lda: number,
  x: Float32Array,
  incX: number,
  beta: number,
  y: Float32Array,
  incY: number,
): Float32Array {
  const [rowStride, colStride, offset] = leading("ssymv", "a", isRowMajor("ssymv", order), n, n, lda);
  const [firstX, firstY] = [start(n, incX), start(n, incY)];
  return ssymv.ndarray(uplo, n, alpha, a, rowStride, colStride, offset, x, incX, firstX, beta, y, incY, firstY);
}

/** The same with the strides of a, and from given elements of the arrays on. */
ssymv.ndarray = (
  uplo: Triangle,
  n: number,
  alpha: number,
  a: Float32Array,
  strideA1: number,
  strideA2: number,
  offsetA: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  beta: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
): Float32Array => {
  const upper = isUpper("ssymv", uplo);
  checkSize("ssymv", "n", n);
  const [factor, kept] = [checkScalar("ssymv", "alpha", alpha), checkScalar("ssymv", "beta", beta)];
  const matrix = checkMatrix("ssymv", "a", a, n, n, strideA1, strideA2, offsetA);
  const vector = asColumn(checkVector("ssymv", "x", x, n, strideX, offsetX));
  const result = checkResult("ssymv", "y", asColumn(checkVector("ssymv", "y", y, n, strideY, offsetY)));
  multiplySymmetric(factor, lowerOf(apart(matrix, result), upper), apart(vector, result), kept, result);
  return y;
};

/**
 * a ← alpha · x · xᵀ + a, where a is symmetric with n rows: of one of its triangles.
 *
 * @param uplo The triangle that is stored; the other one is neither read nor written.
 * @returns a.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function ssyr(
  order: Order,
  uplo: Triangle,
  n: number,
  alpha: number,
  x: Float32Array,
  incX: number,
  a: Float32Array,
  lda: number,
): Float32Array {
  const strides = leading("ssyr", "a", isRowMajor("ssyr", order), n, n, lda);
  return ssyr.ndarray(uplo, n, alpha, x, incX, start(n, incX), a, ...strides);
}

/** The same with the strides of a, and from given elements of the arrays on. */
ssyr.ndarray = (
  uplo: Triangle,
  n: number,
  alpha: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  a: Float32Array,
  strideA1: number,
  strideA2: number,
  offsetA: number,
): Float32Array => {
  const upper = isUpper("ssyr", uplo);
  checkSize("ssyr", "n", n);
  const factor = checkScalar("ssyr", "alpha", alpha);
  const vector = asColumn(checkVector("ssyr", "x", x, n, strideX, offsetX));
  const matrix = checkResult("ssyr", "a", checkMatrix("ssyr", "a", a, n, n, strideA1, strideA2, offsetA));
  const column = apart(vector, matrix);
  multiplyTriangle(factor, column, transpose(column), 1, lowerOf(matrix, upper));
  return a;
};

/**
 * a ← alpha · (x · yᵀ + y · xᵀ) + a, where a is symmetric with n rows: of one of its triangles.
 *
 * @param uplo The triangle that is stored; the other one is neither read nor written.
 * @returns a.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function ssyr2(
  order: Order,
  uplo: Triangle,
  n: number,
  alpha: number,
  x: Float32Array,
  incX: number,
  y: Float32Array,
  incY: number,
  a: Float32Array,
  lda: number,
): Float32Array {
  const strides = leading("ssyr2", "a", isRowMajor("ssyr2", order), n, n, lda);
  return ssyr2.ndarray(uplo, n, alpha, x, incX, start(n, incX), y, incY, start(n, incY), a, ...strides);
}

/** The same with the strides of a, and from given elements of the arrays on. */
ssyr2.ndarray = (
  uplo: Triangle,
  n: number,
  alpha: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
  a: Float32Array,
  strideA1: number,
  strideA2: number,
  offsetA: number,
): Float32Array => {
  const upper = isUpper("ssyr2", uplo);
  checkSize("ssyr2", "n", n);
  const factor = checkScalar("ssyr2", "alpha", alpha);
  const vectorX = asColumn(checkVector("ssyr2", "x", x, n, strideX, offsetX));
  const vectorY = asColumn(checkVector("ssyr2", "y", y, n, strideY, offsetY));
  const stored = checkResult("ssyr2", "a", checkMatrix("ssyr2", "a", a, n, n, strideA1, strideA2, offsetA));
  const matrix = lowerOf(stored, upper);
  const [left, right] = [apart(vectorX, matrix), apart(vectorY, matrix)];
  multiplyTriangle(factor, left, transpose(right), 1, matrix);
  multiplyTriangle(factor, right, transpose(left), 1, matrix);
  return a;
};

/**
 * c ← alpha · a · b + beta · c, or alpha · b · a + beta · c where a stands on the right: a is symmetric and one of its triangles is
 * stored, b and c have m rows and n columns.
 *
 * @param uplo The triangle that is stored; the other one is not read.
 * @returns c.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function ssymm(
  order: Order,
  side: Side,
  uplo: Triangle,
  m: number,
  n: number,
  alpha: number,
  a: Float32Array,
  lda: number,
  b: Float32Array,
  ldb: number,
  beta: number,
  c: Float32Array,
  ldc: number,
): Float32Array {
  const rowMajor = isRowMajor("ssymm", order);
  const size = isLeft("ssymm", side) ? m : n;
  const [rowA, colA, offsetA] = leading("ssymm", "a", rowMajor, size, size, lda);
  const [rowB, colB, offsetB] = leading("ssymm", "b", rowMajor, m, n, ldb);
  const stridesC = leading("ssymm", "c", rowMajor, m, n, ldc);
  return ssymm.ndarray(side, uplo, m, n, alpha, a, rowA, colA, offsetA, b, rowB, colB, offsetB, beta, c, ...stridesC);
}

/** The same with the strides of the matrices, and from given elements of the arrays on. */
ssymm.ndarray = (
  side: Side,
  uplo: Triangle,
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
  beta: number,
  c: Float32Array,
  strideC1: number,
  strideC2: number,
  offsetC: number,
): Float32Array => {
  const [left, upper] = [isLeft("ssymm", side), isUpper("ssymm", uplo)];
  checkSize("ssymm", "m", m);
  checkSize("ssymm", "n", n);
  const [factor, kept] = [checkScalar("ssymm", "alpha", alpha), checkScalar("ssymm", "beta", beta)];
  const size = left ? m : n;
  const stored = checkMatrix("ssymm", "a", a, size, size, strideA1, strideA2, offsetA);
  const factors = checkMatrix("ssymm", "b", b, m, n, strideB1, strideB2, offsetB);
  const result = checkResult("ssymm", "c", checkMatrix("ssymm", "c", c, m, n, strideC1, strideC2, offsetC));
  if (m === 0 || n === 0) return c;
  const [matrix, other] = [lowerOf(apart(stored, result), upper), apart(factors, result)];
  if (left) multiplySymmetric(factor, matrix, other, kept, result);
  else multiplySymmetric(factor, matrix, transpose(other), kept, transpose(result));
  return c;
};

/**
 * c ← alpha · a · aᵀ + beta · c, or alpha · aᵀ · a + beta · c where a is transposed: one triangle of the symmetric result of n rows.
 *
 * @param uplo The triangle that is stored; the other one is neither read nor written.
 * @param trans Whether a is stored with k rows and n columns, not with n rows and k columns.
 * @returns c.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function ssyrk(
  order: Order,
  uplo: Triangle,
  trans: TransposeOperation,
  n: number,
  k: number,
  alpha: number,
  a: Float32Array,
  lda: number,
  beta: number,
  c: Float32Array,
  ldc: number,
): Float32Array {
  const rowMajor = isRowMajor("ssyrk", order);
  const turns = isTransposed("ssyrk", "trans", trans);
  const [rowA, colA, offsetA] = leading("ssyrk", "a", rowMajor, turns ? k : n, turns ? n : k, lda);
  const stridesC = leading("ssyrk", "c", rowMajor, n, n, ldc);
  return ssyrk.ndarray(uplo, trans, n, k, alpha, a, rowA, colA, offsetA, beta, c, ...stridesC);
}

/** The same with the strides of the matrices as they are stored, and from given elements of the arrays on. */
ssyrk.ndarray = (
  uplo: Triangle,
  trans: TransposeOperation,
  n: number,
  k: number,
  alpha: number,
  a: Float32Array,
  strideA1: number,
  strideA2: number,
  offsetA: number,
  beta: number,
  c: Float32Array,
  strideC1: number,
  strideC2: number,
  offsetC: number,
): Float32Array => {
  const [upper, turns] = [isUpper("ssyrk", uplo), isTransposed("ssyrk", "trans", trans)];
  checkSize("ssyrk", "n", n);
  checkSize("ssyrk", "k", k);
  const [factor, kept] = [checkScalar("ssyrk", "alpha", alpha), checkScalar("ssyrk", "beta", beta)];
  const stored = checkMatrix("ssyrk", "a", a, turns ? k : n, turns ? n : k, strideA1, strideA2, offsetA);
  const result = checkResult("ssyrk", "c", checkMatrix("ssyrk", "c", c, n, n, strideC1, strideC2, offsetC));
  const read = apart(stored, result);
  const left = turns ? transpose(read) : read;
  multiplyTriangle(factor, left, transpose(left), kept, lowerOf(result, upper));
  return c;
};

/**
 * c ← alpha · (a · bᵀ + b · aᵀ) + beta · c, or alpha · (aᵀ · b + bᵀ · a) + beta · c where both are transposed: one triangle of the
 * symmetric result of n rows.
 *
 * @param uplo The triangle that is stored; the other one is neither read nor written.
 * @param trans Whether a and b are stored with k rows and n columns, not with n rows and k columns.
 * @returns c.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function ssyr2k(
  order: Order,
  uplo: Triangle,
  trans: TransposeOperation,
  n: number,
  k: number,
  alpha: number,
  a: Float32Array,
  lda: number,
  b: Float32Array,
  ldb: number,
  beta: number,
  c: Float32Array,
  ldc: number,
): Float32Array {
  const rowMajor = isRowMajor("ssyr2k", order);
  const turns = isTransposed("ssyr2k", "trans", trans);
  const [rows, cols] = turns ? [k, n] : [n, k];
  const [rowA, colA, offsetA] = leading("ssyr2k", "a", rowMajor, rows, cols, lda);
  const [rowB, colB, offsetB] = leading("ssyr2k", "b", rowMajor, rows, cols, ldb);
  const stridesC = leading("ssyr2k", "c", rowMajor, n, n, ldc);
  return ssyr2k.ndarray(uplo, trans, n, k, alpha, a, rowA, colA, offsetA, b, rowB, colB, offsetB, beta, c, ...stridesC);
}

/** The same with the strides of the matrices as they are stored, and from given elements of the arrays on. */
ssyr2k.ndarray = (
  uplo: Triangle,
  trans: TransposeOperation,
  n: number,
  k: number,
  alpha: number,
  a: Float32Array,
  strideA1: number,
  strideA2: number,
  offsetA: number,
  b: Float32Array,
  strideB1: number,
  strideB2: number,
  offsetB: number,
  beta: number,
  c: Float32Array,
  strideC1: number,
  strideC2: number,
  offsetC: number,
): Float32Array => {
  const [upper, turns] = [isUpper("ssyr2k", uplo), isTransposed("ssyr2k", "trans", trans)];
  checkSize("ssyr2k", "n", n);
  checkSize("ssyr2k", "k", k);
  const [factor, kept] = [checkScalar("ssyr2k", "alpha", alpha), checkScalar("ssyr2k", "beta", beta)];
  const [rows, cols] = turns ? [k, n] : [n, k];
  const storedA = checkMatrix("ssyr2k", "a", a, rows, cols, strideA1, strideA2, offsetA);
  const storedB = checkMatrix("ssyr2k", "b", b, rows, cols, strideB1, strideB2, offsetB);
  const stored = checkResult("ssyr2k", "c", checkMatrix("ssyr2k", "c", c, n, n, strideC1, strideC2, offsetC));
  const [readA, readB] = [apart(storedA, stored), apart(storedB, stored)];
  const [left, right] = turns ? [transpose(readA), transpose(readB)] : [readA, readB];
  const result = lowerOf(stored, upper);
  multiplyTriangle(factor, left, transpose(right), kept, result);
  multiplyTriangle(factor, right, transpose(left), 1, result);
  return c;
};
