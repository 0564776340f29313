/** Symmetric and triangular matrices against their definitions in float64: the other triangle is NaN in memory. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ssymm, ssymv, ssyr, ssyr2, ssyr2k, ssyrk, strmm, strmv, strsm, strsv } from "../../lib/blas/index.js";
import {
  type Bounded,
  expectStored,
  isLeft,
  isStored,
  layout,
  op,
  product,
  type Rows,
  randomRows,
  store,
  storeVector,
  symmetricOf,
  transposed,
  triangleOf,
  zeroedTriangle,
} from "./support.js";

const order = fc.constantFrom("row-major" as const, "column-major" as const, 101 as const, 102 as const);
const trans = fc.constantFrom("no-transpose" as const, "transpose" as const, 111 as const, 112 as const);
const uplo = fc.constantFrom("upper" as const, "lower" as const, 121 as const, 122 as const);
const side = fc.constantFrom("left" as const, "right" as const, 141 as const, 142 as const);
const diag = fc.constantFrom("unit" as const, "non-unit" as const);
const scalar = fc.constantFrom(0, 1, -0.5);
/** Blocks on the diagonal have 32 or 64 rows. */
const size = fc.oneof(fc.nat(9), fc.constantFrom(31, 33, 65, 100));
const few = fc.oneof(fc.nat(4), fc.constant(40));
const extra = fc.nat(2);
const increment = fc.constantFrom(1, 2, -1);
const seed = fc.nat(1000);
const runs = { numRuns: 40 };

const nanRows = (a: Rows) => a.map((row) => row.map(() => Number.NaN));

/** The error of a sum that is rounded in two halves. */
const twice = (bounds: Bounded[][]) =>
  bounds.map((row) => row.map(({ value, error }) => ({ value, error: 2 * error })));

describe("symmetric matrices", () => {
  it("ssymm is alpha · a · b + beta · c, or alpha · b · a + beta · c", () => {
    fc.assert(
      fc.property(
        fc.record({ order, side, uplo, size, few, alpha: scalar, beta: scalar, extra, seed }),
        ({ order, side, uplo, size, few, alpha, beta, extra, seed }) => {
          const [m, n] = isLeft(side) ? [size, few] : [few, size];
          const [whole, b, old] = [
            randomRows(size, size, seed),
            randomRows(m, n, seed + 1),
            randomRows(m, n, seed + 2),
          ];
          const symmetric = symmetricOf(whole, uplo);
          const [layoutA, layoutB] = [layout(order, size, size, extra), layout(order, m, n, 2 - extra)];
          const storedA = store(triangleOf(whole, uplo), size, layoutA.strides);
          const storedB = store(b, n, layoutB.strides);
          const c = store(beta === 0 ? nanRows(old) : old, n, layoutB.strides);
          const before = c.data.slice();
          const result = ssymm(
            order,
            side,
            uplo,
            m,
            n,
            alpha,
            storedA.data,
            layoutA.ld,
            storedB.data,
            layoutB.ld,
            beta,
            c.data,
            layoutB.ld,
          );
          expect(result).toBe(c.data);
          const [left, right] = isLeft(side) ? [symmetric, b] : [b, symmetric];
          expectStored(c, before, twice(product(alpha, left, right, beta, old)));
        },
      ),
      runs,
    );
  });

  it("ssymv is alpha · a · x + beta · y", () => {
    fc.assert(
      fc.property(
        fc.record({ order, uplo, n: size, alpha: scalar, beta: scalar, extra, incX: increment, incY: increment, seed }),
        ({ order, uplo, n, alpha, beta, extra, incX, incY, seed }) => {
          const [whole, xs, ys] = [randomRows(n, n, seed), randomRows(n, 1, seed + 1), randomRows(n, 1, seed + 2)];
          const { ld, strides } = layout(order, n, n, extra);
          const a = store(triangleOf(whole, uplo), n, strides);
          const x = storeVector(xs.flat(), incX);
          const y = storeVector((beta === 0 ? nanRows(ys) : ys).flat(), incY);
          const before = y.data.slice();
          expect(ssymv(order, uplo, n, alpha, a.data, ld, x.data, incX, beta, y.data, incY)).toBe(y.data);
          expectStored(y, before, twice(product(alpha, symmetricOf(whole, uplo), xs, beta, ys)));
          y.data.set(before);
          ssymv.ndarray(uplo, n, alpha, a.data, ...a.strides, 0, x.data, incX, x.offset, beta, y.data, incY, y.offset);
          expectStored(y, before, twice(product(alpha, symmetricOf(whole, uplo), xs, beta, ys)));
        },
      ),
      runs,
    );
  });

  it("ssyrk and ssyr2k update one triangle", () => {
    fc.assert(
      fc.property(
        fc.record({ order, uplo, trans, n: size, k: few, alpha: scalar, beta: scalar, extra, seed }),
        ({ order, uplo, trans, n, k, alpha, beta, extra, seed }) => {
          const [opA, opB, old] = [randomRows(n, k, seed), randomRows(n, k, seed + 1), randomRows(n, n, seed + 2)];
          const turns = trans === "transpose" || trans === 112;
          const [rows, cols] = turns ? [k, n] : [n, k];
          const [layoutA, layoutC] = [layout(order, rows, cols, extra), layout(order, n, n, extra)];
          const a = store(op(opA, trans, rows), cols, layoutA.strides);
          const b = store(op(opB, trans, rows), cols, layoutA.strides);
          const c = store(triangleOf(beta === 0 ? nanRows(old) : old, uplo), n, layoutC.strides);
          const before = c.data.slice();
          const inTriangle = (i: number, j: number) => isStored(uplo, i, j);
          expect(ssyrk(order, uplo, trans, n, k, alpha, a.data, layoutA.ld, beta, c.data, layoutC.ld)).toBe(c.data);
          expectStored(c, before, product(alpha, opA, transposed(opA, k), beta, old), inTriangle);
          c.data.set(before);
          ssyr2k(order, uplo, trans, n, k, alpha, a.data, layoutA.ld, b.data, layoutA.ld, beta, c.data, layoutC.ld);
          const left = opA.map((row, i) => [...row, ...(opB[i] as number[])]);
          const right = [...transposed(opB, k), ...transposed(opA, k)];
          expectStored(c, before, twice(product(alpha, left, right, beta, old)), inTriangle);
        },
      ),
      runs,
    );
  });

  it("ssyr and ssyr2 update one triangle", () => {
    fc.assert(
      fc.property(
        fc.record({ order, uplo, n: size, alpha: scalar, extra, incX: increment, incY: increment, seed }),
        ({ order, uplo, n, alpha, extra, incX, incY, seed }) => {
          const [xs, ys, old] = [randomRows(n, 1, seed), randomRows(n, 1, seed + 1), randomRows(n, n, seed + 2)];
          const { ld, strides } = layout(order, n, n, extra);
          const [x, y] = [storeVector(xs.flat(), incX), storeVector(ys.flat(), incY)];
          const a = store(triangleOf(old, uplo), n, strides);
          const before = a.data.slice();
          const inTriangle = (i: number, j: number) => isStored(uplo, i, j);
          expect(ssyr(order, uplo, n, alpha, x.data, incX, a.data, ld)).toBe(a.data);
          expectStored(a, before, product(alpha, xs, transposed(xs, 1), 1, old), inTriangle);
          a.data.set(before);
          expect(ssyr2(order, uplo, n, alpha, x.data, incX, y.data, incY, a.data, ld)).toBe(a.data);
          const pairs = xs.map((row, i) => [...row, ...(ys[i] as number[])]);
          expectStored(a, before, twice(product(alpha, pairs, [ys.flat(), xs.flat()], 1, old)), inTriangle);
        },
      ),
      runs,
    );
  });
});

/** A triangular matrix that is far from singular: large on the diagonal. */
function wellConditioned(n: number, seed: number): Rows {
  return randomRows(n, n, seed).map((row, i) =>
    row.map((value, j) => Math.fround(i === j ? 2 + value : value / (n + 1))),
  );
}

const magnitudes = (a: Rows) => a.map((row) => row.map(Math.abs));

/**
 * What op(t) · x may be from b where x solves it: substitution and products with inverses of blocks leave at most
 * γ · |t| |t⁻¹| |b|. Here |t⁻¹| |b| is at most twice the largest of |b|, as the diagonal is at least 1 and the rest of a row
 * adds up to less than 1/2 of it on average.
 */
function residuals(t: Rows, x: Rows, b: Rows): Bounded[][] {
  const bound = product(1, magnitudes(t), magnitudes(x), 1, magnitudes(b));
  return b.map((row, i) =>
    row.map((value, j) => ({
      value,
      error: 8 * (((bound[i] as Bounded[])[j] as Bounded).error + 2 ** -24 * Math.abs(value)),
    })),
  );
}

const turned = (bounds: Bounded[][], rows: number) =>
  Array.from({ length: rows }, (_, i) => bounds.map((row) => row[i] as Bounded));

describe("triangular matrices", () => {
  const cases = fc.record({ order, side, uplo, trans, diag, size, few, alpha: scalar, extra, seed });

  it("strmm is alpha · op(a) · b, or alpha · b · op(a)", () => {
    fc.assert(
      fc.property(cases, ({ order, side, uplo, trans, diag, size, few, alpha, extra, seed }) => {
        const [m, n] = isLeft(side) ? [size, few] : [few, size];
        const [whole, b] = [randomRows(size, size, seed), randomRows(m, n, seed + 1)];
        const t = op(zeroedTriangle(whole, uplo, diag === "unit"), trans, size);
        const [layoutA, layoutB] = [layout(order, size, size, extra), layout(order, m, n, 2 - extra)];
        const a = store(triangleOf(whole, uplo), size, layoutA.strides);
        const stored = store(b, n, layoutB.strides);
        const before = stored.data.slice();
        expect(strmm(order, side, uplo, trans, diag, m, n, alpha, a.data, layoutA.ld, stored.data, layoutB.ld)).toBe(
          stored.data,
        );
        const [left, right] = isLeft(side) ? [t, b] : [b, t];
        expectStored(stored, before, twice(product(alpha, left, right, 0, b)));
      }),
      runs,
    );
  });

  it("strsm solves op(a) · x = alpha · b, or x · op(a) = alpha · b", () => {
    fc.assert(
      fc.property(cases, ({ order, side, uplo, trans, diag, size, few, alpha, extra, seed }) => {
        const [m, n] = isLeft(side) ? [size, few] : [few, size];
        const [whole, b] = [wellConditioned(size, seed), randomRows(m, n, seed + 1)];
        const t = op(zeroedTriangle(whole, uplo, diag === "unit"), trans, size);
        const [layoutA, layoutB] = [layout(order, size, size, extra), layout(order, m, n, 2 - extra)];
        const a = store(triangleOf(whole, uplo), size, layoutA.strides);
        const stored = store(b, n, layoutB.strides);
        expect(strsm(order, side, uplo, trans, diag, m, n, alpha, a.data, layoutA.ld, stored.data, layoutB.ld)).toBe(
          stored.data,
        );
        const x = b.map((row, i) => row.map((_, j) => stored.data[stored.at(i, j)] as number));
        const scaled = b.map((row) => row.map((value) => alpha * value));
        const [left, right] = isLeft(side) ? [t, x] : [x, t];
        const back = product(1, left, right, 0, b);
        const bounds = isLeft(side)
          ? residuals(t, x, scaled)
          : turned(residuals(transposed(t, size), transposed(x, n), transposed(scaled, n)), m);
        const far = back.flatMap((row, i) =>
          row.filter(({ value }, j) => {
            const { value: target, error } = (bounds[i] as Bounded[])[j] as Bounded;
            return !(Math.abs(value - target) <= error);
          }),
        );
        expect(far).toEqual([]);
      }),
      runs,
    );
  });

  it("strmv and strsv undo each other", () => {
    fc.assert(
      fc.property(
        fc.record({ order, uplo, trans, diag, n: size, extra, incX: increment, seed }),
        ({ order, uplo, trans, diag, n, extra, incX, seed }) => {
          const [whole, xs] = [wellConditioned(n, seed), randomRows(n, 1, seed + 1)];
          const t = op(zeroedTriangle(whole, uplo, diag === "unit"), trans, n);
          const { ld, strides } = layout(order, n, n, extra);
          const a = store(triangleOf(whole, uplo), n, strides);
          const x = storeVector(xs.flat(), incX);
          const before = x.data.slice();
          const expected = product(1, t, xs, 0, xs);
          expect(strmv(order, uplo, trans, diag, n, a.data, ld, x.data, incX)).toBe(x.data);
          expectStored(x, before, twice(expected));
          x.data.set(before);
          strmv.ndarray(uplo, trans, diag, n, a.data, ...a.strides, 0, x.data, incX, x.offset);
          expectStored(x, before, twice(expected));
          strsv(order, uplo, trans, diag, n, a.data, ld, x.data, incX);
          // The inverse has entries of at most 1 on the diagonal, and less than 1 in all beside it.
          const bounds = xs.map(([value], i) => [
            {
              value: value as number,
              error:
                8 * Math.max(...expected.flat().map(({ error }) => error)) + 2 ** -20 * Math.abs(xs[i]?.[0] as number),
            },
          ]);
          expectStored(x, before, bounds);
        },
      ),
      runs,
    );
  });

  it("gives infinities for a zero on the diagonal", () => {
    const x = Float32Array.of(1, 2);
    strsv("row-major", "lower", "no-transpose", "non-unit", 2, Float32Array.of(0, 0, 0, 1), 2, x, 1);
    expect(x[0]).toBe(Number.POSITIVE_INFINITY);
  });

  it("solves many systems as accurately as one where the inverse of a block would overflow", () => {
    const [n, columns] = [32, 40];
    const t = new Float32Array(n * n).fill(1000);
    const b = Float32Array.from({ length: n * columns }, (_, at) => 1 + 1000 * Math.floor(at / columns));
    strsm("row-major", "left", "lower", "no-transpose", "unit", n, columns, 1, t, n, b, columns);
    expect(new Set(b)).toEqual(new Set([1]));
  });

  it("gives many systems what it gives one where the diagonal has a zero, or a right-hand side is not finite", () => {
    const [n, columns] = [40, 50];
    for (const [row, value] of [
      [0, 0],
      [7, 0],
      [0, Number.NaN],
      [35, Number.POSITIVE_INFINITY],
    ] as const) {
      const t = Float32Array.from(wellConditioned(n, 1).flat());
      const b = Float32Array.from(randomRows(n, columns, 2).flat());
      if (value === 0) t[row * n + row] = 0;
      else b[row * columns + 3] = value;
      const single = Float32Array.from({ length: n }, (_, i) => b[i * columns + 3] as number);
      strsv("row-major", "lower", "no-transpose", "non-unit", n, t, n, single, 1);
      strsm("row-major", "left", "lower", "no-transpose", "non-unit", n, columns, 1, t, n, b, columns);
      expect(Array.from(single, Number.isFinite)).toContain(false);
      const kind = (x: number) => (Number.isFinite(x) ? "finite" : x);
      expect(Array.from(single, (_, i) => kind(b[i * columns + 3] as number))).toEqual(Array.from(single, kind));
    }
  });
});
