/** Neural networks: layers, what their parameters start with, and losses. */

export { Activation, type ActivationName, type ActivationOptions } from "./activation.js";
export {
  type AttentionOptions,
  MultiheadAttention,
  type MultiheadAttentionOptions,
  scaledDotProductAttention,
} from "./attention.js";
export { BatchNorm, BatchNorm1d, BatchNorm2d, type BatchNormLayerOptions } from "./batch-norm.js";
export { ConvTranspose2d } from "./conv-transpose2d.js";
export { Conv1d } from "./conv1d.js";
export { Conv2d } from "./conv2d.js";
export { Dropout, StochasticDepth } from "./dropout.js";
export { Embedding, type EmbeddingOptions } from "./embedding.js";
export {
  type GainOptions,
  type Initializer,
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  normal,
  splitSeed,
  uniform,
  xavierNormal,
  xavierUniform,
} from "./initializers.js";
export { activations } from "./layer-activations.js";
export { LayerNorm, type LayerNormLayerOptions } from "./layer-norm.js";
export { Linear } from "./linear.js";
export * from "./losses/index.js";
export { Maxout } from "./maxout.js";
export { type AnyModule, Module } from "./module.js";
export { AdaptiveAvgPool2d, AvgPool2d, Flatten, GlobalAvgPool2d, MaxPool2d, type PoolOptions } from "./pool.js";
export type { HiddenState, LSTMState, Recurrence, RecurrentOptions, RecurrentWeights } from "./recurrence.js";
export { GRU, LSTM, Recurrent, RNN, type SequenceOptions, type SequenceResult } from "./recurrent.js";
export { GRUCell, LSTMCell, RecurrentCell, RNNCell } from "./recurrent-cells.js";
export { elasticNetPenalty, l1Penalty, l2Penalty } from "./regularizers.js";
export { Bottleneck, Residual, ResidualBlock, type ResidualOptions } from "./residual.js";
export { Sequential } from "./sequential.js";
export { type LayerSummary, ModelSummary, type SummaryOptions, summary } from "./summary.js";
export type { WeightOptions } from "./weights.js";
