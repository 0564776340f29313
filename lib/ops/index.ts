/** Every operation, as users see it. */

export { type Accuracy, getAccuracy, setAccuracy } from "./accuracy.js";
export { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "./activations.js";
export { adaptiveAvgPool2d } from "./adaptive-pool.js";
export { broadcastTo, sum, tile } from "./broadcast.js";
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
  where,
} from "./comparison.js";
export { type Conv2dOptions, conv2d } from "./conv.js";
export { type ConvTranspose2dOptions, convTranspose2d } from "./conv-transpose.js";
export { type Conv1dOptions, conv1d } from "./conv1d.js";
export {
  arange,
  type CreateOptions,
  eye,
  full,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
} from "./create.js";
export {
  abs,
  add,
  cast,
  ceil,
  clip,
  cos,
  div,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  normalCdf,
  pow,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sqrt,
  square,
  sub,
} from "./elementwise.js";
export { gather, oneHot, scatterAdd, takeAlongAxis } from "./indexing.js";
export { matmul } from "./matmul.js";
export { expandDims, flatten, reshape, squeeze, stopGradient, transpose } from "./movement.js";
export {
  type BatchNormOptions,
  batchNorm,
  dropout,
  type LayerNormOptions,
  layerNorm,
  type Moments,
  moments,
} from "./normalization.js";
export type { TensorLike } from "./operands.js";
export {
  avgPool2d,
  type GlobalPool2dOptions,
  globalAvgPool2d,
  globalMaxPool2d,
  maxPool2d,
  type Pool2dOptions,
} from "./pool.js";
export {
  bernoulli,
  type RandomOptions,
  type RandomState,
  randomBits,
  randomInteger,
  randomNormal,
  randomState,
  randomUniform,
  type SeedOptions,
  setRandomState,
  setSeed,
  withRandomKey,
} from "./random.js";
export { all, any, argMax, argMin, logSumExp, max, mean, min, prod } from "./reduce.js";
export type { ReduceOptions } from "./reduction.js";
export { concat, flip, pad, type Range, slice, split, stack } from "./slices.js";
export { logSoftmax, type SoftmaxOptions, softmax } from "./softmax.js";
export type { DataOptions, NestedData, TensorData } from "./tensor-data.js";
export type { Layout, Padding, Pair } from "./window.js";
