/** Test cases of `reduce`. */

import type { Tensor } from "../graph/tensor.js";
import * as ng from "../ops/index.js";
import type { Shape } from "../shape.js";
import { type Case, i32, ofMagnitudes } from "./case.js";
import type { Operand } from "./operands.js";

const reductionShapes: readonly (readonly [Shape, readonly number[]])[] = [
  [[1], [0]],
  [[67], [0]],
  [[5, 67], [1]],
  [[67, 5], [0]],
  [[7, 6, 5], [1]],
  [
    [7, 6, 5],
    [0, 2],
  ],
  [
    [3, 4, 5, 6],
    [0, 2],
  ],
  [
    [33, 130],
    [0, 1],
  ],
  [[2, 5000], [1]],
  [[3, 1100], [0]], // more columns than a block has
  [[0, 3], [0]],
  [[3, 0], [0]],
];

const both = (a: Tensor, b: Tensor) => ng.concat([a, b], { axis: 0 });

/** What the mean in float32 of a block adds to a variance: the square of its error. */
const roundedMean = (a: Tensor, options: { axes: readonly number[]; keepDims: boolean }) =>
  ng.square(ng.mul(ng.mean(ng.abs(a), options), 140 * 2 ** -24));

/** What the variance of a rounded product may be off by: its distances are rounded as much as the products. */
const meanSquare = (a: Tensor, options: { axes: readonly number[]; keepDims: boolean }) =>
  ng.mean(ng.square(ng.abs(a)), options);

/** Every kind of reduction, dtype and choice of axes. */
export const reductions: Case[] = reductionShapes.flatMap(([shape, axes]) => {
  const name = `over axes [${axes}] of [${shape}]`;
  const length = axes.reduce((product, axis) => product * (shape[axis] as number), 1);
  const [x, n] = [{ shape }, i32(shape)];
  const bytes: Operand = { shape, dtype: "uint8" };
  const nearOne: Operand = { shape, low: 0.9, high: 1.1 };
  const all: Case[] = [
    {
      name: `sum of squared differences ${name}`,
      operands: [x, x],
      build: (a, b) => ng.sum(ng.square(ng.sub(a, b)), { axes }),
      roundings: length + 3,
    },
    {
      name: `sum ${name}`,
      operands: [x],
      build: (a) => ng.sum(a, { axes }),
      roundings: length,
      magnitude: ofMagnitudes((a) => ng.sum(a, { axes })),
    },
    {
      name: `product ${name}`,
      operands: [nearOne],
      build: (a) => ng.prod(a, { axes }),
      roundings: length + 1,
    },
  ];
  const options = { axes, keepDims: true };
  all.push(
    {
      name: `variance ${name}`,
      operands: [x],
      build: (a) => ng.moments(a, options).variance,
      roundings: Math.min(length, 137) + 8,
      magnitude: (a) => ng.add(ng.moments(a, options).variance, roundedMean(a, options)),
    },
    {
      name: `variance and mean of a product ${name}`,
      operands: [x, x],
      build: (a, b) => both(ng.moments(ng.mul(a, b), options).variance, ng.moments(ng.mul(a, b), options).mean),
      roundings: 2 * length + 9,
      magnitude: (a, b) => both(meanSquare(ng.mul(a, b), options), ng.mean(ng.abs(ng.mul(a, b)), options)),
    },
    {
      name: `sums of two ${name}`,
      operands: [x, x],
      build: (a, b) => both(ng.sum(a, options), ng.sum(ng.mul(a, b), options)),
      roundings: length + 1,
      magnitude: ofMagnitudes((a, b) => both(ng.sum(a, options), ng.sum(ng.mul(a, b), options))),
    },
    {
      name: `int32 sums of three ${name}`,
      operands: [n, n],
      build: (a, b) =>
        both(both(ng.sum(a, options), ng.sum(ng.mul(a, b), options)), both(ng.sum(b, options), ng.sum(b, options))),
      roundings: 0,
    },
    {
      name: `uint8 maxima of two ${name}`,
      operands: [bytes, bytes],
      build: (a, b) => both(ng.max(ng.maximum(a, b), options), ng.max(a, options)),
      roundings: 0,
    },
  );
  const same = { sum: ng.sum, prod: ng.prod, max: ng.max, min: ng.min };
  for (const [op, fn] of Object.entries(same)) {
    all.push({ name: `int32 ${op} ${name}`, operands: [n], build: (a) => fn(a, { axes }), roundings: 0 });
    all.push({ name: `uint8 ${op} ${name}`, operands: [bytes], build: (a) => fn(a, { axes }), roundings: 0 });
  }
  const bits: Operand = { shape, dtype: "bool" };
  for (const fn of [ng.max, ng.min]) {
    all.push({ name: `bool ${fn.name} ${name}`, operands: [bits], build: (a) => fn(a, { axes }), roundings: 0 });
    all.push({ name: `${fn.name} ${name}`, operands: [x], build: (a) => fn(a, { axes }), roundings: 0 });
  }
  if (axes.length > 1 || length === 0) return all;
  for (const fn of [ng.argMax, ng.argMin]) {
    const along = (a: Tensor) => fn(a, { axis: axes[0] as number });
    // Few different integers: many ties.
    const tied = i32(shape, 0, 3);
    all.push({ name: `${fn.name} ${name}`, operands: [x], build: (a) => along(a), roundings: 0 });
    all.push({ name: `int32 ${fn.name} ${name}`, operands: [tied], build: (a) => along(a), roundings: 0 });
  }
  return all;
});
