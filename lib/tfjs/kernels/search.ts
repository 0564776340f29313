/** Sorting, searching and counting: on values, because results depend on them element by element. */

import {
  type BincountAttrs,
  type BincountInputs,
  type DenseBincountAttrs,
  type DenseBincountInputs,
  type SearchSortedAttrs,
  type SearchSortedInputs,
  type TopKAttrs,
  type TopKInputs,
  type UniqueAttrs,
  type UniqueInputs,
  util,
} from "@tensorflow/tfjs-core";
import { OptionError, ShapeError } from "../../index.js";
import { type Kernel, type Values, valuesKernel } from "../kernel.js";

type Numbers = Float32Array | Int32Array | Uint8Array;

/** The k largest of each row and where they were; of equal ones the first. */
const topK = valuesKernel<TopKInputs, TopKAttrs>("TopK", ({ x }, { k }) => {
  const all = x.values as Numbers;
  const length = x.shape.at(-1) as number;
  const rows = length === 0 ? 0 : all.length / length;
  const positions = new Int32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const values = all.subarray(row * length, (row + 1) * length);
    positions.set(largest(values, k), row * k);
  }
  const places = positions.map((position, i) => Math.floor(i / k) * length + position);
  const shape = [...x.shape.slice(0, -1), k];
  const values = (all.constructor as Float32ArrayConstructor).from(places, (position) => all[position] as number);
  return [
    { shape, dtype: x.dtype, values },
    { shape, dtype: "int32", values: positions },
  ];
});

/** Positions of the k largest elements in order: a heap keeps those found so far, the last of them on top. */
function largest(values: Numbers, k: number): Int32Array {
  const heap = Int32Array.from({ length: k }, (_, i) => i);
  const compare = (a: number, b: number) => descending(values, heap[a] as number, heap[b] as number);
  const sink = (top: number) => {
    for (let at = top, below = 2 * at + 1; below < k; below = 2 * at + 1) {
      if (below + 1 < k && compare(below + 1, below) > 0) below++;
      if (compare(below, at) <= 0) return;
      [heap[at], heap[below]] = [heap[below] as number, heap[at] as number];
      at = below;
    }
  };
  for (let top = (k >> 1) - 1; top >= 0; top--) sink(top);
  for (let i = k; k > 0 && i < values.length; i++) {
    if (descending(values, i, heap[0] as number) > 0) continue;
    heap[0] = i;
    sink(0);
  }
  return heap.sort((a, b) => descending(values, a, b));
}

/** The order of two elements, the larger one first; NaN after all numbers. */
function descending(values: Numbers, a: number, b: number): number {
  const [x, y] = [values[a] as number, values[b] as number];
  if (x === y) return a - b;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) ? (Number.isNaN(y) ? a - b : 1) : -1;
  return y - x;
}

/** The different slices along an axis, in the order of their first occurrence, and which one each slice is. */
const unique = valuesKernel<UniqueInputs, UniqueAttrs>("Unique", ({ x }, { axis }) => {
  const [along = 0] = util.parseAxisParam(axis, x.shape as number[]);
  const [outer, length, inner] = [
    util.sizeFromShape(x.shape.slice(0, along) as number[]),
    x.shape[along] as number,
    util.sizeFromShape(x.shape.slice(along + 1) as number[]),
  ];
  const at = (o: number, i: number) => (o * length + i) * inner;
  const ranks = new Map<string, number>();
  const firsts: number[] = [];
  const indices = Int32Array.from({ length }, (_, i) => {
    const parts = Array.from({ length: outer }, (_, o) => x.values.slice(at(o, i), at(o, i) + inner).join());
    const key = parts.join();
    const known = ranks.get(key);
    if (known !== undefined) return known;
    ranks.set(key, firsts.length);
    return firsts.push(i) - 1;
  });
  const positions: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (const i of firsts) for (let j = 0; j < inner; j++) positions.push(at(o, i) + j);
  }
  const shape = [...x.shape.slice(0, along), firsts.length, ...x.shape.slice(along + 1)];
  return [
    { shape, dtype: x.dtype, values: pick(x, positions) },
    { shape: [length], dtype: "int32", values: indices },
  ];
});

/** Elements at positions, as an array of the same kind. */
function pick({ values, dtype }: Values, positions: readonly number[]): Values["values"] {
  if (dtype === "string") return positions.map((position) => values[position] as string);
  const numbers = values as Numbers;
  return (numbers.constructor as Float32ArrayConstructor).from(positions, (position) => numbers[position] as number);
}

/** Where values belong in sorted rows: before what is equal to them, or after it. */
const searchSorted = valuesKernel<SearchSortedInputs, SearchSortedAttrs>(
  "SearchSorted",
  ({ sortedSequence, values }, { side }) => {
    const [rows, length] = sortedSequence.shape as [number, number];
    const [sorted, wanted] = [sortedSequence.values as Numbers, values.values as Numbers];
    const perRow = rows === 0 ? 1 : wanted.length / rows;
    const found = Int32Array.from(wanted, (value, i) => {
      const start = Math.floor(i / perRow) * length;
      let [low, high] = [0, length];
      while (low < high) {
        const middle = (low + high) >> 1;
        const other = sorted[start + middle] as number;
        if (side === "left" ? other < value : other <= value) low = middle + 1;
        else high = middle;
      }
      return low;
    });
    return { shape: values.shape, dtype: "int32", values: found };
  },
);

/** How often each number from 0 to `size` − 1 occurs in each row, or the sum of the weights where it does. */
function countNumbers(
  x: Values,
  weights: Values,
  rows: number,
  size: number,
  isBinary: boolean,
): Float32Array | Int32Array {
  const counts = util.makeZerosTypedArray(rows * size, weights.dtype as "float32") as Float32Array;
  const weightOf = weights.values.length > 0 ? (i: number) => weights.values[i] as number : () => 1;
  const numbers = x.values as Numbers;
  const perRow = rows === 0 ? 1 : numbers.length / rows;
  for (const [i, number] of numbers.entries()) {
    if (number < 0) throw new OptionError("Input x must be non-negative!");
    if (number >= size) continue;
    const place = Math.floor(i / perRow) * size + number;
    counts[place] = isBinary ? 1 : (counts[place] as number) + weightOf(i);
  }
  return counts;
}

export const searchKernels: readonly Kernel[] = [
  topK,
  unique,
  searchSorted,
  valuesKernel<BincountInputs, BincountAttrs>("Bincount", ({ x, weights }, { size }) => ({
    shape: [size],
    dtype: weights.dtype,
    values: countNumbers(x, weights, 1, size, false),
  })),
  valuesKernel<DenseBincountInputs, DenseBincountAttrs>("DenseBincount", ({ x, weights }, { size, binaryOutput }) => {
    if (x.shape.length > 2) {
      throw new ShapeError(`Error in denseBincount: input must be at most rank 2, but got rank${x.shape.length}.`);
    }
    const rows = x.shape.length === 2 ? (x.shape[0] as number) : 1;
    const values = countNumbers(x, weights, rows, size, (binaryOutput ?? false) && x.shape.length === 2);
    return { shape: x.shape.length === 2 ? [rows, size] : [size], dtype: weights.dtype, values };
  }),
];
