/** Every case of a symmetric or triangular operand as the one that is computed: stored below the diagonal, on the left. */

import { type Matrix, reverseCols, reverseRows, transpose } from "./views.js";

/** A symmetric matrix, as if its lower triangle were stored. */
export function lowerOf(symmetric: Matrix, upper: boolean): Matrix {
  return upper ? transpose(symmetric) : symmetric;
}

/** op(a) · b as t · b with a lower triangular t: where op(a) is upper triangular, with the rows of both turned round. */
export function lowerTriangular(a: Matrix, upper: boolean, transposed: boolean, b: Matrix): { t: Matrix; b: Matrix } {
  const t = transposed ? transpose(a) : a;
  return upper === transposed ? { t, b } : { t: reverseRows(reverseCols(t)), b: reverseRows(b) };
}
