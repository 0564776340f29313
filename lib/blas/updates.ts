/**
 * Level 1, what changes vectors. Long vectors without gaps go to native code; the others, and those that share memory, are
 * gone through element by element in order.
 */

import { OptionError } from "../errors.js";
import type { MicroDescription } from "../program/index.js";
import { checkArray, checkScalar, checkSize, checkVector, start } from "./arguments.js";
import { defineKernel, run } from "./machine.js";
import { operandOf, suitsNative } from "./sums.js";
import { asColumn, mayOverlap, type Vector } from "./views.js";

const ADDED: MicroDescription = {
  registers: 3,
  results: [1],
  code: [
    { op: "scalar", dtype: "float32", dst: 2, a: 0 },
    { op: "mulAdd", dtype: "float32", dst: 1, a: 0, b: 2, c: 1 },
  ],
};

const SCALED: MicroDescription = {
  registers: 2,
  results: [0],
  code: [
    { op: "scalar", dtype: "float32", dst: 1, a: 0 },
    { op: "mul", dtype: "float32", dst: 0, a: 0, b: 1 },
  ],
};

/** x ← h₁₁ x + h₁₂ y and y ← h₂₁ x + h₂₂ y, with the scalars h₁₁, h₁₂, h₂₁, h₂₂. */
const TRANSFORMED: MicroDescription = {
  registers: 8,
  results: [6, 7],
  code: [
    { op: "scalar", dtype: "float32", dst: 2, a: 0 },
    { op: "scalar", dtype: "float32", dst: 3, a: 1 },
    { op: "scalar", dtype: "float32", dst: 4, a: 2 },
    { op: "scalar", dtype: "float32", dst: 5, a: 3 },
    { op: "mul", dtype: "float32", dst: 6, a: 0, b: 2 },
    { op: "mulAdd", dtype: "float32", dst: 6, a: 1, b: 3, c: 6 },
    { op: "mul", dtype: "float32", dst: 7, a: 0, b: 4 },
    { op: "mulAdd", dtype: "float32", dst: 7, a: 1, b: 5, c: 7 },
  ],
};

const added = defineKernel("map", { updates: true, micro: ADDED });
const scaled = defineKernel("map", { updates: true, micro: SCALED });
const swapped = defineKernel("map", { outputs: 2, updates: true, micro: { registers: 2, results: [1, 0], code: [] } });
const transformed = defineKernel("map", { outputs: 2, updates: true, micro: TRANSFORMED });

function suitBoth(x: Vector, y: Vector): boolean {
  return suitsNative(x) && suitsNative(y) && !mayOverlap(asColumn(x), asColumn(y));
}

/**
 * y ← alpha · x + y.
 *
 * @param n Number of elements.
 * @param alpha Where it is 0, nothing is read.
 * @param incX Distance of two elements of x; a negative one goes through x from its end, and 0 repeats its first.
 * @returns y.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function saxpy(
  n: number,
  alpha: number,
  x: Float32Array,
  incX: number,
  y: Float32Array,
  incY: number,
): Float32Array {
  return saxpy.ndarray(n, alpha, x, incX, start(n, incX), y, incY, start(n, incY));
}

/** The same from elements `offsetX` and `offsetY` of the arrays on. */
saxpy.ndarray = (
  n: number,
  alpha: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
): Float32Array => {
  checkSize("saxpy", "n", n);
  const factor = checkScalar("saxpy", "alpha", alpha);
  const from = checkVector("saxpy", "x", x, n, strideX, offsetX);
  const to = checkVector("saxpy", "y", y, n, strideY, offsetY);
  if (factor === 0) return y;
  if (suitBoth(from, to)) {
    run(added, [operandOf(to), operandOf(from)], [factor]);
    return y;
  }
  if (strideX === 1 && strideY === 1) {
    // With one index a loop takes a fifth less.
    for (let i = 0; i < n; i++) y[offsetY + i] = (y[offsetY + i] as number) + factor * (x[offsetX + i] as number);
    return y;
  }
  for (let i = 0, at = offsetX, into = offsetY; i < n; i++, at += strideX, into += strideY) {
    y[into] = (y[into] as number) + factor * (x[at] as number);
  }
  return y;
};

/**
 * y ← x.
 *
 * @returns y.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function scopy(n: number, x: Float32Array, incX: number, y: Float32Array, incY: number): Float32Array {
  return scopy.ndarray(n, x, incX, start(n, incX), y, incY, start(n, incY));
}

/** The same from elements `offsetX` and `offsetY` of the arrays on. */
scopy.ndarray = (
  n: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
): Float32Array => {
  checkSize("scopy", "n", n);
  const from = checkVector("scopy", "x", x, n, strideX, offsetX);
  const to = checkVector("scopy", "y", y, n, strideY, offsetY);
  if (suitBoth(from, to)) {
    y.set(x.subarray(offsetX, offsetX + n), offsetY);
    return y;
  }
  for (let i = 0, at = offsetX, into = offsetY; i < n; i++, at += strideX, into += strideY) y[into] = x[at] as number;
  return y;
};

/**
 * x ← alpha · x; NaN and infinities times 0 are NaN.
 *
 * @returns x.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function sscal(n: number, alpha: number, x: Float32Array, incX: number): Float32Array {
  return sscal.ndarray(n, alpha, x, incX, start(n, incX));
}

/** The same from element `offsetX` of the array on. */
sscal.ndarray = (n: number, alpha: number, x: Float32Array, strideX: number, offsetX: number): Float32Array => {
  checkSize("sscal", "n", n);
  const factor = checkScalar("sscal", "alpha", alpha);
  const vector = checkVector("sscal", "x", x, n, strideX, offsetX);
  if (suitsNative(vector)) {
    run(scaled, [operandOf(vector)], [factor]);
    return x;
  }
  for (let i = 0, at = offsetX; i < n; i++, at += strideX) x[at] = factor * (x[at] as number);
  return x;
};

/**
 * x ↔ y.
 *
 * @returns y.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function sswap(n: number, x: Float32Array, incX: number, y: Float32Array, incY: number): Float32Array {
  return sswap.ndarray(n, x, incX, start(n, incX), y, incY, start(n, incY));
}

/** The same from elements `offsetX` and `offsetY` of the arrays on. */
sswap.ndarray = (
  n: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
): Float32Array => {
  checkSize("sswap", "n", n);
  const left = checkVector("sswap", "x", x, n, strideX, offsetX);
  const right = checkVector("sswap", "y", y, n, strideY, offsetY);
  if (suitBoth(left, right)) {
    run(swapped, [operandOf(left), operandOf(right)]);
    return y;
  }
  for (let i = 0, atX = offsetX, atY = offsetY; i < n; i++, atX += strideX, atY += strideY) {
    const value = x[atX] as number;
    x[atX] = y[atY] as number;
    y[atY] = value;
  }
  return y;
};

/** x ← h₁₁ x + h₁₂ y, y ← h₂₁ x + h₂₂ y. */
function transform(x: Vector, y: Vector, h11: number, h12: number, h21: number, h22: number): void {
  if (suitBoth(x, y)) {
    run(transformed, [operandOf(x), operandOf(y)], [h11, h12, h21, h22]);
    return;
  }
  for (let i = 0, atX = x.offset, atY = y.offset; i < x.length; i++, atX += x.stride, atY += y.stride) {
    const left = x.data[atX] as number;
    const right = y.data[atY] as number;
    x.data[atX] = h11 * left + h12 * right;
    y.data[atY] = h21 * left + h22 * right;
  }
}

/**
 * The rotation of the points (xᵢ, yᵢ) by the angle of cosine c and sine s: x ← c x + s y, y ← c y − s x.
 *
 * @returns y.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function srot(
  n: number,
  x: Float32Array,
  incX: number,
  y: Float32Array,
  incY: number,
  c: number,
  s: number,
): Float32Array {
  return srot.ndarray(n, x, incX, start(n, incX), y, incY, start(n, incY), c, s);
}

/** The same from elements `offsetX` and `offsetY` of the arrays on. */
srot.ndarray = (
  n: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
  c: number,
  s: number,
): Float32Array => {
  checkSize("srot", "n", n);
  const [cosine, sine] = [checkScalar("srot", "c", c), checkScalar("srot", "s", s)];
  const left = checkVector("srot", "x", x, n, strideX, offsetX);
  const right = checkVector("srot", "y", y, n, strideY, offsetY);
  transform(left, right, cosine, sine, -sine, cosine);
  return y;
};

/**
 * The rotation that turns (a, b) to (r, 0): r = ±√(a² + b²) with the sign of the larger of the two, c = a / r, s = b / r. z
 * stands for both: s where |a| > |b|, otherwise 1 / c, and 1 where c is 0.
 *
 * @returns [r, z, c, s].
 * @throws {OptionError} for what is no number.
 */
export function srotg(a: number, b: number): Float32Array {
  const [x, y] = [checkScalar("srotg", "a", a), checkScalar("srotg", "b", b)];
  if (x === 0 && y === 0) return Float32Array.of(0, 0, 1, 0);
  const larger = Math.abs(x) > Math.abs(y) ? x : y;
  const r = Math.sign(larger) * Math.sqrt(x * x + y * y);
  const [c, s] = [Math.fround(x / r), y / r];
  return Float32Array.of(r, Math.abs(x) > Math.abs(y) ? s : c === 0 ? 1 : 1 / c, c, s);
}

/**
 * The modified Givens rotation x ← h₁₁ x + h₁₂ y, y ← h₂₁ x + h₂₂ y.
 *
 * @param param [flag, h₁₁, h₂₁, h₁₂, h₂₂]: −1 takes all of them; 0 takes h₁₁ = h₂₂ = 1; 1 takes h₁₂ = 1 and h₂₁ = −1; −2 does
 *   nothing.
 * @returns y.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function srotm(
  n: number,
  x: Float32Array,
  incX: number,
  y: Float32Array,
  incY: number,
  param: Float32Array,
): Float32Array {
  return srotm.ndarray(n, x, incX, start(n, incX), y, incY, start(n, incY), param);
}

/** The same from elements `offsetX` and `offsetY` of the arrays on. */
srotm.ndarray = (
  n: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
  param: Float32Array,
): Float32Array => {
  checkSize("srotm", "n", n);
  checkArray("srotm", "param", param);
  checkVector("srotm", "param", param, 5, 1, 0);
  const left = checkVector("srotm", "x", x, n, strideX, offsetX);
  const right = checkVector("srotm", "y", y, n, strideY, offsetY);
  const [flag, h11, h21, h12, h22] = param as unknown as [number, number, number, number, number];
  if (flag === -1) transform(left, right, h11, h12, h21, h22);
  else if (flag === 0) transform(left, right, 1, h12, h21, 1);
  else if (flag === 1) transform(left, right, h11, 1, -1, h22);
  else if (flag !== -2) throw new OptionError(`srotm: param[0] must be −2, −1, 0 or 1, got ${flag}`);
  return y;
};
