/** Cases of functions of TensorFlow.js whose gradients are asked for, each with what rounding may do to them. */

import * as tf from "@tensorflow/tfjs-core";
// It registers the gradients.
import "@tensorflow/tfjs";
import { type Case, type Inputs, make, type Tolerance, UNIT, use } from "./differential.js";
import { type Draw, type Given, sizeOf } from "./draw.js";

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** A function, and what it is differentiated at: with respect to each input of floats. */
interface Differentiable {
  readonly inputs: Readonly<Record<string, Given>>;
  readonly compute: (tensors: Tensors) => tf.Tensor;
  readonly tolerance?: Tolerance | ((dy: Given) => Tolerance);
  readonly isStrict?: boolean;
}

export type DifferentiableGenerator = (draw: Draw) => Differentiable;

/** The gradients of a function: vector-Jacobian products with `dy`, one for each input of floats. */
export function gradientsOf(compute: Differentiable["compute"]) {
  return (tensors: object): tf.Tensor[] => {
    const { dy, ...others } = tensors as Tensors;
    const names = Object.keys(others).filter((name) => others[name]?.dtype === "float32");
    const gradients = tf.grads((...values: tf.Tensor[]) =>
      compute({ ...others, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) } as Tensors),
    );
    return gradients(
      names.map((name) => others[name] as tf.Tensor),
      dy,
    );
  };
}

/** The function with a random `dy` of its result's shape among its inputs. */
export function withGradient(draw: Draw, { inputs, compute, tolerance, isStrict = false }: Differentiable): Case {
  use("cpu");
  const shape = tf.tidy(() => {
    const tensors = Object.entries(inputs).map(([name, given]) => [name, make(given)]);
    return compute(Object.fromEntries(tensors)).shape;
  });
  const dy = draw.tensor(shape);
  const derived = typeof tolerance === "function" ? tolerance(dy) : tolerance;
  return { inputs: { ...inputs, dy } as Inputs, isStrict, ...(derived && { tolerance: derived }) };
}

/** Gradients that are sums of products of dy and the inputs: reductions of what was broadcast go through 140 roundings. */
const SUMS: Tolerance = { sums: 140 };

/** What every kernel of a formula is off by at most: 3.5 units in the last place here, half of one on cpu, in halves. */
const ROUNDINGS = 8;

/**
 * dy · f′(x), f′ of so many kernels: `size` is |f′| with each of its differences as a sum of magnitudes, so that what kernels
 * are off by adds up to `kernels` · 8u of it.
 */
function unary(
  compute: (x: tf.Tensor) => tf.Tensor,
  [low, high]: readonly [number, number],
  kernels: number,
  size: (x: number) => number,
): DifferentiableGenerator {
  return (draw) => {
    const shape = draw.shape(0, 4);
    const x = draw.tensor(shape);
    const values = x.values as Float32Array;
    // From [−2, 2) to the domain.
    values.set(values.map((value) => low + ((high - low) * (value + 2)) / 4));
    const bound = (dy: Given) => () => [
      Float64Array.from(values, (value, i) => {
        const given = Math.abs((dy.values as Float32Array)[i] as number);
        return ROUNDINGS * kernels * UNIT * given * size(value) + 2 ** -148;
      }),
    ];
    return {
      inputs: { x },
      compute: ({ x: given }) => compute(given as tf.Tensor),
      tolerance: (dy) => ({ bound: bound(dy) }),
    };
  };
}

/** 1 − x² and its error, relative to it. */
const spread = (x: number) => (1 + x * x) / Math.abs(1 - x * x);

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const functions: Readonly<Record<string, DifferentiableGenerator>> = {
  abs: unary(tf.abs, [-4, 4], 1, () => 1),
  acos: unary(tf.acos, [-0.9, 0.9], 5, (x) => (1 - x * x) ** -0.5 * (1 + spread(x))),
  acosh: unary(tf.acosh, [1.2, 5], 5, (x) => (x * x - 1) ** -0.5 * (1 + spread(x))),
  asin: unary(tf.asin, [-0.9, 0.9], 5, (x) => (1 - x * x) ** -0.5 * (1 + spread(x))),
  asinh: unary(tf.asinh, [-4, 4], 5, (x) => (1 + x * x) ** -0.5),
  atan: unary(tf.atan, [-4, 4], 4, (x) => 1 / (1 + x * x)),
  atanh: unary(tf.atanh, [-0.9, 0.9], 4, (x) => (1 / (1 - x * x)) * (1 + spread(x))),
  clipByValue: unary(
    (x) => tf.clipByValue(x, -1, 1),
    [-4, 4],
    2,
    () => 1,
  ),
  cos: unary(tf.cos, [-6, 6], 3, () => 1),
  cosh: unary(tf.cosh, [-4, 4], 2, Math.cosh),
  elu: unary(tf.elu, [-4, 4], 3, () => 2),
  erf: unary(tf.erf, [-3, 3], 5, (x) => Math.exp(-x * x) * (1 + x * x) * 1.2),
  exp: unary(tf.exp, [-6, 6], 2, Math.exp),
  expm1: unary(tf.expm1, [-6, 6], 2, Math.exp),
  leakyRelu: unary(
    (x) => tf.leakyRelu(x, 0.3),
    [-4, 4],
    3,
    () => 1,
  ),
  log: unary(tf.log, [0.01, 8], 2, (x) => 1 / x),
  log1p: unary(tf.log1p, [-0.9, 8], 3, (x) => (1 + (1 + Math.abs(x)) / (1 + x)) / (1 + x)),
  logSigmoid: unary(tf.logSigmoid, [-6, 6], 4, (x) => sigmoid(-x)),
  neg: unary(tf.neg, [-4, 4], 1, () => 1),
  pow: unary(
    (x) => tf.pow(x, 2.5),
    [0.1, 4],
    5,
    (x) => 2.5 * x ** 1.5,
  ),
  reciprocal: unary(tf.reciprocal, [0.1, 4], 3, (x) => x ** -2),
  relu: unary(tf.relu, [-4, 4], 1, () => 1),
  relu6: unary(tf.relu6, [-4, 9], 3, () => 1),
  rsqrt: unary(tf.rsqrt, [0.1, 4], 4, (x) => 0.5 * x ** -1.5),
  selu: unary(tf.selu, [-4, 4], 5, () => 2),
  sigmoid: unary(tf.sigmoid, [-6, 6], 4, (x) => sigmoid(x) * (1 + sigmoid(x))),
  sin: unary(tf.sin, [-6, 6], 2, () => 1),
  sinh: unary(tf.sinh, [-4, 4], 2, Math.cosh),
  softplus: unary(tf.softplus, [-6, 6], 2, sigmoid),
  sqrt: unary(tf.sqrt, [0.01, 8], 3, (x) => 0.5 * x ** -0.5),
  square: unary(tf.square, [-4, 4], 2, (x) => 2 * Math.abs(x)),
  tan: unary(tf.tan, [-1.2, 1.2], 3, (x) => 2 * Math.cos(x) ** -2),
  tanh: unary(tf.tanh, [-4, 4], 3, (x) => 1 + Math.tanh(x) ** 2),
};

/** A function of two tensors that broadcast, whose gradients are products and sums of them. */
function binary(compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, areSame = false): DifferentiableGenerator {
  return (draw) => {
    const shape = draw.shape(0, 4).map((length) => Math.max(1, length));
    const shapes = [shape, areSame ? shape : draw.narrowed(shape)];
    if (draw.truth()) shapes.reverse();
    const [a, b] = shapes.map((each) => draw.tensor(each)) as [Given, Given];
    return {
      inputs: { a, b },
      compute: (given) => compute(given.a as tf.Tensor, given.b as tf.Tensor),
      tolerance: SUMS,
    };
  };
}

/** A function that is linear in a tensor of so many axes. */
function linear(
  rank: readonly [number, number],
  compute: (draw: Draw, shape: readonly number[]) => (x: tf.Tensor) => tf.Tensor,
): DifferentiableGenerator {
  return (draw) => {
    const shape = draw.shape(...rank).map((length) => Math.max(1, length));
    const apply = compute(draw, shape);
    return {
      inputs: { x: draw.tensor(shape) },
      compute: ({ x }) => apply(x as tf.Tensor),
      tolerance: SUMS,
    };
  };
}

const movement: Readonly<Record<string, DifferentiableGenerator>> = {
  add: binary(tf.add),
  sub: binary(tf.sub),
  mul: binary(tf.mul),
  // The core does not add up the gradients of what these broadcast.
  maximum: binary(tf.maximum, true),
  minimum: binary(tf.minimum, true),
  broadcastTo: linear([0, 3], (draw, shape) => {
    const to = [draw.integer(1, 3), ...shape];
    return (x) => tf.broadcastTo(x, to);
  }),
  concat: linear([1, 4], (draw, shape) => {
    const axis = draw.integer(0, shape.length - 1);
    return (x) => tf.concat([x, tf.mul(x, 2), x], axis);
  }),
  cumsum: linear([1, 4], (draw, shape) => {
    // Of another axis than the last the core has no gradient that fits.
    const [axis, exclusive, reverse] = [shape.length - 1, draw.truth(), draw.truth()];
    return (x) => tf.cumsum(x, axis, exclusive, reverse);
  }),
  gather: linear([1, 4], (draw, shape) => {
    const axis = draw.integer(0, shape.length - 1);
    const indices = draw.integers([draw.integer(1, 9)], 0, (shape[axis] as number) - 1);
    return (x) => tf.gather(x, make(indices) as tf.Tensor1D, axis);
  }),
  mean: linear([0, 4], (draw, shape) => {
    const [axes, keepDims] = [draw.axes(shape.length), draw.truth()];
    return (x) => tf.mean(x, axes, keepDims);
  }),
  pad: linear([1, 4], (draw, shape) => {
    const margins = shape.map(() => [draw.integer(0, 2), draw.integer(0, 2)] as [number, number]);
    return (x) => tf.pad(x, margins);
  }),
  reverse: linear([1, 4], (draw, shape) => {
    const axes = draw.axes(shape.length);
    return (x) => tf.reverse(x, axes);
  }),
  slice: linear([1, 4], (draw, shape) => {
    const begin = shape.map((length) => draw.integer(0, length - 1));
    const size = shape.map((length, i) => draw.integer(1, length - (begin[i] as number)));
    return (x) => tf.slice(x, begin, size);
  }),
  stack: linear([0, 4], (draw, shape) => {
    const axis = draw.integer(0, shape.length);
    return (x) => tf.stack([x, x], axis);
  }),
  split: linear([1, 4], (draw, shape) => {
    const axis = draw.integer(0, shape.length - 1);
    const first = draw.integer(0, shape[axis] as number);
    return (x) => tf.split(x, [first, (shape[axis] as number) - first], axis)[1] as tf.Tensor;
  }),
  sum: linear([0, 4], (draw, shape) => {
    const [axes, keepDims] = [draw.axes(shape.length), draw.truth()];
    return (x) => tf.sum(x, axes, keepDims);
  }),
  tile: linear([1, 4], (draw, shape) => {
    const times = shape.map(() => draw.integer(1, 3));
    return (x) => tf.tile(x, times);
  }),
  transpose: linear([1, 5], (draw, shape) => {
    const order = draw.permutation(shape.length);
    return (x) => tf.transpose(x, order);
  }),
  unsortedSegmentSum: linear([1, 3], (draw, shape) => {
    const segments = draw.integers([shape[0] as number], 0, 3);
    return (x) => tf.unsortedSegmentSum(x, make(segments) as tf.Tensor1D, 4);
  }),
  where: (draw) => {
    const shape = draw.shape(1, 4);
    const inputs = { condition: draw.tensor(shape, "bool"), a: draw.tensor(shape), b: draw.tensor(shape) };
    return {
      inputs,
      compute: ({ condition, a, b }) => tf.where(condition as tf.Tensor, a as tf.Tensor, b as tf.Tensor),
    };
  },
};

/** Extrema of no equal elements: each gets its gradient or 0. */
const extremum =
  (compute: typeof tf.max): DifferentiableGenerator =>
  (draw) => {
    const shape = draw.shape(1, 4).map((length) => Math.max(1, length));
    const [axes, keepDims] = [draw.axes(shape.length), draw.truth()];
    return { inputs: { x: draw.tensor(shape) }, compute: ({ x }) => compute(x as tf.Tensor, axes, keepDims) };
  };

/** A row of n terms of softmax's gradient, y·(dy − Σ dy·y), or its logarithm's, dy − Σ dy·y: |dy| ≤ 2, y ≤ 1, exponents below 4. */
const normalised =
  (compute: (x: tf.Tensor) => tf.Tensor, isLogarithm: boolean): DifferentiableGenerator =>
  (draw) => {
    const shape = draw.shape(1, 4).map((length) => Math.max(1, length));
    const n = shape.at(-1) as number;
    const largest = isLogarithm ? 2 + 2 * n : 4;
    const bound = 2 * ((n + 6) * 5 + 140 + 3 * ROUNDINGS) * UNIT * largest;
    return {
      inputs: { x: draw.tensor(shape) },
      compute: ({ x }) => compute(x as tf.Tensor),
      tolerance: { bound: () => [bound] },
    };
  };

/** The largest a term can be of |dy|, |scale| ≤ 2, |x − mean| ≤ 4 and a variance of 0.1 at least, of each input; those but x's add up. */
const NORMALISED = [4, 4, 8, 0, 8].map((size, i) => (i === 3 ? 2 : size * 0.1 ** (i === 2 ? -1.5 : -0.5)));

function batchNorm(draw: Draw): Differentiable {
  const shape = draw.list(4, () => draw.integer(1, 6));
  const channels = shape.slice(-1);
  const parameter = () => draw.tensor(channels);
  const inputs = {
    x: draw.tensor(shape),
    mean: parameter(),
    variance: draw.tensor(channels, "float32", "unit"),
    offset: parameter(),
    scale: parameter(),
  };
  const terms = sizeOf(shape) / (channels[0] as number);
  const roundings = 2 * (140 + 10 * ROUNDINGS) * UNIT;
  const bounds = NORMALISED.map((largest, i) => roundings * largest * (i === 0 ? 1 : terms));
  return {
    inputs,
    compute: ({ x, mean, variance, offset, scale }) =>
      tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        0.1,
      ),
    tolerance: { bound: () => bounds },
  };
}

const reductions: Readonly<Record<string, DifferentiableGenerator>> = {
  max: extremum(tf.max),
  min: extremum(tf.min),
  softmax: normalised((x) => tf.softmax(x), false),
  logSoftmax: normalised((x) => tf.logSoftmax(x), true),
  batchNorm,
};

/** Images `[n, h, w, c]`, and how windows move over them. */
function images(draw: Draw, least: number) {
  const channels = draw.pick([1, 2, 3, 8]);
  const image = [draw.integer(1, 2), draw.integer(least, 9), draw.integer(least, 9), channels];
  const strides = [draw.integer(1, 2), draw.integer(1, 2)] as [number, number];
  return { channels, image, strides, pad: draw.pick(["same", "valid"] as const) };
}

type Windows = ReturnType<typeof images>;

/** A convolution of an image by filters, computed as the sums that define it. */
function convolution(
  filterOf: (draw: Draw, channels: number, size: [number, number]) => number[],
  compute: (x: tf.Tensor4D, filter: tf.Tensor4D, windows: Windows) => tf.Tensor,
): DifferentiableGenerator {
  return (draw) => {
    const size = [draw.integer(1, 3), draw.integer(1, 3)] as [number, number];
    const windows = images(draw, 3);
    return {
      inputs: { x: draw.tensor(windows.image), filter: draw.tensor(filterOf(draw, windows.channels, size)) },
      compute: ({ x, filter }) => compute(x as tf.Tensor4D, filter as tf.Tensor4D, windows),
      tolerance: { sums: 1 },
      isStrict: true,
    };
  };
}

/** Of the largest of a window there is one, and at most 9 windows have it: sums of 9 of |dy| ≤ 2. */
const POOLED: Tolerance = { bound: () => [2 * 9 * UNIT * 18] };

const windows: Readonly<Record<string, DifferentiableGenerator>> = {
  matMul: (draw) => {
    const [m, k, n] = [draw.length(33), draw.length(65), draw.length(33)].map((length) => Math.max(1, length)) as [
      number,
      number,
      number,
    ];
    const [turnsA, turnsB] = [draw.truth(), draw.truth()];
    const batch = draw.truth() ? [draw.integer(1, 3)] : [];
    return {
      inputs: {
        a: draw.tensor([...batch, ...(turnsA ? [k, m] : [m, k])]),
        b: draw.tensor([...batch, ...(turnsB ? [n, k] : [k, n])]),
      },
      compute: ({ a, b }) => tf.matMul(a as tf.Tensor, b as tf.Tensor, turnsA, turnsB),
      tolerance: { sums: 1 },
    };
  },
  conv2d: convolution(
    (draw, channels, size) => [...size, channels, draw.integer(1, 9)],
    (x, filter, { strides, pad }) => tf.conv2d(x, filter, strides, pad),
  ),
  depthwiseConv2d: convolution(
    (draw, channels, size) => [...size, channels, draw.integer(1, 2)],
    (x, filter, { strides, pad }) => tf.depthwiseConv2d(x, filter, strides, pad),
  ),
  conv2dTranspose: convolution(
    (draw, channels, size) => [...size, draw.integer(1, 5), channels],
    (x, filter, { image, strides }) => {
      const [n, h, w] = image as [number, number, number];
      const shape: [number, number, number, number] = [n, h * strides[0], w * strides[1], filter.shape[2]];
      return tf.conv2dTranspose(x, filter, shape, strides, "same");
    },
  ),
  conv3d: (draw) => {
    const [channels, outputs] = [draw.integer(1, 3), draw.integer(1, 4)];
    const lengths = (low: number, high: number) => draw.list(3, () => draw.integer(low, high));
    const [strides, pad] = [lengths(1, 2) as [number, number, number], draw.pick(["same", "valid"] as const)];
    return {
      inputs: {
        x: draw.tensor([draw.integer(1, 2), ...lengths(3, 5), channels]),
        filter: draw.tensor([...lengths(1, 3), channels, outputs]),
      },
      compute: ({ x, filter }) => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, strides, pad),
      tolerance: { sums: 1 },
      isStrict: true,
    };
  },
  avgPool: (draw) => {
    const { image, strides, pad } = images(draw, 3);
    const size = draw.integer(1, 3);
    return {
      inputs: { x: draw.tensor(image) },
      compute: ({ x }) => tf.avgPool(x as tf.Tensor4D, size, strides, pad),
      // Of gradients below 2, divided by the elements of a window.
      tolerance: { bound: () => [2 * (9 + 24) * UNIT * 18] },
    };
  },
  maxPool: (draw) => {
    const { image, strides, pad } = images(draw, 3);
    const size = draw.integer(1, 3);
    return {
      inputs: { x: draw.tensor(image) },
      compute: ({ x }) => tf.maxPool(x as tf.Tensor4D, size, strides, pad),
      tolerance: POOLED,
    };
  },
  resizeBilinear: (draw) => {
    // cpu exchanges rows and columns in the shape of the gradient.
    const [n, length, , channels] = images(draw, 2).image as [number, number, number, number];
    const image = [n, length, length, channels];
    const size = [draw.integer(2, 12), draw.integer(2, 12)] as [number, number];
    const alignCorners = draw.truth();
    // Each pixel gets parts of at most all results' |dy| ≤ 2; where a result lies is rounded at the scale of the image.
    const bound = 2 * (size[0] * size[1] + 8 * 12) * UNIT * 2 * size[0] * size[1];
    return {
      inputs: { x: draw.tensor(image) },
      compute: ({ x }) => tf.image.resizeBilinear(x as tf.Tensor4D, size, alignCorners),
      tolerance: { bound: () => [bound] },
    };
  },
};

export const differentiable: Readonly<Record<string, DifferentiableGenerator>> = {
  ...functions,
  ...movement,
  ...reductions,
  ...windows,
};
