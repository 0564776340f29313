/**
 * nodegrad in the place of the product of ml-matrix, which computes in float64: rows are converted to float32 and the result
 * back, which takes its time and leaves seven digits. Linear regression by the normal equations (xᵀx)w = xᵀy shows what
 * is left of both; what needs float64, the solution of the system, stays with ml-matrix.
 *
 *     node build-examples/examples/blas-ml-matrix.js
 */

import { Matrix, solve } from "ml-matrix";
import { sgemm } from "nodegrad/blas";
import { quick } from "./inputs.js";

const original = Matrix.prototype.mmul;
const spent = { elements: 0, conversion: 0, product: 0 };

/** The elements row by row in float32. */
function toFloat32(matrix: Matrix): Float32Array {
  const data = new Float32Array(matrix.rows * matrix.columns);
  matrix.to2DArray().forEach((row, i) => {
    data.set(row, i * matrix.columns);
  });
  return data;
}

function mmul(this: Matrix, other: Matrix | ArrayLike<ArrayLike<number>>): Matrix {
  const right = Matrix.checkMatrix(other as Matrix);
  const [m, k, n] = [this.rows, this.columns, right.columns];
  const start = performance.now();
  const [a, b, c] = [toFloat32(this), toFloat32(right), new Float32Array(m * n)];
  const converted = performance.now();
  sgemm("row-major", "no-transpose", "no-transpose", m, n, k, 1, a, k, b, n, 0, c, n);
  const multiplied = performance.now();
  const result = new Matrix(Array.from({ length: m }, (_, i) => c.subarray(i * n, (i + 1) * n)));
  spent.elements += a.length + b.length + c.length;
  spent.conversion += converted - start + (performance.now() - multiplied);
  spent.product += multiplied - converted;
  return result;
}

const [examples, features] = quick ? [500, 60] : [4000, 250];
const x = Matrix.rand(examples, features);
const truth = Matrix.rand(features, 1);
const y = original.call(x, truth);

/** The weights that fit best, and the milliseconds of the better of several runs. */
function regression(): { weights: Matrix; milliseconds: number } {
  let [weights, milliseconds] = [truth, Number.POSITIVE_INFINITY];
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    const turned = x.transpose();
    weights = solve(turned.mmul(x), turned.mmul(y));
    milliseconds = Math.min(milliseconds, performance.now() - start);
  }
  return { weights, milliseconds };
}

const far = ({ weights }: { weights: Matrix }) => Matrix.sub(weights, truth).abs().max().toExponential(1);
const before = regression();
Matrix.prototype.mmul = mmul as typeof original;
const after = regression();
console.log(`ml-matrix alone: ${before.milliseconds.toFixed(1)} ms, weights within ${far(before)}`);
console.log(`with sgemm: ${after.milliseconds.toFixed(1)} ms, weights within ${far(after)}`);
console.log(
  `${(before.milliseconds / after.milliseconds).toFixed(1)} times as fast; of the products ${spent.product.toFixed(1)} ms ` +
    `were sgemm and ${spent.conversion.toFixed(1)} ms conversion of ${spent.elements} elements`,
);
