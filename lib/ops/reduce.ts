/**
 * Reductions: many elements to one along some axes (all by default). The reduced axes go, or stay with length
 * 1 (`keepDims`). Over no elements a reduction gives its identity: 0 for sums, 1 for products, ∓∞ (or the
 * smallest and largest int32) for maxima and minima.
 */

import type { DType } from "../dtype.js";
import { isFloat } from "../dtype.js";
import { checkOptions, DTypeError, ShapeError } from "../errors.js";
import { type Derivative, defineOp, type ReduceDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import type { ReduceKind } from "../program/opcodes.js";
import { normalizeAxes, normalizeAxis, type Shape, showShape, sizeOf } from "../shape.js";
import { ones, onesLike } from "./create.js";
import { add, cast, div, equal, exp, greater, log, mul, sub, where } from "./elementwise.js";
import {
  broadcastTo,
  concat,
  expandDims,
  flatten,
  flip,
  reshape,
  slice,
  split,
  squeeze,
  stopGradient,
  transpose,
} from "./movement.js";
import { checkFloat, checkTensor } from "./operands.js";

/** Which axes to reduce, and whether they stay with length 1. */
export interface ReduceOptions {
  /** One axis or several, negative ones count from the end; absent: all. */
  readonly axes?: number | readonly number[];
  /** Keep the reduced axes with length 1, so that the result broadcasts against x. */
  readonly keepDims?: boolean;
}

type AxesAttributes = { readonly axes: readonly number[] };

function defineReduce(
  name: string,
  reduce: ReduceKind,
  dtypeOf: (dtype: DType) => DType,
  derivatives: { vjp: Derivative | null; jvp: Derivative | "linear" | null },
) {
  return defineOp<AxesAttributes, ReduceDeclaration<AxesAttributes>>({
    name,
    kind: "reduce",
    reduce,
    infer([x], { axes }) {
      const { shape, dtype } = x as Tensor;
      return { shape: shape.map((length, i) => (axes.includes(i) ? 1 : length)), dtype: dtypeOf(dtype) };
    },
    ...derivatives,
  });
}

const first = (node: Tensor) => node.inputs[0] as Tensor;
const axesOf = (node: Tensor) => (node.attributes as AxesAttributes).axes;

/** Applies a reduction for the public function `name`. */
function reduce(op: ReturnType<typeof defineReduce>, x: Tensor, options: ReduceOptions, name = op.name): Tensor {
  checkTensor(name, x);
  checkOptions(name, options, ["axes", "keepDims"]);
  const axes = normalizeAxes(name, options.axes, x.rank);
  return dropAxes(apply(op, [x], { axes }), axes, options);
}

function dropAxes(reduced: Tensor, axes: readonly number[], options: ReduceOptions): Tensor {
  return options.keepDims ? reduced : reshape(reduced, withoutAxes(reduced.shape, axes));
}

function withoutAxes(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}

const countingDType = (dtype: DType): DType => (isFloat(dtype) ? dtype : "int32");

const sumOp = defineReduce("sum", "sum", countingDType, {
  vjp: [(t, n) => broadcastTo(t, first(n).shape)],
  jvp: "linear",
});

/** Sum of the elements. Sums of int32, uint8 and bool are int32 (a bool counts 1). */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(sumOp, x, options);
}

/** Arithmetic mean; NaN over no elements. Floats only. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkFloat("mean", checkTensor("mean", x));
  checkOptions("mean", options, ["axes", "keepDims"]);
  const axes = normalizeAxes("mean", options.axes, x.rank);
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  return mul(sum(x, options), 1 / count === Infinity ? NaN : 1 / count);
}

const prodOp = defineReduce("prod", "prod", countingDType, {
  vjp: [(t, n) => mul(broadcastTo(t, first(n).shape), productOfOthers(n))],
  jvp: [(t, n) => sum(mul(t, productOfOthers(n)), { axes: axesOf(n), keepDims: true })],
});

/** ∂prod/∂x: for each element the product of the others that it is multiplied with. */
function productOfOthers(node: Tensor): Tensor {
  const x = first(node);
  const kept = x.shape.flatMap((_, axis) => (axesOf(node).includes(axis) ? [] : [axis]));
  const order = [...kept, ...axesOf(node)];
  const moved = transpose(x, order);
  const lines = reshape(moved, [sizeOf(moved.shape.slice(0, kept.length)), sizeOf(moved.shape.slice(kept.length))]);
  const others = reshape(othersOfLine(lines), moved.shape);
  return transpose(
    others,
    order.map((_, axis) => order.indexOf(axis)),
  );
}

/**
 * The product of the other elements of each row `[rows, n]`, from the products of pairs: what is beside a pair, times
 * the neighbour in it. Without a division it is right where elements are 0, and so are all its derivatives; the cost
 * is that of a few passes over x.
 */
function othersOfLine(x: Tensor): Tensor {
  const [rows, length] = x.shape as [number, number];
  if (length <= 1) return onesLike(x);
  const isOdd = length % 2 === 1;
  const even = isOdd ? concat([x, ones([rows, 1], { dtype: x.dtype })], { axis: 1 }) : x;
  const pairs = reshape(even, [rows, Math.ceil(length / 2), 2]);
  const [left, right] = split(pairs, 2, { axis: 2 }) as [Tensor, Tensor];
  const beside = othersOfLine(squeeze(mul(left, right), { axes: 2 }));
  const others = mul(flip(pairs, { axes: 2 }), expandDims(beside, 2));
  return slice(reshape(others, even.shape), [null, [0, length]]);
}

/** Product of the elements. Products of int32, uint8 and bool are int32. */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(prodOp, x, options);
}

/** The derivative of an extremum: 1 at the extremal elements, shared equally where several are equal. */
function extremumShare(node: Tensor): Tensor {
  const x = first(node);
  const isExtremum = cast(equal(x, broadcastTo(stopGradient(node), x.shape)), x.dtype);
  return div(isExtremum, sum(isExtremum, { axes: axesOf(node), keepDims: true }));
}

const extremumDerivatives = {
  vjp: [(t: Tensor, n: Tensor) => mul(broadcastTo(t, first(n).shape), extremumShare(n))],
  jvp: [(t: Tensor, n: Tensor) => sum(mul(t, extremumShare(n)), { axes: axesOf(n), keepDims: true })],
};

const maxOp = defineReduce("max", "max", (dtype) => dtype, extremumDerivatives);

/** The largest element, NaN if there is one. Any dtype. */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(maxOp, x, options);
}

const minOp = defineReduce("min", "min", (dtype) => dtype, extremumDerivatives);

/** The smallest element, NaN if there is one. Any dtype. */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(minOp, x, options);
}

const argMaxOp = defineReduce("argMax", "argMax", () => "int32", { vjp: null, jvp: null });
const argMinOp = defineReduce("argMin", "argMin", () => "int32", { vjp: null, jvp: null });

function argReduce(op: typeof argMaxOp, x: Tensor, options: { axis?: number; keepDims?: boolean }): Tensor {
  checkTensor(op.name, x);
  checkOptions(op.name, options, ["axis", "keepDims"]);
  const over = options.axis === undefined ? flatten(x, { startAxis: 0 }) : x;
  const axis = normalizeAxis(op.name, options.axis ?? 0, over.rank);
  if (over.shape[axis] === 0) throw new ShapeError(`${op.name}: axis ${axis} has no elements: ${showShape(x.shape)}`);
  return dropAxes(apply(op, [over], { axes: [axis] }), [axis], options);
}

/**
 * Position of the largest element along an axis (absent: in the flattened tensor); the first of equal ones,
 * and NaN counts as the largest. int32, without derivative.
 *
 * @throws {ShapeError} when the axis has no elements.
 */
export function argMax(x: Tensor, options: { axis?: number; keepDims?: boolean } = {}): Tensor {
  return argReduce(argMaxOp, x, options);
}

/** Position of the smallest element along an axis; otherwise as `argMax`. */
export function argMin(x: Tensor, options: { axis?: number; keepDims?: boolean } = {}): Tensor {
  return argReduce(argMinOp, x, options);
}

/** Whether any element is true. bool only; false over no elements. */
export function any(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkMask("any", x);
  return greater(reduce(sumOp, x, options, "any"), 0);
}

/** Whether all elements are true. bool only; true over no elements. */
export function all(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkMask("all", x);
  return equal(reduce(sumOp, equal(x, 0), options, "all"), 0);
}

function checkMask(op: string, x: Tensor): void {
  if (checkTensor(op, x).dtype !== "bool") throw new DTypeError(`${op}: needs a bool tensor, got ${x.dtype}`);
}

/**
 * ln Σ eˣ, computed from the maximum so that nothing overflows; −∞ over no elements. Floats only. The derivative is
 * the softmax: 0 where all elements are −∞, NaN where one is +∞.
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkFloat("logSumExp", checkTensor("logSumExp", x));
  checkOptions("logSumExp", options, ["axes", "keepDims"]);
  const axes = normalizeAxes("logSumExp", options.axes, x.rank);
  const largest = stopGradient(max(x, { axes, keepDims: true }));
  // An infinite maximum would make ∞ − ∞: shift by 0 there.
  const shift = where(equal(sub(largest, largest), 0), largest, 0);
  const total = sum(exp(sub(x, shift)), { axes, keepDims: true });
  // All are −∞, or there are none. No derivative leads to the logarithm then: 1 / 0 times e^(−∞) would be NaN.
  const isNothing = equal(total, 0);
  const result = where(isNothing, -Infinity, add(log(where(isNothing, 1, total)), shift));
  return dropAxes(result, axes, options);
}
