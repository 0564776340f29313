/** Every operation, as users see it. */

export { type Conv2dOptions, conv2d } from "./conv.js";
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
  elu,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gelu,
  greater,
  greaterEqual,
  leakyRelu,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
  where,
} from "./elementwise.js";
export { gather, oneHot, scatterAdd, takeAlongAxis } from "./indexing.js";
export { matmul } from "./matmul.js";
export {
  broadcastTo,
  concat,
  expandDims,
  flatten,
  flip,
  pad,
  type Range,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  stopGradient,
  tile,
  transpose,
} from "./movement.js";
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
  randomBits,
  randomInteger,
  randomNormal,
  randomUniform,
  type SeedOptions,
  setSeed,
} from "./random.js";
export { all, any, argMax, argMin, logSumExp, max, mean, min, prod, type ReduceOptions, sum } from "./reduce.js";
export { logSoftmax, type SoftmaxOptions, softmax } from "./softmax.js";
export type { DataOptions, NestedData, TensorData } from "./tensor-data.js";
export type { Layout, Padding, Pair } from "./window.js";
