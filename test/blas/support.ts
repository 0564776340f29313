/** Matrices and vectors laid out in every way, and products of them in float64 with a bound of what rounding does. */

import { expect } from "vitest";
import type { Order, Side, TransposeOperation, Triangle } from "../../lib/blas/index.js";

/** Half the distance of 1 to the next float32. */
const UNIT = 2 ** -24;

/** Numbers in (−1, 1) that follow from a seed. */
export function numbers(count: number, seed: number): number[] {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  });
}

/** Rows of a matrix in float64. */
export type Rows = readonly (readonly number[])[];

export function randomRows(rows: number, cols: number, seed: number): Rows {
  const all = numbers(rows * cols, seed);
  return Array.from({ length: rows }, (_, i) => all.slice(i * cols, (i + 1) * cols));
}

export function transposed(a: Rows, rows: number): Rows {
  return Array.from({ length: rows }, (_, i) => a.map((row) => row[i] as number));
}

/** op(a), which has so many rows. */
export function op(a: Rows, trans: TransposeOperation, rows: number): Rows {
  return trans === "no-transpose" || trans === 111 ? a : transposed(a, rows);
}

/** A matrix in memory: what lies between its elements is NaN. */
export interface Stored {
  readonly data: Float32Array;
  readonly strides: readonly [number, number];
  readonly offset: number;
  /** Where element (i, j) lies. */
  at(i: number, j: number): number;
}

/** Puts a matrix into memory with these strides, of which either may be negative, `before` elements from the start. */
export function store(rows: Rows, cols: number, strides: readonly [number, number], before = 0): Stored {
  const reach = (length: number, stride: number) => Math.max(0, length - 1) * stride;
  const [down, right] = [reach(rows.length, strides[0]), reach(cols, strides[1])];
  const offset = before - Math.min(0, down) - Math.min(0, right);
  const data = new Float32Array(before + Math.abs(down) + Math.abs(right) + 3).fill(Number.NaN);
  const at = (i: number, j: number) => offset + i * strides[0] + j * strides[1];
  rows.forEach((row, i) => {
    row.forEach((value, j) => {
      data[at(i, j)] = value;
    });
  });
  return { data, strides, offset, at };
}

/** The strides of a matrix of an order, and its leading dimension, `extra` above the least. */
export function layout(order: Order, rows: number, cols: number, extra: number) {
  const rowMajor = order === "row-major" || order === 101;
  const ld = Math.max(1, rowMajor ? cols : rows) + extra;
  return { ld, strides: (rowMajor ? [ld, 1] : [1, ld]) as readonly [number, number] };
}

/** A vector as BLAS has it, a column: a negative increment begins at its end. */
export function storeVector(values: readonly number[], increment: number): Stored {
  return store(
    values.map((value) => [value]),
    1,
    [increment, 1],
  );
}

/** The matrix of which one triangle is stored; the other one is NaN in memory. */
export function triangleOf(a: Rows, uplo: Triangle): Rows {
  return a.map((row, i) => row.map((value, j) => (isStored(uplo, i, j) ? value : Number.NaN)));
}

export function isStored(uplo: Triangle, i: number, j: number): boolean {
  return uplo === "upper" || uplo === 121 ? j >= i : j <= i;
}

/** A triangular matrix with zeros. */
export function zeroedTriangle(a: Rows, uplo: Triangle, unit: boolean): Rows {
  return a.map((row, i) => row.map((value, j) => (i === j && unit ? 1 : isStored(uplo, i, j) ? value : 0)));
}

export function symmetricOf(a: Rows, uplo: Triangle): Rows {
  return a.map((row, i) => row.map((value, j) => (isStored(uplo, i, j) ? value : ((a[j] as number[])[i] as number))));
}

export const isLeft = (side: Side) => side === "left" || side === 141;

/** alpha · a · b + beta · c in float64, and how far from it float32 may be. c is not read where beta is 0. */
export function product(alpha: number, a: Rows, b: Rows, beta: number, c: Rows): Bounded[][] {
  return c.map((row, i) =>
    row.map((old, j) => {
      const terms =
        alpha === 0 ? [] : (a[i] as number[]).map((value, p) => alpha * value * ((b[p] as number[])[j] as number));
      if (beta !== 0) terms.push(beta * old);
      const magnitude = terms.reduce((sum, term) => sum + Math.abs(term), 0);
      // Each product is rounded, each partial sum, alpha, beta and the result; γₙ of the standard model of rounding.
      const roundings = (terms.length + 6) * UNIT;
      return { value: terms.reduce((sum, term) => sum + term, 0), error: (roundings / (1 - roundings)) * magnitude };
    }),
  );
}

export interface Bounded {
  readonly value: number;
  readonly error: number;
}

/** Compares the elements in memory that `isResult` takes; all others must have stayed as they were. */
export function expectStored(
  stored: Stored,
  before: Float32Array,
  expected: readonly (readonly Bounded[])[],
  isResult: (i: number, j: number) => boolean = () => true,
): void {
  const untouched = before.slice();
  expected.forEach((row, i) => {
    row.forEach(({ value, error }, j) => {
      if (!isResult(i, j)) return;
      const at = stored.at(i, j);
      const distance = Math.abs((stored.data[at] as number) - value);
      if (!(distance <= error)) expect(`(${i}, ${j}) = ${stored.data[at]}`).toBe(`${value} within ${error}`);
      untouched[at] = stored.data[at] as number;
    });
  });
  expect(Buffer.from(stored.data.buffer).equals(Buffer.from(untouched.buffer))).toBe(true);
}
