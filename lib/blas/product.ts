/** c = alpha · a · b + beta · c: what every product of matrices and vectors here comes down to. */

import type { MicroDescription } from "../program/index.js";
import { defineKernel, isInterpreted, type Operand, run } from "./machine.js";
import { apart, type Matrix, reverseCols, reverseRows, transpose } from "./views.js";

/** From so many multiplications on, a call of native code is faster than a loop in JavaScript. */
const NATIVE_PRODUCTS = 512;

/** From so many on, a run of the TypeScript backend is. */
const INTERPRETED_PRODUCTS = 2 ** 14;

const SCALED: MicroDescription = {
  registers: 2,
  results: [0],
  code: [
    { op: "scalar", dtype: "float32", dst: 1, a: 0 },
    { op: "mul", dtype: "float32", dst: 0, a: 0, b: 1 },
  ],
};

const ADDED: MicroDescription = {
  registers: 4,
  results: [0],
  code: [
    { op: "scalar", dtype: "float32", dst: 2, a: 0 },
    { op: "scalar", dtype: "float32", dst: 3, a: 1 },
    { op: "mul", dtype: "float32", dst: 0, a: 0, b: 2 },
    { op: "mulAdd", dtype: "float32", dst: 0, a: 1, b: 3, c: 0 },
  ],
};

const product = defineKernel("matmul", { micro: { registers: 1, results: [0], code: [] } });
const scaledProduct = defineKernel("matmul", { micro: SCALED });
const addedProduct = defineKernel("matmul", { updates: true, micro: ADDED });

/**
 * c ← alpha · a · b + beta · c. As in every BLAS, c is not read where beta is 0, and a and b are not where alpha is 0. Where
 * the memory of a or b meets that of c they are copied first.
 */
export function multiply(alpha: number, a: Matrix, b: Matrix, beta: number, c: Matrix): void {
  if (c.rows === 0 || c.cols === 0) return;
  if (alpha === 0 || a.cols === 0) {
    scale(c, beta);
    return;
  }
  const [left, right] = [apart(a, c), apart(b, c)];
  // An overflow of the count is no matter: it is large.
  const count = c.rows * c.cols * a.cols;
  const isSmall = count < NATIVE_PRODUCTS || (count < INTERPRETED_PRODUCTS && isInterpreted());
  if (isSmall) multiplyHere(alpha, left, right, beta, c);
  else if (c.rows > 1 && c.cols > 1 && c.rowStride === 1 && c.colStride !== 1) {
    multiplyNative(alpha, transpose(right), transpose(left), beta, transpose(c));
  } else multiplyNative(alpha, left, right, beta, c);
}

/** c ← beta · c; zeros where beta is 0, whatever was there. */
export function scale(c: Matrix, beta: number): void {
  if (beta === 1) return;
  if (c.colStride !== 1 && c.rowStride === 1) {
    scale(transpose(c), beta);
    return;
  }
  for (let i = 0; i < c.rows; i++) {
    const first = c.offset + i * c.rowStride;
    if (beta === 0 && c.colStride === 1) c.data.fill(0, first, first + c.cols);
    else {
      for (let j = 0, at = first; j < c.cols; j++, at += c.colStride) {
        c.data[at] = beta === 0 ? 0 : beta * (c.data[at] as number);
      }
    }
  }
}

/** Sums in float64, rounded once. */
function multiplyHere(alpha: number, a: Matrix, b: Matrix, beta: number, c: Matrix): void {
  const [dataA, dataB, dataC] = [a.data, b.data, c.data];
  const [stepA, stepB, length] = [a.colStride, b.rowStride, a.cols];
  for (let i = 0; i < c.rows; i++) {
    for (let j = 0; j < c.cols; j++) {
      let sum = 0;
      let atA = a.offset + i * a.rowStride;
      let atB = b.offset + j * b.colStride;
      for (let p = 0; p < length; p++, atA += stepA, atB += stepB) {
        sum += (dataA[atA] as number) * (dataB[atB] as number);
      }
      const at = c.offset + i * c.rowStride + j * c.colStride;
      dataC[at] = beta === 0 ? alpha * sum : alpha * sum + beta * (dataC[at] as number);
    }
  }
}

function multiplyNative(alpha: number, a: Matrix, b: Matrix, beta: number, c: Matrix): void {
  const operands = forward(a, b, c).map(operandOf);
  run(beta !== 0 ? addedProduct : alpha !== 1 ? scaledProduct : product, operands, [alpha, beta]);
}

/** c, a and b with an axis turned round where two of them have it backwards: which comes first does not matter. */
function forward(a: Matrix, b: Matrix, c: Matrix): [c: Matrix, a: Matrix, b: Matrix] {
  if (a.rowStride < 0 && c.rowStride < 0) return forward(reverseRows(a), b, reverseRows(c));
  if (b.colStride < 0 && c.colStride < 0) return forward(a, reverseCols(b), reverseCols(c));
  if (a.colStride < 0 && b.rowStride < 0) return forward(reverseCols(a), reverseRows(b), c);
  return [c, a, b];
}

/** The stride of an axis of length 1 says nothing. */
function operandOf({ data, rows, cols, offset, rowStride, colStride }: Matrix): Operand {
  return { data, offset, shape: [rows, cols], strides: [rows > 1 ? rowStride : cols, cols > 1 ? colStride : 1] };
}
