/** Neural networks: layers, what their parameters start with, and losses. */

export { Activation, type ActivationName } from "./activation.js";
export { Conv2d } from "./conv2d.js";
export { type KaimingOptions, kaimingUniform, splitSeed, uniform } from "./initializers.js";
export { Linear, type WeightOptions } from "./linear.js";
export * from "./losses/index.js";
export { Module } from "./module.js";
export { AvgPool2d, Flatten, MaxPool2d, type PoolOptions } from "./pool.js";
export { elasticNetPenalty, l1Penalty, l2Penalty } from "./regularizers.js";
export { Sequential } from "./sequential.js";
