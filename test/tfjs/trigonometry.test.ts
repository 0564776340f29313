/** Functions that nodegrad has no instruction for: how far off over all floats, and at the edges. */

import { describe, expect, it } from "vitest";
import { expectUlps, floats, floatsBetween, floatsOfAllSizes, list, onNodegrad, tf } from "./support.js";

onNodegrad();

/** The errors of the parts: exp, expm1 and log1p one unit each, and as much for each of the last few roundings. */
const ULPS = 4;

const FUNCTIONS = ["sinh", "cosh", "asinh", "acosh", "atanh", "atan", "asin", "acos", "tan"] as const;

describe.each(FUNCTIONS)("%s", (name) => {
  it("is within a few units in the last place over all floats", () => {
    const x = floatsOfAllSizes(2 ** 16);
    expectUlps(tf[name](floats(x)), (i) => Math[name](x[i] as number), ULPS);
  });

  it("is so where it has its zeros, its poles and its last finite values", () => {
    const near = [0, 0.25, 0.4142135, 0.5, 0.8813735, 1, 2, 2.4142135, 9.01, 88.72, 89.41, 1e9, 3.4e38];
    const x = Float32Array.from(
      near.flatMap((at) => [-1.0001, -1, -0.9999, 0.9999, 1, 1.0001].map((part) => at * part)),
    );
    expectUlps(tf[name](floats(x)), (i) => Math[name](x[i] as number), ULPS);
  });
});

describe("the sign of a zero", () => {
  it.each(["sinh", "asinh", "atanh", "atan", "asin", "tan"] as const)("is kept by %s", (name) => {
    expect(list(tf[name](floats([0, -0])))).toEqual([0, -0]);
  });
});

describe("atan2", () => {
  it("knows the quadrants, zeros of either sign and infinities", () => {
    const edges = [0, -0, 1, -1, 1e-30, -1e-30, 1e38, -1e38, 1e-45, Infinity, -Infinity, NaN];
    const pairs = edges.flatMap((y) => edges.map((x) => [y, x] as const));
    const [y, x] = [0, 1].map((i) => Float32Array.from(pairs, (pair) => pair[i] as number)) as [
      Float32Array,
      Float32Array,
    ];
    expectUlps(tf.atan2(floats(y), floats(x)), (i) => Math.atan2(y[i] as number, x[i] as number), ULPS);
  });
});

describe("floatsBetween", () => {
  it("counts", () => {
    expect(floatsBetween(1, 1 + 2 ** -22)).toBe(2);
    expect(floatsBetween(0, -0)).toBe(1);
    expect(floatsBetween(NaN, NaN)).toBe(0);
    expect(floatsBetween(1, NaN)).toBeGreaterThan(1e6);
  });
});
