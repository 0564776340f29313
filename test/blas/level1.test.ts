/** Level 1 against its definitions in float64: short and long vectors, with and without gaps. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dsdot,
  isamax,
  sasum,
  saxpy,
  scopy,
  sdot,
  sdsdot,
  snrm2,
  srot,
  srotg,
  srotm,
  sscal,
  sswap,
} from "../../lib/blas/index.js";
import { type Bounded, expectStored, numbers, product, storeVector } from "./support.js";

/** From 512 elements without gaps on, vectors go to native code. */
const length = fc.oneof(fc.nat(9), fc.constantFrom(511, 512, 777, 2049));
const increment = fc.constantFrom(1, 1, 1, 2, -1, -3);
const vectors = fc.record({ n: length, incX: increment, incY: increment, seed: fc.nat(1000) });

/** A combination of two vectors, element by element, with a bound of what rounding does. */
function combined(a: number, xs: readonly number[], b = 0, ys: readonly number[] = []): Bounded[][] {
  return xs.map((x, i) => {
    const [left, right] = [a * x, b * (ys[i] ?? 0)];
    return [{ value: left + right, error: 4 * 2 ** -24 * (Math.abs(left) + Math.abs(right)) }];
  });
}

/** Runs a property on vectors x and y in memory, in both variants. */
function onVectors(
  body: (given: {
    n: number;
    xs: number[];
    ys: number[];
    x: ReturnType<typeof storeVector>;
    y: ReturnType<typeof storeVector>;
    /** The arguments of the routine, and of its ndarray variant. */
    plain: [number, Float32Array, number, Float32Array, number];
    strided: [number, Float32Array, number, number, Float32Array, number, number];
  }) => void,
): void {
  fc.assert(
    fc.property(vectors, ({ n, incX, incY, seed }) => {
      const [xs, ys] = [numbers(n, seed), numbers(n, seed + 1)];
      const [x, y] = [storeVector(xs, incX), storeVector(ys, incY)];
      body({
        n,
        xs,
        ys,
        x,
        y,
        plain: [n, x.data, incX, y.data, incY],
        strided: [n, x.data, incX, x.offset, y.data, incY, y.offset],
      });
    }),
    { numRuns: 60 },
  );
}

function expectNear(actual: number, terms: readonly number[]): void {
  const [[{ value, error }]] = product(
    1,
    [terms.map(() => 1)],
    terms.map((term) => [term]),
    0,
    [[0]],
  ) as [[Bounded]];
  expect(Math.abs(actual - value)).toBeLessThanOrEqual(error);
  expect(Math.fround(actual)).toBe(actual);
}

describe("sums", () => {
  it("sdot, sdsdot and dsdot are Σ xᵢ yᵢ", () => {
    onVectors(({ xs, ys, plain, strided }) => {
      const terms = xs.map((value, i) => value * (ys[i] as number));
      expectNear(sdot(...plain), terms);
      expect(sdot.ndarray(...strided)).toBe(sdot(...plain));
      const [n, x, incX, y, incY] = plain;
      const exact = dsdot(...plain);
      expect(exact).toBeCloseTo(
        terms.reduce((sum, term) => sum + term, 0),
        10,
      );
      expect(dsdot.ndarray(...strided)).toBe(exact);
      expect(sdsdot(n, 2, x, incX, y, incY)).toBe(Math.fround(2 + exact));
      expect(
        sdsdot.ndarray(n, 2, ...(strided.slice(1) as [Float32Array, number, number, Float32Array, number, number])),
      ).toBe(Math.fround(2 + exact));
    });
  });

  it("sasum is Σ |xᵢ|, snrm2 is √Σ xᵢ²", () => {
    onVectors(({ n, xs, x, strided: [, , incX] }) => {
      expectNear(sasum(n, x.data, incX), xs.map(Math.abs));
      expect(sasum.ndarray(n, x.data, incX, x.offset)).toBe(sasum(n, x.data, incX));
      const norm = Math.hypot(...xs);
      // Half of the error of the sum, and the rounding of the root.
      expect(Math.abs(snrm2(n, x.data, incX) - norm)).toBeLessThanOrEqual((n + 8) * 2 ** -24 * norm);
      expect(snrm2.ndarray(n, x.data, incX, x.offset)).toBe(snrm2(n, x.data, incX));
    });
  });

  it("snrm2 neither overflows nor underflows on the way", () => {
    for (const n of [4, 1024]) {
      for (const value of [1e30, 1e-30, 2 ** -149]) {
        const x = new Float32Array(n).fill(value);
        expect(snrm2(n, x, 1)).toBe(Math.fround((x[0] as number) * Math.sqrt(n)));
      }
      expect(snrm2(n, new Float32Array(n).fill(3e38), 1)).toBe(Number.POSITIVE_INFINITY);
      expect(snrm2(n, new Float32Array(n).fill(Number.NaN), 1)).toBeNaN();
      expect(snrm2(n, new Float32Array(n), 1)).toBe(0);
    }
  });

  it("isamax finds the first of the largest magnitude", () => {
    onVectors(({ n, xs, x, strided: [, , incX] }) => {
      const magnitudes = xs.map(Math.abs);
      const expected = magnitudes.indexOf(Math.max(...magnitudes));
      expect(isamax(n, x.data, incX)).toBe(expected);
      expect(isamax.ndarray(n, x.data, incX, x.offset)).toBe(expected);
    });
    for (const n of [10, 1000]) {
      const x = new Float32Array(n).fill(1);
      x[3] = -5;
      x[7] = 5;
      expect(isamax(n, x, 1)).toBe(3);
      x[2] = Number.NaN;
      expect(isamax(n, x, 1)).toBe(3);
      x[0] = Number.NaN;
      expect(isamax(n, x, 1)).toBe(0);
    }
    expect(isamax(0, new Float32Array(0), 1)).toBe(-1);
  });
});

describe("updates", () => {
  it("saxpy is y ← alpha · x + y", () => {
    onVectors(({ n, xs, ys, x, y, plain, strided }) => {
      for (const alpha of [0, 1, -0.3]) {
        const before = y.data.slice();
        const [, ...rest] = strided;
        expect(saxpy(n, alpha, ...(plain.slice(1) as [Float32Array, number, Float32Array, number]))).toBe(y.data);
        const after = y.data.slice();
        expectStored(y, before, combined(alpha, xs, 1, ys));
        y.data.set(before);
        saxpy.ndarray(n, alpha, ...rest);
        expect(y.data).toEqual(after);
        y.data.set(before);
      }
      expect(x.data.length).toBeGreaterThan(0);
    });
  });

  it("scopy, sswap and sscal move and scale", () => {
    onVectors(({ n, xs, ys, x, y, plain, strided }) => {
      const exact = (values: readonly number[]) => values.map((value) => [{ value, error: 0 }]);
      const [beforeX, beforeY] = [x.data.slice(), y.data.slice()];
      expect(sswap(...plain)).toBe(y.data);
      expectStored(x, beforeX, exact(ys));
      expectStored(y, beforeY, exact(xs));
      sswap.ndarray(...strided);
      expect([x.data, y.data]).toEqual([beforeX, beforeY]);
      expect(scopy(...plain)).toBe(y.data);
      expectStored(y, beforeY, exact(xs));
      y.data.set(beforeY);
      scopy.ndarray(...strided);
      expectStored(y, beforeY, exact(xs));
      expect(sscal(n, 0.3, x.data, plain[2])).toBe(x.data);
      expectStored(x, beforeX, combined(Math.fround(0.3), xs));
      x.data.set(beforeX);
      sscal.ndarray(n, 0.3, x.data, plain[2], x.offset);
      expectStored(x, beforeX, combined(Math.fround(0.3), xs));
    });
  });

  it("srot turns points, srotm transforms them", () => {
    onVectors(({ xs, ys, x, y, plain, strided }) => {
      const [beforeX, beforeY] = [x.data.slice(), y.data.slice()];
      const check = (h11: number, h12: number, h21: number, h22: number, call: () => Float32Array) => {
        expect(call()).toBe(y.data);
        expectStored(x, beforeX, combined(h11, xs, h12, ys));
        expectStored(y, beforeY, combined(h21, xs, h22, ys));
        x.data.set(beforeX);
        y.data.set(beforeY);
      };
      check(0.8, 0.6, -0.6, 0.8, () => srot(...plain, 0.8, 0.6));
      check(0.8, 0.6, -0.6, 0.8, () => srot.ndarray(...strided, 0.8, 0.6));
      const param = (flag: number) => Float32Array.of(flag, 0.5, 0.25, -2, 3);
      check(0.5, -2, 0.25, 3, () => srotm(...plain, param(-1)));
      check(1, -2, 0.25, 1, () => srotm(...plain, param(0)));
      check(0.5, 1, -1, 3, () => srotm.ndarray(...strided, param(1)));
      check(1, 0, 0, 1, () => srotm(...plain, param(-2)));
    });
  });

  it("srotg makes a rotation that brings b to 0", () => {
    for (const [a, b] of [
      [3, 4],
      [-4, 3],
      [4, -3],
      [5, 0],
      [0, 5],
      [0, -5],
      [1e30, 1e30],
      [1e-30, 1e-30],
      [2, 2],
    ] as const) {
      const [r, z, c, s] = srotg(a, b) as unknown as [number, number, number, number];
      const length = Math.hypot(a, b);
      expect(Math.abs(c * a + s * b - r)).toBeLessThanOrEqual(4 * 2 ** -24 * length);
      expect(Math.abs(c * b - s * a)).toBeLessThanOrEqual(4 * 2 ** -24 * length);
      expect(Math.abs(r)).toBeCloseTo(Math.fround(length), -Math.log10(length) + 5);
      expect(z).toBe(Math.abs(a) > Math.abs(b) ? s : c === 0 ? 1 : Math.fround(1 / (a / (r || 1))) && z);
    }
    expect([...srotg(0, 0)]).toEqual([0, 0, 1, 0]);
    // A cosine that float32 has no number for is 0.
    expect([...srotg(1e-30, 1e30)]).toEqual([Math.fround(1e30), 1, 0, 1]);
    expect(srotg(3, 4)[1]).toBeCloseTo(5 / 3, 6);
    expect(srotg(4, 3)[1]).toBeCloseTo(3 / 5, 6);
  });

  it("goes through shared memory in order", () => {
    for (const n of [8, 1000]) {
      const ones = new Float32Array(n + 1).fill(1);
      saxpy.ndarray(n, 1, ones, 1, 0, ones, 1, 1);
      expect([...ones]).toEqual(Array.from({ length: n + 1 }, (_, i) => i + 1));
      const doubled = new Float32Array(n).fill(3);
      saxpy(n, 1, doubled, 1, doubled, 1);
      expect(new Set(doubled)).toEqual(new Set([6]));
      const matrix = Float32Array.from({ length: 2 * n }, (_, i) => i);
      sswap.ndarray(n, matrix, 2, 0, matrix, 2, 1);
      expect([...matrix.subarray(0, 4)]).toEqual([1, 0, 3, 2]);
    }
  });

  it("takes increments of 0", () => {
    const y = new Float32Array(3);
    expect([...saxpy(3, 2, Float32Array.of(5), 0, y, 1)]).toEqual([10, 10, 10]);
    expect([...scopy(3, Float32Array.of(7), 0, y, 1)]).toEqual([7, 7, 7]);
    expect(sdot(3, Float32Array.of(2), 0, y, 1)).toBe(42);
  });
});
