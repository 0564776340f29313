/** Linear algebra in float64: where tensors hand over to ml-matrix. Matrices are small: one side is features. */

import { CholeskyDecomposition, EigenvalueDecomposition, Matrix, SVD } from "ml-matrix";
import { OptionError } from "../errors.js";
import { tensor } from "../ops/index.js";
import type { Tensor } from "../tensor.js";

export { Matrix } from "ml-matrix";

/** The values of a tensor `[rows, columns]` as a matrix. */
export function toMatrix(x: Tensor): Matrix {
  const [rows, columns] = x.shape as [number, number];
  const values = x.dataSync();
  return new Matrix(
    Array.from({ length: rows }, (_, i) => Float64Array.from(values.subarray(i * columns, (i + 1) * columns))),
  );
}

/** A matrix, rounded, as a float32 tensor `[rows, columns]`. */
export function fromMatrix(matrix: Matrix): Tensor {
  return tensor(Float32Array.from(matrix.to1DArray()), { shape: [matrix.rows, matrix.columns] });
}

/** Eigenvalues, the largest first, and the eigenvectors to them as columns, of length 1. */
export interface Eigen {
  readonly values: readonly number[];
  readonly vectors: Matrix;
}

/** The eigenvalues and eigenvectors of a symmetric matrix. */
export function eigh(symmetric: Matrix): Eigen {
  const eigen = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const values = eigen.realEigenvalues;
  const order = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number));
  const vectors = eigen.eigenvectorMatrix.subMatrixColumn(order);
  return { values: order.map((i) => values[i] as number), vectors };
}

/**
 * The solution X of A·X = B for a symmetric, positive definite A, by Cholesky's decomposition.
 *
 * @throws {OptionError} when A is not positive definite.
 */
export function solvePositive(op: string, a: Matrix, b: Matrix): Matrix {
  // Rounding may have left the two halves of a product a little different, which the decomposition refuses.
  const cholesky = new CholeskyDecomposition(Matrix.add(a, a.transpose()).mul(0.5));
  if (!cholesky.isPositiveDefinite()) throw new OptionError(`${op}: the covariance is singular; shrink it more`);
  return cholesky.solve(b);
}

/** The X of the smallest ‖A·X − B‖², and of several the shortest, by the singular values of A. */
export function leastSquares(a: Matrix, b: Matrix): Matrix {
  return new SVD(a, { autoTranspose: true }).solve(b);
}
