/** Normalisation by mean and variance, and dropout: composites of other operations. Floats only. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { constantLeaf } from "../graph/leaves.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { normalizeAxes, normalizeAxis, type Shape, sameShape, showShape } from "../shape.js";
import { broadcastTo, sum } from "./broadcast.js";
import { where } from "./comparison.js";
import { add, div, mul, neg, sqrt, sub } from "./elementwise.js";
import { reshape, stopGradient, unchanged } from "./movement.js";
import { checkFloat, checkSameDType, checkTensor, first } from "./operands.js";
import { bernoulli, type SeedOptions } from "./random.js";
import { mean } from "./reduce.js";
import { axesOf, defineReduce, dropAxes, type ReduceOptions, reducedAxes } from "./reduction.js";

/** Mean and variance of a distribution. */
export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** Mean squared distance to the mean. Its sum with Σ x, and so with the mean, is one instruction. */
const varianceOp = defineReduce("variance", "variance", (dtype) => dtype, {
  // ∂σ²/∂x = 2(x − μ)/n; the derivative by the mean is 0, so that no sum over x is needed.
  vjp: [(t, n) => mul(broadcastTo(mul(t, slope(n)), first(n).shape), distance(n))],
  jvp: [(t, n) => mul(sum(mul(t, distance(n)), { axes: axesOf(n), keepDims: true }), slope(n))],
});

function slope(node: Tensor): Tensor {
  return constantLeaf((2 * node.size) / first(node).size, node.dtype);
}

function distance(node: Tensor): Tensor {
  const x = first(node);
  return sub(x, mean(x, { axes: axesOf(node), keepDims: true }));
}

/**
 * Mean μ and population variance σ² = mean((x − μ)²) over some axes (all by default); NaN over no elements.
 *
 * Batch statistics of images `[n, c, h, w]`: `moments(x, { axes: [0, 2, 3] })`, each `[c]`.
 */
export function moments(x: Tensor, options: ReduceOptions = {}): Moments {
  checkFloat("moments", checkTensor("moments", x));
  const axes = reducedAxes("moments", x, options);
  const center = mean(x, { axes, keepDims: true });
  return { mean: dropAxes(center, axes, options), variance: dropAxes(apply(varianceOp, [x], { axes }), axes, options) };
}

/**
 * (x − μ) / √(σ² + ε) · γ + β for statistics and parameters that broadcast against x.
 *
 * As in `moments`, μ is split into a fixed s and the rest, which is 0 and shifts the result of a whole channel: then the
 * derivative by μ is that by β, times the factor, and takes no pass over x of its own.
 */
function normalize(x: Tensor, { mean, variance }: Moments, epsilon: number, gamma?: Tensor, beta?: Tensor): Tensor {
  const deviation = sqrt(add(variance, epsilon));
  // One factor per statistic instead of one per element.
  const factor = gamma === undefined ? div(1, deviation) : div(gamma, deviation);
  const fixed = stopGradient(mean);
  const shift = mul(sub(fixed, mean), factor);
  return add(mul(sub(x, fixed), factor), beta === undefined ? shift : add(shift, beta));
}

/**
 * The same for statistics that are given rather than computed from x, as x · scale + shift: two numbers per channel, which
 * a convolution applies as it stores its result.
 */
function scaleAndShift(x: Tensor, { mean, variance }: Moments, epsilon: number, gamma?: Tensor, beta?: Tensor): Tensor {
  const deviation = sqrt(add(variance, epsilon));
  const scale = gamma === undefined ? div(1, deviation) : div(gamma, deviation);
  const moved = mul(mean, scale);
  const shift = beta === undefined ? neg(moved) : sub(beta, moved);
  return add(mul(x, scale), shift);
}

/** Whether a statistic is a value from outside, like the running ones of a variable: x has no part in it. */
function isGiven(statistic: Tensor): boolean {
  const { op, storage } = statistic.resolve();
  return storage !== undefined || op.kind === "leaf";
}

function checkEpsilon(op: string, epsilon: unknown): number {
  if (typeof epsilon === "number" && epsilon >= 0 && Number.isFinite(epsilon)) return epsilon;
  throw new OptionError(`${op}: option "epsilon" must be a finite number ≥ 0, got ${show(epsilon)}`);
}

/** A parameter of the given shape, under the shape in which it broadcasts against x. */
function parameter(op: string, name: string, value: unknown, x: Tensor, shape: Shape, shown: Shape): Tensor {
  const tensor = checkTensor(op, value, `option "${name}"`);
  checkSameDType(op, [x, tensor]);
  if (!sameShape(tensor.shape, shape)) {
    throw new ShapeError(`${op}: ${name} must have shape ${showShape(shape)}, got ${showShape(tensor.shape)}`);
  }
  return reshape(tensor, shown);
}

/** Options of `batchNorm`. All tensors are `[channels]` and of x's dtype. */
export interface BatchNormOptions {
  /** μ: of the batch while training, the running one otherwise. */
  readonly mean: Tensor;
  /** σ², as for the mean. */
  readonly variance: Tensor;
  /** γ (default: 1). */
  readonly gamma?: Tensor;
  /** β (default: 0). */
  readonly beta?: Tensor;
  /** ε, added to the variance (default 1e-5). */
  readonly epsilon?: number;
  /** The axis of the channels (default 1; −1 for NHWC). */
  readonly axis?: number;
}

/**
 * Batch normalisation with given statistics: (x − μ) / √(σ² + ε) · γ + β for each channel. To train, take the
 * statistics of the batch from `moments`; derivatives flow through them too.
 *
 * @throws {ShapeError} when a statistic or parameter is not `[channels]`.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions): Tensor {
  checkFloat("batchNorm", checkTensor("batchNorm", x));
  checkOptions("batchNorm", options, ["mean", "variance", "gamma", "beta", "epsilon", "axis"]);
  const epsilon = checkEpsilon("batchNorm", options.epsilon ?? 1e-5);
  const axis = normalizeAxis("batchNorm", options.axis ?? 1, x.rank);
  const channels = x.shape[axis] as number;
  const shown = x.shape.map((length, i) => (i === axis ? length : 1));
  const of = (name: "mean" | "variance" | "gamma" | "beta") =>
    parameter("batchNorm", name, options[name], x, [channels], shown);
  const gamma = options.gamma && of("gamma");
  const beta = options.beta && of("beta");
  const moments = { mean: of("mean"), variance: of("variance") };
  const given = isGiven(options.mean) && isGiven(options.variance);
  return (given ? scaleAndShift : normalize)(x, moments, epsilon, gamma, beta);
}

/** Options of `layerNorm`. */
export interface LayerNormOptions {
  /** The axes that are normalised together (default: the last one). */
  readonly axes?: number | readonly number[];
  /** γ, with the lengths of the normalised axes as its shape (default: 1). */
  readonly gamma?: Tensor;
  /** β, of the same shape (default: 0). */
  readonly beta?: Tensor;
  /** ε, added to the variance (default 1e-5). */
  readonly epsilon?: number;
}

/**
 * Layer normalisation: (x − μ) / √(σ² + ε) · γ + β with μ and σ² of each example over the given axes.
 *
 * @throws {ShapeError} when γ or β has another shape than the normalised axes.
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  checkFloat("layerNorm", checkTensor("layerNorm", x));
  checkOptions("layerNorm", options, ["axes", "gamma", "beta", "epsilon"]);
  const epsilon = checkEpsilon("layerNorm", options.epsilon ?? 1e-5);
  const axes = normalizeAxes("layerNorm", options.axes ?? -1, x.rank);
  const shape = axes.map((axis) => x.shape[axis] as number);
  const shown = x.shape.map((length, i) => (axes.includes(i) ? length : 1));
  const of = (name: "gamma" | "beta") => options[name] && parameter("layerNorm", name, options[name], x, shape, shown);
  const { mean, variance } = moments(x, { axes, keepDims: true });
  // The statistics have fewer elements than x, the parameters others: scaling twice keeps all factors small.
  const normalized = normalize(x, { mean, variance }, epsilon);
  const [gamma, beta] = [of("gamma"), of("beta")];
  const scaled = gamma === undefined ? normalized : mul(normalized, gamma);
  return beta === undefined ? scaled : add(scaled, beta);
}

/**
 * Dropout for training: each element is 0 with probability `rate`, and divided by 1 − rate otherwise, so that the
 * expectation stays. At test time, do not call it.
 *
 * @param options `rate`: a number in [0, 1) (default 0.5); `seed`: see `setSeed`.
 * @throws {OptionError} for a rate out of range.
 */
export function dropout(x: Tensor, options: SeedOptions & { readonly rate?: number } = {}): Tensor {
  checkFloat("dropout", checkTensor("dropout", x));
  checkOptions("dropout", options, ["rate", "seed"]);
  const { rate = 0.5, seed } = options;
  if (typeof rate !== "number" || !(rate >= 0 && rate < 1)) {
    throw new OptionError(`dropout: option "rate" must be in [0, 1), got ${show(rate)}`);
  }
  if (rate === 0) return unchanged(x);
  const kept = bernoulli(x.shape, { probability: 1 - rate, seed });
  return where(kept, mul(x, 1 / (1 - rate)), 0);
}
