/** General matrices: level 2 and level 3. Each routine has an `ndarray` variant with strides and offsets of its own. */

import {
  checkMatrix,
  checkResult,
  checkScalar,
  checkSize,
  checkVector,
  isRowMajor,
  isTransposed,
  leading,
  type Order,
  start,
  type TransposeOperation,
} from "./arguments.js";
import { multiply } from "./product.js";
import { asColumn, asRow, transpose } from "./views.js";

/**
 * y ← alpha · op(a) · x + beta · y, where op(a) is a or aᵀ. Sums are float32, in a fixed order.
 *
 * @param order Whether the rows or the columns of a lie one behind the other.
 * @param trans Whether a is transposed: x then has m elements and y has n.
 * @param m Rows of a as it is stored.
 * @param n Columns of a as it is stored.
 * @param alpha Where it is 0, a and x are not read.
 * @param lda Distance of two rows of a, of two columns where these lie one behind the other.
 * @param incX Distance of two elements of x; a negative one goes through x from its end.
 * @param beta Where it is 0, y is not read: NaN in it does not matter.
 * @returns y.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function sgemv(
  order: Order,
  trans: TransposeOperation,
  m: number,
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
  const rowMajor = isRowMajor("sgemv", order);
  const transposed = isTransposed("sgemv", "trans", trans);
  const [rowStride, colStride, offset] = leading("sgemv", "a", rowMajor, m, n, lda);
  const [lengthX, lengthY] = transposed ? [m, n] : [n, m];
  const [firstX, firstY] = [start(lengthX, incX), start(lengthY, incY)];
  return sgemv.ndarray(trans, m, n, alpha, a, rowStride, colStride, offset, x, incX, firstX, beta, y, incY, firstY);
}

/** The same with the strides of a, and from given elements of the arrays on. */
sgemv.ndarray = (
  trans: TransposeOperation,
  m: number,
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
  const transposed = isTransposed("sgemv", "trans", trans);
  checkSize("sgemv", "m", m);
  checkSize("sgemv", "n", n);
  const [factor, kept] = [checkScalar("sgemv", "alpha", alpha), checkScalar("sgemv", "beta", beta)];
  const stored = checkMatrix("sgemv", "a", a, m, n, strideA1, strideA2, offsetA);
  const matrix = transposed ? transpose(stored) : stored;
  const vector = asColumn(checkVector("sgemv", "x", x, matrix.cols, strideX, offsetX));
  const result = asColumn(checkVector("sgemv", "y", y, matrix.rows, strideY, offsetY));
  // As in BLAS, nothing happens to y where a has no columns.
  if (m > 0 && n > 0) multiply(factor, matrix, vector, kept, checkResult("sgemv", "y", result));
  return y;
};

/**
 * a ← alpha · x · yᵀ + a, a of m rows and n columns.
 *
 * @returns a.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function sger(
  order: Order,
  m: number,
  n: number,
  alpha: number,
  x: Float32Array,
  incX: number,
  y: Float32Array,
  incY: number,
  a: Float32Array,
  lda: number,
): Float32Array {
  const strides = leading("sger", "a", isRowMajor("sger", order), m, n, lda);
  return sger.ndarray(m, n, alpha, x, incX, start(m, incX), y, incY, start(n, incY), a, ...strides);
}

/** The same with the strides of a, and from given elements of the arrays on. */
sger.ndarray = (
  m: number,
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
  checkSize("sger", "m", m);
  checkSize("sger", "n", n);
  const factor = checkScalar("sger", "alpha", alpha);
  const left = asColumn(checkVector("sger", "x", x, m, strideX, offsetX));
  const right = asRow(checkVector("sger", "y", y, n, strideY, offsetY));
  const matrix = checkResult("sger", "a", checkMatrix("sger", "a", a, m, n, strideA1, strideA2, offsetA));
  multiply(factor, left, right, 1, matrix);
  return a;
};

/**
 * c ← alpha · op(a) · op(b) + beta · c, where op(a) is a or aᵀ, of m rows and k columns, op(b) has n columns. Sums are float32,
 * in an order that depends on the sizes alone: results have the same bits for any number of threads.
 *
 * @param order Whether the rows or the columns of all three lie one behind the other.
 * @param transA Whether a is stored with k rows and m columns.
 * @param transB Whether b is stored with n rows and k columns.
 * @param alpha Where it is 0, a and b are not read.
 * @param lda Distance of two rows of a as it is stored, of two columns where these lie one behind the other.
 * @param beta Where it is 0, c is not read: NaN in it does not matter.
 * @returns c.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function sgemm(
  order: Order,
  transA: TransposeOperation,
  transB: TransposeOperation,
  m: number,
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
  const rowMajor = isRowMajor("sgemm", order);
  const [turnsA, turnsB] = [isTransposed("sgemm", "transA", transA), isTransposed("sgemm", "transB", transB)];
  const [rowA, colA, offsetA] = leading("sgemm", "a", rowMajor, turnsA ? k : m, turnsA ? m : k, lda);
  const [rowB, colB, offsetB] = leading("sgemm", "b", rowMajor, turnsB ? n : k, turnsB ? k : n, ldb);
  const stridesC = leading("sgemm", "c", rowMajor, m, n, ldc);
  return sgemm.ndarray(
    transA,
    transB,
    m,
    n,
    k,
    alpha,
    a,
    rowA,
    colA,
    offsetA,
    b,
    rowB,
    colB,
    offsetB,
    beta,
    c,
    ...stridesC,
  );
}

/** The same with the strides of the matrices as they are stored, and from given elements of the arrays on. */
sgemm.ndarray = (
  transA: TransposeOperation,
  transB: TransposeOperation,
  m: number,
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
  const [turnsA, turnsB] = [isTransposed("sgemm", "transA", transA), isTransposed("sgemm", "transB", transB)];
  checkSize("sgemm", "m", m);
  checkSize("sgemm", "n", n);
  checkSize("sgemm", "k", k);
  const [factor, kept] = [checkScalar("sgemm", "alpha", alpha), checkScalar("sgemm", "beta", beta)];
  const left = turnsA
    ? transpose(checkMatrix("sgemm", "a", a, k, m, strideA1, strideA2, offsetA))
    : checkMatrix("sgemm", "a", a, m, k, strideA1, strideA2, offsetA);
  const right = turnsB
    ? transpose(checkMatrix("sgemm", "b", b, n, k, strideB1, strideB2, offsetB))
    : checkMatrix("sgemm", "b", b, k, n, strideB1, strideB2, offsetB);
  const result = checkResult("sgemm", "c", checkMatrix("sgemm", "c", c, m, n, strideC1, strideC2, offsetC));
  multiply(factor, left, right, kept, result);
  return c;
};
