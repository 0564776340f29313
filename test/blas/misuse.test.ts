/** Every argument wrong once: a typed error that names it, before native code sees an array. */

import { afterEach, describe, expect, it } from "vitest";
import * as blas from "../../lib/blas/index.js";
import { getNumThreads, setBackend, setNumThreads } from "../../lib/index.js";
import { numbers } from "./support.js";

const f = (length: number) => new Float32Array(length);
const { sgemm, sgemv, saxpy, sdot, sger, ssyrk, strsm, isamax, srotm, srotg, scopy, ssymm, ssymv } = blas;

function transferred(): Float32Array {
  const array = f(100);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

function shrunk(): Float32Array {
  const buffer = new (ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer)(
    400,
    {
      maxByteLength: 400,
    },
  );
  const array = new Float32Array(buffer);
  (buffer as unknown as { resize(bytes: number): void }).resize(40);
  return array;
}

// biome-ignore lint/suspicious/noExplicitAny: arguments that types do not allow are what is tried
type Anything = any;

/** sgemm of [2 × 3] · [3 × 4] with some arguments replaced. */
function gemm(given: Record<string, Anything>) {
  const { order = 101, transA = 111, transB = 111, m = 2, n = 4, k = 3, alpha = 1, a = f(6), lda = 3 } = given;
  const { b = f(12), ldb = 4, beta = 0, c = f(8), ldc = 4 } = given;
  return () => sgemm(order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

const misuses: readonly (readonly [name: string, call: () => unknown, code: string, message: RegExp])[] = [
  ["order", gemm({ order: 103 }), "OPTION", /^sgemm: order must be "row-major" \(101\) or .* got 103/],
  ["order in words", gemm({ order: "rows" }), "OPTION", /^sgemm: order must be .* got "rows"/],
  ["transA", gemm({ transA: "t" }), "OPTION", /^sgemm: transA must be "no-transpose" \(111\)/],
  ["transB", gemm({ transB: null }), "OPTION", /^sgemm: transB must be/],
  ["a negative size", gemm({ m: -1 }), "OPTION", /^sgemm: m must be a non-negative integer below 2³¹, got -1/],
  ["a size that is NaN", gemm({ n: Number.NaN }), "OPTION", /^sgemm: (n|ldb) must be .* got (NaN|4)/],
  ["a fraction", gemm({ k: 1.5 }), "OPTION", /^sgemm: k must be a non-negative integer/],
  ["a size above 2³¹", gemm({ m: 2 ** 32 }), "OPTION", /^sgemm: m must be a non-negative integer below 2³¹/],
  ["a size in words", gemm({ m: "2" }), "OPTION", /^sgemm: m must be a non-negative integer/],
  ["alpha", gemm({ alpha: "1" }), "OPTION", /^sgemm: alpha must be a number, got "1"/],
  ["lda", gemm({ lda: 2 }), "OPTION", /^sgemm: lda must be an integer of at least 3, the columns of a, got 2/],
  [
    "lda of columns",
    gemm({ order: 102, lda: 1 }),
    "OPTION",
    /^sgemm: lda must be an integer of at least 2, the rows of a, got 1/,
  ],
  ["ldb", gemm({ ldb: 3 }), "OPTION", /^sgemm: ldb must be an integer of at least 4/],
  ["ldc that is NaN", gemm({ ldc: Number.NaN }), "OPTION", /^sgemm: ldc must be an integer/],
  ["ldc of 0", gemm({ n: 0, ldb: 1, ldc: 0 }), "OPTION", /^sgemm: ldc must be an integer of at least 1/],
  [
    "a of another type",
    gemm({ a: new Float64Array(6) }),
    "DTYPE",
    /^sgemm: a must be a Float32Array, got Float64Array\(6\)/,
  ],
  ["an ordinary array", gemm({ b: new Array(12).fill(0) }), "DTYPE", /^sgemm: b must be a Float32Array/],
  ["c that is missing", gemm({ c: null }), "DTYPE", /^sgemm: c must be a Float32Array, got null/],
  ["a too short", gemm({ a: f(5) }), "SHAPE", /^sgemm: a reaches outside its array: elements 0 to 5 of 5/],
  ["b too short for ldb", gemm({ ldb: 5 }), "SHAPE", /^sgemm: b reaches outside its array: elements 0 to 13 of 12/],
  ["c too short", gemm({ c: f(7) }), "SHAPE", /^sgemm: c reaches outside/],
  [
    "a transferred array",
    gemm({ a: transferred() }),
    "SHAPE",
    /^sgemm: a reaches outside its array: elements 0 to 5 of 0 \(as a transferred/,
  ],
  [
    "an array that shrank",
    gemm({ b: shrunk() }),
    "SHAPE",
    /^sgemm: b reaches outside its array: elements 0 to 11 of 10/,
  ],
  ["a huge leading dimension", gemm({ lda: 2 ** 40 }), "SHAPE", /^sgemm: a reaches outside/],
  [
    "a negative offset",
    () => sgemm.ndarray(111, 111, 2, 2, 2, 1, f(4), 2, 1, -1, f(4), 2, 1, 0, 0, f(4), 2, 1, 0),
    "SHAPE",
    /^sgemm: a reaches outside its array: elements -1 to 2 of 4/,
  ],
  [
    "a negative stride from the start",
    () => sgemm.ndarray(111, 111, 2, 2, 2, 1, f(4), -2, 1, 0, f(4), 2, 1, 0, 0, f(4), 2, 1, 0),
    "SHAPE",
    /^sgemm: a reaches outside/,
  ],
  [
    "a stride that is a fraction",
    () => sgemm.ndarray(111, 111, 2, 2, 2, 1, f(4), 2, 0.5, 0, f(4), 2, 1, 0, 0, f(4), 2, 1, 0),
    "OPTION",
    /^sgemm: stride of a must be an integer, got 0.5/,
  ],
  [
    "a result with several elements at one address",
    () => sgemm.ndarray(111, 111, 2, 2, 2, 1, f(4), 2, 1, 0, f(4), 2, 1, 0, 0, f(4), 1, 1, 0),
    "SHAPE",
    /^sgemm: c has several elements at one address: 2 × 2 with strides 1, 1/,
  ],
  [
    "y with increment 0",
    () => sgemv(101, 111, 2, 2, 1, f(4), 2, f(2), 1, 0, f(2), 0),
    "SHAPE",
    /^sgemv: y has several elements/,
  ],
  ["x too short", () => sgemv(101, 111, 2, 3, 1, f(6), 3, f(2), 1, 0, f(2), 1), "SHAPE", /^sgemv: x reaches outside/],
  [
    "y too short where transposed",
    () => sgemv(101, 112, 2, 3, 1, f(6), 3, f(2), 1, 0, f(2), 1),
    "SHAPE",
    /^sgemv: y reaches/,
  ],
  [
    "trans",
    () => sgemv(101, 110 as Anything, 2, 2, 1, f(4), 2, f(2), 1, 0, f(2), 1),
    "OPTION",
    /^sgemv: trans must be/,
  ],
  ["sger's a", () => sger(101, 2, 3, 1, f(2), 1, f(3), 1, f(5), 3), "SHAPE", /^sger: a reaches outside/],
  ["n that is NaN", () => saxpy(Number.NaN, 1, f(4), 1, f(4), 1), "OPTION", /^saxpy: n must be a non-negative integer/],
  [
    "an increment that is NaN",
    () => saxpy(4, 1, f(4), Number.NaN, f(4), 1),
    "OPTION",
    /^saxpy: stride of x must be an integer/,
  ],
  [
    "an increment too large",
    () => saxpy(4, 1, f(4), 1, f(4), 2),
    "SHAPE",
    /^saxpy: y reaches outside its array: elements 0 to 6 of 4/,
  ],
  ["a long x too short", () => saxpy(2000, 1, f(1999), 1, f(2000), 1), "SHAPE", /^saxpy: x reaches outside/],
  [
    "alpha of saxpy",
    () => saxpy(4, 1n as Anything, f(4), 1, f(4), 1),
    "OPTION",
    /^saxpy: alpha must be a number, got 1n/,
  ],
  [
    "an offset of NaN",
    () => saxpy.ndarray(4, 1, f(4), 1, Number.NaN, f(4), 1, 0),
    "OPTION",
    /^saxpy: offset of x must be/,
  ],
  [
    "an Int32Array",
    () => sdot(4, new Int32Array(4) as Anything, 1, f(4), 1),
    "DTYPE",
    /^sdot: x must be a Float32Array/,
  ],
  ["a transferred x", () => sdot(4, transferred(), 1, f(4), 1), "SHAPE", /^sdot: x reaches outside/],
  ["isamax of too many", () => isamax(5, f(4), 1), "SHAPE", /^isamax: x reaches outside/],
  ["scopy to nothing", () => scopy(1, f(1), 1, undefined as Anything, 1), "DTYPE", /^scopy: y must be a Float32Array/],
  [
    "srotm's flag",
    () => srotm(1, f(1), 1, f(1), 1, Float32Array.of(2, 0, 0, 0, 0)),
    "OPTION",
    /^srotm: param\[0\] must be/,
  ],
  ["srotm's parameters", () => srotm(1, f(1), 1, f(1), 1, f(4)), "SHAPE", /^srotm: param reaches outside/],
  ["srotg of no number", () => srotg("1" as Anything, 2), "OPTION", /^srotg: a must be a number/],
  [
    "uplo",
    () => ssyrk(101, "up" as Anything, 111, 2, 2, 1, f(4), 2, 0, f(4), 2),
    "OPTION",
    /^ssyrk: uplo must be "upper" \(121\)/,
  ],
  [
    "side",
    () => ssymm(101, 140 as Anything, 121, 2, 2, 1, f(4), 2, f(4), 2, 0, f(4), 2),
    "OPTION",
    /^ssymm: side must be "left"/,
  ],
  [
    "diag",
    () => strsm(101, 141, 121, 111, true as Anything, 2, 2, 1, f(4), 2, f(4), 2),
    "OPTION",
    /^strsm: diag must be "non-unit"/,
  ],
  [
    "ssymv's lda",
    () => ssymv(101, 121, 3, 1, f(9), 2, f(3), 1, 0, f(3), 1),
    "OPTION",
    /^ssymv: lda must be an integer of at least 3/,
  ],
  [
    "strsm's a on the right",
    () => strsm(101, 142, 121, 111, 131, 2, 3, 1, f(4), 3, f(6), 3),
    "SHAPE",
    /^strsm: a reaches outside/,
  ],
];

describe("misuse", () => {
  it.each(misuses)("%s is refused", (_, call, code, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code }));
  });

  it("leaves the result as it was", () => {
    const c = f(8).fill(7);
    expect(gemm({ c, b: f(3) })).toThrow();
    expect(new Set(c)).toEqual(new Set([7]));
  });
});

describe("memory of every kind", () => {
  it("is taken: shared, resizable, at any offset", () => {
    for (const n of [4, 40]) {
      const bytes = 4 * n * n;
      const resizable = new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer)(bytes, {
        maxByteLength: 2 * bytes,
      });
      for (const buffer of [new SharedArrayBuffer(bytes), resizable, new ArrayBuffer(bytes + 4)]) {
        const c = new Float32Array(buffer as ArrayBuffer, buffer.byteLength - bytes, n * n);
        sgemm(101, 111, 111, n, n, n, 1, f(n * n).fill(2), n, f(n * n).fill(3), n, 0, c, n);
        expect(new Set(c)).toEqual(new Set([6 * n]));
      }
    }
  });
});

describe("any number of threads, and either backend", () => {
  const threads = getNumThreads();
  afterEach(() => {
    setNumThreads(threads);
    setBackend("auto");
  });

  const results = () => {
    const n = 300;
    const [a, b] = [Float32Array.from(numbers(n * n, 1)), Float32Array.from(numbers(n * n, 2))];
    for (let i = 0; i < n; i++) a[i * n + i] = n;
    const c = f(n * n);
    sgemm("row-major", "no-transpose", "transpose", n, n, n, 0.5, a, n, b, n, 0, c, n);
    strsm("row-major", "left", "lower", "no-transpose", "non-unit", n, n, 1, a, n, c, n);
    sgemv("row-major", "transpose", n, n, 1, a, n, b, 1, 0.5, c, 1);
    saxpy(n * n, 0.3, b, 1, c, 1);
    return { c, sum: sdot(n * n, b, 1, c, 1) };
  };

  it("give the same bits", () => {
    setNumThreads(1);
    const alone = results();
    for (const count of [2, 3, 7]) {
      setNumThreads(count);
      expect(results()).toEqual(alone);
    }
  });

  it("give nearly the same on the reference backend", () => {
    const native = results();
    setBackend("reference");
    const { c } = results();
    // Sums of 300 products of numbers below 1, and of 300 · 300 for the sgemv with a.
    const largest = c.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(c.every((value, i) => Math.abs(value - (native.c[i] as number)) <= 300 * 2 ** -24 * largest)).toBe(true);
  });
});
