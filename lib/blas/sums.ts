/**
 * Level 1, what vectors are summed up to. Long vectors without gaps go to native code and are summed in float32, in a
 * fixed order of many partial sums; the others in float64.
 */

import type { MicroDescription, ReduceKind } from "../program/index.js";
import { REDUCE_KINDS } from "../program/index.js";
import { checkScalar, checkSize, checkVector, start } from "./arguments.js";
import { defineKernel, isInterpreted, type Kernel, type Operand, run } from "./machine.js";
import type { Vector } from "./views.js";

/** From so many elements without gaps on, a call of native code is faster than a loop in JavaScript. */
const NATIVE_ELEMENTS = 512;

const ABSOLUTE: MicroDescription = {
  registers: 1,
  results: [0],
  code: [{ op: "abs", dtype: "float32", dst: 0, a: 0 }],
};

const MULTIPLIED: MicroDescription = {
  registers: 2,
  results: [0],
  code: [{ op: "mul", dtype: "float32", dst: 0, a: 0, b: 1 }],
};

const SQUARED: MicroDescription = {
  registers: 1,
  results: [0],
  code: [{ op: "mul", dtype: "float32", dst: 0, a: 0, b: 0 }],
};

const absolute = defineKernel("reduce", { micro: ABSOLUTE });
const multiplied = defineKernel("reduce", { micro: MULTIPLIED });
const squared = defineKernel("reduce", { micro: SQUARED });

const sum = new Float32Array(1);
const position = new Int32Array(1);

/** Whether a vector is long and without gaps, and the backend faster than a loop. */
export function suitsNative({ length, stride }: Vector): boolean {
  return stride === 1 && length >= NATIVE_ELEMENTS && !isInterpreted();
}

/** A vector as an operand of a kernel. */
export function operandOf({ data, length, offset, stride }: Vector): Operand {
  return { data, offset, shape: [length], strides: [stride] };
}

function reduce(kernel: Kernel, kind: ReduceKind, axis: number, into: Float32Array | Int32Array, xs: Vector[]): number {
  const result = { data: into, offset: 0, shape: [1], strides: [1] };
  run(kernel, [result, ...xs.map(operandOf)], undefined, { kind: REDUCE_KINDS.indexOf(kind), axis });
  return into[0] as number;
}

/**
 * Σ |xᵢ|.
 *
 * @param n Number of elements; of none the sum is 0.
 * @param incX Distance of two elements of x; a negative one goes through x from its end.
 * @returns A float32 value, in a JavaScript number.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function sasum(n: number, x: Float32Array, incX: number): number {
  return sasum.ndarray(n, x, incX, start(n, incX));
}

/** The same from element `offsetX` of the array on. */
sasum.ndarray = (n: number, x: Float32Array, strideX: number, offsetX: number): number => {
  checkSize("sasum", "n", n);
  const vector = checkVector("sasum", "x", x, n, strideX, offsetX);
  if (suitsNative(vector)) return reduce(absolute, "sum", -1, sum, [vector]);
  let total = 0;
  for (let i = 0, at = offsetX; i < n; i++, at += strideX) total += Math.abs(x[at] as number);
  return Math.fround(total);
};

/**
 * Σ xᵢ yᵢ.
 *
 * @param n Number of elements; of none the sum is 0.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function sdot(n: number, x: Float32Array, incX: number, y: Float32Array, incY: number): number {
  return sdot.ndarray(n, x, incX, start(n, incX), y, incY, start(n, incY));
}

/** The same from elements `offsetX` and `offsetY` of the arrays on. */
sdot.ndarray = (
  n: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
): number => {
  checkSize("sdot", "n", n);
  const left = checkVector("sdot", "x", x, n, strideX, offsetX);
  const right = checkVector("sdot", "y", y, n, strideY, offsetY);
  if (suitsNative(left) && suitsNative(right)) return reduce(multiplied, "sum", -1, sum, [left, right]);
  return Math.fround(dot(left, right));
};

/** In float64, where products of float32 are exact. */
function dot(x: Vector, y: Vector): number {
  const [dataX, dataY, n] = [x.data, y.data, x.length];
  let total = 0;
  if (x.stride === 1 && y.stride === 1) {
    // With one index a loop takes a fifth less.
    const [fromX, fromY] = [x.offset, y.offset];
    for (let i = 0; i < n; i++) total += (dataX[fromX + i] as number) * (dataY[fromY + i] as number);
    return total;
  }
  for (let i = 0, atX = x.offset, atY = y.offset; i < n; i++, atX += x.stride, atY += y.stride) {
    total += (dataX[atX] as number) * (dataY[atY] as number);
  }
  return total;
}

/**
 * b + Σ xᵢ yᵢ, summed in float64 and rounded to float32 at the end.
 *
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function sdsdot(n: number, b: number, x: Float32Array, incX: number, y: Float32Array, incY: number): number {
  return sdsdot.ndarray(n, b, x, incX, start(n, incX), y, incY, start(n, incY));
}

/** The same from elements `offsetX` and `offsetY` of the arrays on. */
sdsdot.ndarray = (
  n: number,
  b: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
): number => {
  checkSize("sdsdot", "n", n);
  const addend = checkScalar("sdsdot", "b", b);
  const left = checkVector("sdsdot", "x", x, n, strideX, offsetX);
  return Math.fround(addend + dot(left, checkVector("sdsdot", "y", y, n, strideY, offsetY)));
};

/**
 * Σ xᵢ yᵢ in float64, of float32 vectors.
 *
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function dsdot(n: number, x: Float32Array, incX: number, y: Float32Array, incY: number): number {
  return dsdot.ndarray(n, x, incX, start(n, incX), y, incY, start(n, incY));
}

/** The same from elements `offsetX` and `offsetY` of the arrays on. */
dsdot.ndarray = (
  n: number,
  x: Float32Array,
  strideX: number,
  offsetX: number,
  y: Float32Array,
  strideY: number,
  offsetY: number,
): number => {
  checkSize("dsdot", "n", n);
  const left = checkVector("dsdot", "x", x, n, strideX, offsetX);
  return dot(left, checkVector("dsdot", "y", y, n, strideY, offsetY));
};

/**
 * The Euclidean norm √Σ xᵢ², without overflow or underflow on the way.
 *
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function snrm2(n: number, x: Float32Array, incX: number): number {
  return snrm2.ndarray(n, x, incX, start(n, incX));
}

/** A sum of squares in float32 is taken as it is between these: what underflowed is too little to matter. */
const [LEAST_SQUARES, MOST_SQUARES] = [2 ** -60, 2 ** 120];

/** The same from element `offsetX` of the array on. */
snrm2.ndarray = (n: number, x: Float32Array, strideX: number, offsetX: number): number => {
  checkSize("snrm2", "n", n);
  const vector = checkVector("snrm2", "x", x, n, strideX, offsetX);
  if (suitsNative(vector)) {
    const squares = reduce(squared, "sum", -1, sum, [vector]);
    if (squares > LEAST_SQUARES && squares < MOST_SQUARES) return Math.fround(Math.sqrt(squares));
  }
  // No square of a float32 leaves the range of float64.
  return Math.fround(Math.sqrt(dot(vector, vector)));
};

/**
 * The index of the first element of the largest magnitude, counted from 0; −1 where n is 0. A NaN is passed over, unless
 * it is the first element.
 *
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function isamax(n: number, x: Float32Array, incX: number): number {
  return isamax.ndarray(n, x, incX, start(n, incX));
}

/** The same from element `offsetX` of the array on. */
isamax.ndarray = (n: number, x: Float32Array, strideX: number, offsetX: number): number => {
  checkSize("isamax", "n", n);
  const vector = checkVector("isamax", "x", x, n, strideX, offsetX);
  if (suitsNative(vector)) {
    const index = reduce(absolute, "argMax", 0, position, [vector]);
    // To the machine a NaN is the largest.
    if (!Number.isNaN(x[offsetX + index])) return index;
  }
  let best = n > 0 ? 0 : -1;
  let largest = Math.abs(x[offsetX] as number);
  for (let i = 1, at = offsetX + strideX; i < n; i++, at += strideX) {
    const magnitude = Math.abs(x[at] as number);
    if (!(magnitude > largest)) continue;
    best = i;
    largest = magnitude;
  }
  return best;
};
