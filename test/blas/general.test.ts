/** sgemm, sgemv and sger against their definition in float64, over every layout. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sgemm, sgemv, sger } from "../../lib/blas/index.js";
import { expectStored, layout, op, product, randomRows, store, storeVector } from "./support.js";

const order = fc.constantFrom("row-major" as const, "column-major" as const, 101 as const, 102 as const);
const trans = fc.constantFrom(
  "no-transpose" as const,
  "transpose" as const,
  "conjugate-transpose" as const,
  111 as const,
  112 as const,
);
const scalar = fc.constantFrom(0, 1, -1, 0.3);
/** Small ones are computed in JavaScript, the others natively. */
const size = fc.oneof(fc.nat(6), fc.integer({ min: 7, max: 40 }));
const extra = fc.nat(3);
const increment = fc.constantFrom(1, 2, -1, -3);
const seed = fc.nat(1000);
const nans = (rows: number, cols: number) =>
  Array.from({ length: rows }, () => new Array<number>(cols).fill(Number.NaN));

describe("sgemm", () => {
  it("is alpha · op(a) · op(b) + beta · c for every order, transposition and leading dimension", () => {
    fc.assert(
      fc.property(
        fc.record({
          order,
          transA: trans,
          transB: trans,
          m: size,
          n: size,
          k: size,
          alpha: scalar,
          beta: scalar,
          extra,
          seed,
        }),
        ({ order, transA, transB, m, n, k, alpha, beta, extra, seed }) => {
          const opA = randomRows(m, k, seed);
          const opB = randomRows(k, n, seed + 1);
          const [rowsA, colsA] = op(nans(1, 2), transA, 2).length === 1 ? [m, k] : [k, m];
          const [rowsB, colsB] = op(nans(1, 2), transB, 2).length === 1 ? [k, n] : [n, k];
          const [layoutA, layoutB] = [layout(order, rowsA, colsA, extra), layout(order, rowsB, colsB, 3 - extra)];
          // What is not to be read is NaN.
          const a = store(alpha === 0 ? nans(rowsA, colsA) : op(opA, transA, rowsA), colsA, layoutA.strides);
          const b = store(alpha === 0 ? nans(rowsB, colsB) : op(opB, transB, rowsB), colsB, layoutB.strides);
          const old = randomRows(m, n, seed + 2);
          const layoutC = layout(order, m, n, extra);
          const c = store(beta === 0 ? nans(m, n) : old, n, layoutC.strides);
          const before = c.data.slice();
          const result = sgemm(
            order,
            transA,
            transB,
            m,
            n,
            k,
            alpha,
            a.data,
            layoutA.ld,
            b.data,
            layoutB.ld,
            beta,
            c.data,
            layoutC.ld,
          );
          expect(result).toBe(c.data);
          expectStored(c, before, product(alpha, opA, opB, beta, old));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("takes any strides and offsets", () => {
    const strides = fc.tuple(
      fc.constantFrom(1, -1),
      fc.constantFrom(1, -1),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
    );
    /** Gaps of `gap − 1` elements, either axis the inner one, of any sign. */
    const stridesOf = ([down, right, gap, swaps]: [number, number, number, boolean], rows: number, cols: number) =>
      (swaps ? [down * gap, right * (gap * rows + 1)] : [down * (gap * cols + 1), right * gap]) as [number, number];
    fc.assert(
      fc.property(
        fc.record({ m: size, n: size, k: size, a: strides, b: strides, c: strides, beta: scalar, before: extra, seed }),
        ({ m, n, k, beta, before, seed, ...kinds }) => {
          const [opA, opB, old] = [randomRows(m, k, seed), randomRows(k, n, seed + 1), randomRows(m, n, seed + 2)];
          const a = store(opA, k, stridesOf(kinds.a, m, k), before);
          const b = store(opB, n, stridesOf(kinds.b, k, n), 2 * before);
          const c = store(old, n, stridesOf(kinds.c, m, n), before);
          const copy = c.data.slice();
          sgemm.ndarray(
            111,
            111,
            m,
            n,
            k,
            0.5,
            a.data,
            ...a.strides,
            a.offset,
            b.data,
            ...b.strides,
            b.offset,
            beta,
            c.data,
            ...c.strides,
            c.offset,
          );
          expectStored(c, copy, product(0.5, opA, opB, beta, old));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reads what shares memory with the result as it was", () => {
    for (const n of [4, 40]) {
      const [a, b] = [randomRows(n, n, 1), randomRows(n, n, 2)];
      const { data } = store(a, n, [n, 1]);
      const other = store(b, n, [n, 1]);
      const before = data.slice();
      sgemm(101, 111, 111, n, n, n, 1, data, n, other.data, n, 0, data, n);
      expectStored({ ...other, data }, before, product(1, a, b, 0, a));
      // Columns of one matrix: the left half times what is above the right half.
      const whole = randomRows(n, 2 * n, 3);
      const stored = store(whole, 2 * n, [2 * n, 1]);
      const copy = stored.data.slice();
      sgemm.ndarray(111, 111, n, n, n, 1, stored.data, 2 * n, 1, 0, other.data, n, 1, 0, 1, stored.data, 2 * n, 1, n);
      const [left, right] = [whole.map((row) => row.slice(0, n)), whole.map((row) => row.slice(n))];
      expectStored({ ...stored, at: (i, j) => stored.at(i, j + n) }, copy, product(1, left, b, 1, right));
    }
  });

  it("gives NaN where a factor is NaN, and infinities", () => {
    for (const n of [2, 20]) {
      const a = new Float32Array(n * n).fill(1);
      const c = new Float32Array(n * n);
      a[0] = Number.NaN;
      a[n] = Number.POSITIVE_INFINITY;
      sgemm(101, 111, 111, n, n, n, 1, a, n, new Float32Array(n * n).fill(1), n, 0, c, n);
      expect([c[0], c[n], c[n * n - 1]]).toEqual([
        Number.NaN,
        Number.POSITIVE_INFINITY,
        n === 2 ? Number.POSITIVE_INFINITY : n,
      ]);
    }
  });
});

describe("sgemv", () => {
  it("is alpha · op(a) · x + beta · y for every order, transposition and increment", () => {
    fc.assert(
      fc.property(
        fc.record({
          order,
          trans,
          m: size,
          n: size,
          alpha: scalar,
          beta: scalar,
          extra,
          incX: increment,
          incY: increment,
          seed,
        }),
        ({ order, trans, m, n, alpha, beta, extra, incX, incY, seed }) => {
          const [matrix, { ld, strides }] = [randomRows(m, n, seed), layout(order, m, n, extra)];
          const a = store(matrix, n, strides);
          const opA = op(matrix, trans, n);
          const [lengthX, lengthY] = opA === matrix ? [n, m] : [m, n];
          const [valuesX, valuesY] = [randomRows(lengthX, 1, seed + 1), randomRows(lengthY, 1, seed + 2)];
          const x = storeVector(valuesX.flat(), incX);
          const y = storeVector(beta === 0 ? new Array<number>(lengthY).fill(Number.NaN) : valuesY.flat(), incY);
          const before = y.data.slice();
          expect(sgemv(order, trans, m, n, alpha, a.data, ld, x.data, incX, beta, y.data, incY)).toBe(y.data);
          if (m === 0 || n === 0) expect(y.data).toEqual(before);
          else expectStored(y, before, product(alpha, opA, valuesX, beta, valuesY));
          if (m === 0 || n === 0) return;
          y.data.set(before);
          sgemv.ndarray(
            trans,
            m,
            n,
            alpha,
            a.data,
            ...a.strides,
            0,
            x.data,
            incX,
            x.offset,
            beta,
            y.data,
            incY,
            y.offset,
          );
          expectStored(y, before, product(alpha, opA, valuesX, beta, valuesY));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("sger", () => {
  it("is alpha · x · yᵀ + a for every order and increment", () => {
    fc.assert(
      fc.property(
        fc.record({ order, m: size, n: size, alpha: scalar, extra, incX: increment, incY: increment, seed }),
        ({ order, m, n, alpha, extra, incX, incY, seed }) => {
          const [matrix, { ld, strides }] = [randomRows(m, n, seed), layout(order, m, n, extra)];
          const a = store(matrix, n, strides);
          const [valuesX, valuesY] = [randomRows(m, 1, seed + 1), randomRows(1, n, seed + 2)];
          const x = storeVector(valuesX.flat(), incX);
          const y = storeVector(valuesY.flat(), incY);
          const before = a.data.slice();
          expect(sger(order, m, n, alpha, x.data, incX, y.data, incY, a.data, ld)).toBe(a.data);
          expectStored(a, before, product(alpha, valuesX, valuesY, 1, matrix));
        },
      ),
      { numRuns: 200 },
    );
  });
});
