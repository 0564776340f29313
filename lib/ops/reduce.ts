/**
 * Reductions: many elements to one along some axes (all by default). The reduced axes go, or stay with length
 * 1 (`keepDims`). Over no elements a reduction gives its identity: 0 for sums, 1 for products, and for maxima and
 * minima the smallest and largest value of the dtype: ∓∞, those of int32, 0 and 255 for uint8, 0 and 1 for bool.
 */

import { checkOptions, DTypeError, ShapeError } from "../errors.js";
import { constantLeaf } from "../graph/leaves.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { normalizeAxis, showShape, sizeOf } from "../shape.js";
import { broadcastTo, sum } from "./broadcast.js";
import { equal, greater, where } from "./comparison.js";
import { ones, onesLike } from "./create.js";
import { add, cast, div, exp, log, mul, sub } from "./elementwise.js";
import { expandDims, flatten, reshape, squeeze, stopGradient, transpose } from "./movement.js";
import { checkFloat, checkTensor, first } from "./operands.js";
import { axesOf, countingDType, defineReduce, dropAxes, type ReduceOptions, reduce, reducedAxes } from "./reduction.js";
import { concat, flip, slice, split } from "./slices.js";

/** Arithmetic mean; NaN over no elements. Floats only. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkFloat("mean", checkTensor("mean", x));
  const axes = reducedAxes("mean", x, options);
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  // The shape says it, so it is part of the graph: two means of the same elements are one.
  return mul(sum(x, options), constantLeaf(count === 0 ? NaN : 1 / count, x.dtype));
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
  const axes = maskAxes("any", x, options);
  return greater(sum(x, { ...options, axes }), 0);
}

/** Whether all elements are true. bool only; true over no elements. */
export function all(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = maskAxes("all", x, options);
  return equal(sum(equal(x, 0), { ...options, axes }), 0);
}

function maskAxes(op: string, x: Tensor, options: ReduceOptions): readonly number[] {
  if (checkTensor(op, x).dtype !== "bool") throw new DTypeError(`${op}: needs a bool tensor, got ${x.dtype}`);
  return reducedAxes(op, x, options);
}

/**
 * ln Σ eˣ, computed from the maximum so that nothing overflows; −∞ over no elements. Floats only. The derivative is
 * the softmax: 0 where all elements are −∞, NaN where one is +∞.
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkFloat("logSumExp", checkTensor("logSumExp", x));
  const axes = reducedAxes("logSumExp", x, options);
  const largest = stopGradient(max(x, { axes, keepDims: true }));
  // An infinite maximum would make ∞ − ∞: shift by 0 there.
  const shift = where(equal(sub(largest, largest), 0), largest, 0);
  const total = sum(exp(sub(x, shift)), { axes, keepDims: true });
  // All are −∞, or there are none. No derivative leads to the logarithm then: 1 / 0 times e^(−∞) would be NaN.
  const isNothing = equal(total, 0);
  const result = where(isNothing, -Infinity, add(log(where(isNothing, 1, total)), shift));
  return dropAxes(result, axes, options);
}
