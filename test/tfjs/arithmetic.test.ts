/** Arithmetic on integers and booleans, and on numbers that are no numbers. */

import { describe, expect, it } from "vitest";
import { bools, floats, ints, list, onNodegrad, run, sample, tf } from "./support.js";

onNodegrad();

const EDGES = [
  0,
  1,
  -1,
  2,
  -2,
  3,
  7,
  -7,
  640,
  16777217,
  -16777217,
  123456789,
  46341,
  2 ** 31 - 1,
  383 - 2 ** 31,
  -(2 ** 31),
];

/** Every pair of the edges, and some more in between. */
function pairs(): readonly [a: number[], b: number[]] {
  const random = Array.from(sample(4000), (x) => Math.trunc(x * 2 ** 31));
  const small = Array.from(sample(4000, 2), (x, i) => Math.trunc(x * 2 ** ((i % 31) + 1)));
  const both = EDGES.flatMap((x) => EDGES.map((y) => [x, y] as const));
  return [
    [...both.map(([x]) => x), ...random],
    [...both.map(([, y]) => y), ...small],
  ];
}

describe("division of int32", () => {
  const [a, b] = pairs();
  const floor = (i: number) => (b[i] === 0 ? 0 : Math.floor((a[i] as number) / (b[i] as number)) | 0);

  it("is exact beyond 2²⁴, and 0 by 0", () => {
    const quotients = run("FloorDiv", { a: ints(a), b: ints(b) });
    expect(quotients.dtype).toBe("int32");
    expect(list(quotients)).toEqual(a.map((_, i) => floor(i)));
  });

  it("leaves remainders of the sign of the divisor", () => {
    const expected = a.map((x, i) => (b[i] === 0 ? 0 : (x - Math.imul(floor(i), b[i] as number)) | 0));
    expect(list(run("Mod", { a: ints(a), b: ints(b) }))).toEqual(expected);
  });
});

describe("mod of floats", () => {
  it("is exact for quotients below 2²², and less than the divisor", () => {
    const a = Array.from(sample(2000), (x) => Math.fround(x * 1e4));
    const b = Array.from(sample(2000, 2), (x) => Math.fround(x === 0 ? 1 : x / 0.37));
    const expected = a.map((x, i) => {
      const [y, rest] = [b[i] as number, x % (b[i] as number)];
      return Math.fround(rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest);
    });
    const found = list(run("Mod", { a: floats(a), b: floats(b) }));
    const far = found.filter(
      (value, i) => Math.abs(value - (expected[i] as number)) > 2 ** -23 * Math.abs(b[i] as number),
    );
    expect(far).toEqual([]);
    expect(found.every((value, i) => Math.abs(value) <= Math.abs(b[i] as number))).toBe(true);
  });

  it("leaves what is less than an infinite divisor, and has no remainder of infinity or by 0", () => {
    const found = run("Mod", { a: floats([3, -3, Infinity, 3, NaN]), b: floats([Infinity, -Infinity, 3, 0, 3]) });
    expect(list(found)).toEqual([3, -3, NaN, NaN, NaN]);
  });
});

describe("powers of int32", () => {
  it("are exact, wrap, and are 0 for negative exponents of all but ±1", () => {
    const a = [3, 7, -3, 10, 2, -2, -1, -1, 1, 0, 0, 5, 5, -1, 3, 46341];
    const b = [19, 11, 19, 9, 30, 31, 2 ** 31 - 1, -(2 ** 31), -5, 0, 3, -1, 0, -7, 21, 2];
    const expected = [1162261467, 1977326743, -1162261467, 1e9, 2 ** 30, -(2 ** 31), -1, 1, 1, 1, 0, 0, 1, -1];
    expect(list(run("Pow", { a: ints(a), b: ints(b) }))).toEqual([...expected, (3 ** 21) | 0, -2147479015]);
  });
});

describe("products of int32 matrices", () => {
  it("are exact beyond 2²⁴, transposed or in batches", () => {
    const a = ints([16777217, 3, -5, 123456789], [2, 2]);
    const b = ints([3, 7, 11, 9], [2, 2]);
    const expected = [50331684, 117440546, 1358024664, 1111111066];
    expect(list(tf.matMul(a, b))).toEqual(expected);
    expect(list(tf.matMul(tf.transpose(a), tf.transpose(b), true, true))).toEqual(expected);
    const batch = tf.matMul(tf.stack([a, a]), tf.expandDims(b, 0));
    expect([batch.dtype, batch.shape, list(batch)]).toEqual(["int32", [2, 2, 2], [...expected, ...expected]]);
    expect(list(tf.matMul(ints([], [2, 0]), ints([], [0, 2])))).toEqual([0, 0, 0, 0]);
  });
});

describe("einsum of int32", () => {
  it("is exact beyond 2²⁴", () => {
    const a = ints([16777217, 3, -5, 123456789], [2, 2]);
    const b = ints([3, 7, 11, 9], [2, 2]);
    const product = tf.einsum("ij,kj->ki", a, b);
    expect([product.dtype, list(product)]).toEqual(["int32", [50331672, 864197508, 184549414, 1111111046]]);
  });
});

describe("booleans", () => {
  it("add up and multiply as int32", () => {
    const [a, b] = [bools([1, 1, 0]), bools([1, 0, 0])];
    const results = [tf.add(a, b), tf.addN([a, b, a]), tf.sub(b, a), tf.mul(a, b), tf.sum(a), tf.cumsum(a)];
    expect(results.map((x) => x.dtype)).toEqual(results.map(() => "int32"));
    expect(results.map(list)).toEqual([[2, 1, 0], [3, 2, 0], [0, -1, 0], [1, 0, 0], [2], [1, 2, 2]]);
    expect(list(tf.matMul(bools([1, 1], [1, 2]), bools([1, 1], [2, 1])))).toEqual([2]);
  });
});

describe("limits", () => {
  it("of int32 are cut to whole numbers within range", () => {
    const x = ints([-9, -1, 0, 1, 9]);
    expect(list(tf.clipByValue(x, -1.5, 2.25))).toEqual([-1, -1, 0, 1, 2]);
    expect(list(tf.clipByValue(x, 0, Infinity))).toEqual([0, 0, 0, 1, 9]);
    expect(list(tf.clipByValue(x, -Infinity, 1e12))).toEqual([-9, -1, 0, 1, 9]);
  });

  it("let NaN through", () => {
    expect(list(tf.clipByValue(floats([NaN, -Infinity, Infinity]), -1, 1))).toEqual([NaN, -1, 1]);
  });
});

describe("operands of two dtypes", () => {
  it("of a choice become the wider one", () => {
    const chosen = run("Select", { condition: bools([1, 0]), t: ints([1, 2]), e: floats([0.5, 0.25]) });
    expect([chosen.dtype, list(chosen)]).toEqual(["float32", [1, 0.25]]);
  });

  it("of prelu become floats", () => {
    expect(list(run("Prelu", { x: ints([-4, 4]), alpha: floats([0.25, 9]) }))).toEqual([-1, 4]);
    expect(list(run("Prelu", { x: floats([-4, 4]), alpha: bools([1, 0]) }))).toEqual([-4, 4]);
  });
});
