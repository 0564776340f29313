/**
 * Symmetric and triangular matrices, halved until a block is small: what is off the diagonal is then a product of whole
 * matrices. All of it is written for matrices whose lower triangle is stored; the other cases are the same ones with
 * axes exchanged or turned round.
 */

import { multiply, scale } from "./product.js";
import { block, compactMatrix, type Matrix, transpose } from "./views.js";

/** Blocks on the diagonal have at most so many rows. */
const BLOCK = 64;

/** Triangular systems are solved here, row by row, for blocks of at most so many. */
const SOLVED_BLOCK = 32;

/** So few columns are multiplied here, one by one, by a triangle of a block. */
const FEW_COLUMNS = 4;

/** Blocks are solved by their inverses up to this condition number: as much is lost of the accuracy of substitution. */
const MOST_CONDITION = 2 ** 10;

/** The first part of n: the largest power of two times the block below it, so that few different sizes occur. */
function half(n: number, least: number): number {
  let size = least;
  while (2 * size < n) size *= 2;
  return size;
}

/** The four parts of a square matrix, without the one above the diagonal. */
function quarter(a: Matrix, h: number): [first: Matrix, below: Matrix, second: Matrix] {
  const rest = a.rows - h;
  return [block(a, 0, h, 0, h), block(a, h, rest, 0, h), block(a, h, rest, h, rest)];
}

/** The first h rows, and the others. */
function splitRows(a: Matrix, h: number): [first: Matrix, second: Matrix] {
  return [block(a, 0, h, 0, a.cols), block(a, h, a.rows - h, 0, a.cols)];
}

const scratch = new Float32Array(BLOCK * BLOCK);

/** What stands above the diagonal: the mirror image of what is below, or zeros. */
type Above = "mirrored" | "zeros";

/** The lower triangle of a block as a square matrix. */
function completed({ data, rows, offset, rowStride, colStride }: Matrix, above: Above): Matrix {
  for (let i = 0; i < rows; i++) {
    for (let j = 0, at = offset + i * rowStride; j <= i; j++, at += colStride) {
      const value = data[at] as number;
      scratch[j * rows + i] = above === "mirrored" ? value : 0;
      scratch[i * rows + j] = value;
    }
  }
  return compactMatrix(scratch, rows, rows);
}

/** The lower triangle of c ← alpha · a · b + beta · c. */
export function multiplyTriangle(alpha: number, a: Matrix, b: Matrix, beta: number, c: Matrix): void {
  if (c.rows > BLOCK) {
    const h = half(c.rows, BLOCK);
    const [first, below, second] = quarter(c, h);
    const [a1, a2] = splitRows(a, h);
    const [b1, b2] = [block(b, 0, b.rows, 0, h), block(b, 0, b.rows, h, b.cols - h)];
    multiplyTriangle(alpha, a1, b1, beta, first);
    multiply(alpha, a2, b1, beta, below);
    multiplyTriangle(alpha, a2, b2, beta, second);
    return;
  }
  const whole = compactMatrix(scratch, c.rows, c.cols);
  multiply(alpha, a, b, 0, whole);
  for (let i = 0; i < c.rows; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = scratch[i * c.cols + j] as number;
      const at = c.offset + i * c.rowStride + j * c.colStride;
      c.data[at] = beta === 0 ? sum : sum + beta * (c.data[at] as number);
    }
  }
}

/** c ← alpha · s · b + beta · c, where s is symmetric and its lower triangle is stored. */
export function multiplySymmetric(alpha: number, s: Matrix, b: Matrix, beta: number, c: Matrix): void {
  if (alpha === 0) {
    scale(c, beta);
    return;
  }
  if (s.rows > BLOCK) {
    const h = half(s.rows, BLOCK);
    const [first, below, second] = quarter(s, h);
    const [[b1, b2], [c1, c2]] = [splitRows(b, h), splitRows(c, h)];
    multiplySymmetric(alpha, first, b1, beta, c1);
    multiplySymmetric(alpha, second, b2, beta, c2);
    multiply(alpha, transpose(below), b2, 1, c1);
    multiply(alpha, below, b1, 1, c2);
    return;
  }
  multiply(alpha, completed(s, "mirrored"), b, beta, c);
}

/** b ← alpha · t · b, where t is lower triangular. */
export function multiplyLower(alpha: number, t: Matrix, unit: boolean, b: Matrix): void {
  if (alpha === 0) {
    scale(b, 0);
    return;
  }
  if (t.rows > BLOCK) {
    const h = half(t.rows, BLOCK);
    const [first, below, second] = quarter(t, h);
    const [b1, b2] = splitRows(b, h);
    multiplyLower(alpha, second, unit, b2);
    multiply(alpha, below, b1, 1, b2);
    multiplyLower(alpha, first, unit, b1);
    return;
  }
  if (b.cols < FEW_COLUMNS || !areFinite(b)) {
    for (let j = 0; j < b.cols; j++) multiplyColumn(alpha, t, unit, b, j);
    return;
  }
  const whole = completed(t, "zeros");
  if (unit) for (let i = 0; i < t.rows; i++) scratch[i * t.cols + i] = 1;
  multiply(alpha, whole, b, 0, b);
}

const zeros = compactMatrix(new Float32Array(BLOCK), 1, BLOCK);

/** Whether the zeros above a diagonal times these, at most `BLOCK` rows, are zeros: times NaN or an infinity they are NaN. */
function areFinite(b: Matrix): boolean {
  const sums = new Float32Array(b.cols);
  multiply(1, block(zeros, 0, 1, 0, b.rows), b, 0, compactMatrix(sums, 1, b.cols));
  return !sums.some(Number.isNaN);
}

/** Multiplies one column of b, in float64. */
function multiplyColumn(alpha: number, t: Matrix, unit: boolean, b: Matrix, j: number): void {
  const { data, offset, rowStride, colStride } = t;
  const first = b.offset + j * b.colStride;
  // From the last row on, as each needs those before it as they were.
  for (let i = t.rows - 1; i >= 0; i--) {
    let [at, from, sum] = [offset + i * rowStride, first, 0];
    for (let p = 0; p < i; p++, at += colStride, from += b.rowStride) {
      sum += (data[at] as number) * (b.data[from] as number);
    }
    const own = b.data[from] as number;
    b.data[from] = alpha * (sum + (unit ? own : (data[at] as number) * own));
  }
}

/** b ← t⁻¹ · b, where t is lower triangular: forward substitution. */
export function solveLower(t: Matrix, unit: boolean, b: Matrix): void {
  if (t.rows <= SOLVED_BLOCK) {
    // For many right-hand sides a product with the inverse of the block is faster, where it is as good.
    const inverted = b.cols < t.rows || !areFinite(b) ? undefined : inverse(t, unit);
    if (inverted) multiply(1, inverted, b, 0, b);
    else for (let j = 0; j < b.cols; j++) solveColumn(t, unit, b, j);
    return;
  }
  const h = half(t.rows, SOLVED_BLOCK);
  const [first, below, second] = quarter(t, h);
  const [b1, b2] = splitRows(b, h);
  solveLower(first, unit, b1);
  multiply(-1, below, b1, 1, b2);
  solveLower(second, unit, b2);
}

const columns = new Float32Array(SOLVED_BLOCK * SOLVED_BLOCK);

/** t⁻¹ of a block, one column after the other; none where t is singular, or so nearly that the inverse would be inaccurate. */
function inverse(t: Matrix, unit: boolean): Matrix | undefined {
  const result = compactMatrix(columns, t.rows, t.rows);
  columns.fill(0);
  for (let j = 0; j < t.rows; j++) {
    columns[j * t.rows + j] = 1;
    solveColumn(t, unit, result, j);
  }
  return rowNorm(t, unit) * rowNorm(result, false) <= MOST_CONDITION ? result : undefined;
}

/** The largest sum of magnitudes of a row of a lower triangle; NaN if there is one in it. */
function rowNorm({ data, rows, offset, rowStride, colStride }: Matrix, unit: boolean): number {
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    let [at, sum] = [offset + i * rowStride, 0];
    for (let p = 0; p < i; p++, at += colStride) sum += Math.abs(data[at] as number);
    largest = Math.max(largest, sum + (unit ? 1 : Math.abs(data[at] as number)));
  }
  return largest;
}

const solution = new Float64Array(SOLVED_BLOCK);

/** Solves for one column of b, in float64. */
function solveColumn(t: Matrix, unit: boolean, b: Matrix, j: number): void {
  const { data, rows, offset, rowStride, colStride } = t;
  for (let i = 0, to = b.offset + j * b.colStride; i < rows; i++, to += b.rowStride) {
    let at = offset + i * rowStride;
    let rest = b.data[to] as number;
    for (let p = 0; p < i; p++, at += colStride) rest -= (data[at] as number) * (solution[p] as number);
    const value = unit ? rest : rest / (data[at] as number);
    solution[i] = value;
    b.data[to] = value;
  }
}
