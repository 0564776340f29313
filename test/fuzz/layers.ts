/** Valid arguments of `nodegrad/nn` and `nodegrad/optim`. */

import { type Tensor, tensor, type Variable, zeros } from "../../lib/index.js";
import * as nn from "../../lib/nn/index.js";
import * as optim from "../../lib/optim/index.js";
import type { Draw } from "../tfjs/fuzz/draw.js";
import { modelFile } from "./files.js";
import { each, floats, images, integers, maybe, parameter, shapeOf, some, type Table } from "./given.js";

const seed = (draw: Draw) => draw.integer(0, 99);
const weights = (d: Draw) => ({ bias: d.truth(), gain: 1, seed: seed(d), initializer: nn.xavierUniform });
const reduction = (d: Draw) => ({ reduction: d.pick(["mean", "sum", "none"]) });
const linear = () => new nn.Linear(3, 2, { seed: 1 });
const kinds = "relu leakyRelu elu gelu silu softplus sigmoid tanh".split(" ");

/** Predictions and targets of the same shape. */
const pairs = (d: Draw, low: number, high: number) => {
  const shape = shapeOf(d, 2);
  const at = (i: number) =>
    tensor(
      Float32Array.from(
        { length: (shape[0] as number) * (shape[1] as number) },
        (_, j) => low + ((i + j) % 2) * (high - low),
      ),
      { shape },
    );
  return [at(0), at(1)] as const;
};

const rates = (d: Draw) => ({ dropRate: 0.25, seed: seed(d) });
const sequence = (d: Draw) => floats(d, [2, d.integer(1, 3), 3]);

const losses: Table = {
  ...each("mseLoss l1Loss euclideanLoss", (d) => [...pairs(d, -1, 2), ...maybe(d, reduction(d))]),
  binaryCrossEntropy: (d) => [...pairs(d, 0.1, 0.9), ...maybe(d, reduction(d))],
  binaryCrossEntropyWithLogits: (d) => [...pairs(d, 0, 1), ...maybe(d, reduction(d))],
  crossEntropy: (d) => [
    floats(d, [4, 3]),
    integers(d, [4], 0, 2),
    ...maybe(d, { ...reduction(d), classWeights: tensor([1, 2, 3]), ignoreIndex: 0, labelSmoothing: 0.1 }),
  ],
  nllLoss: (d) => [floats(d, [4, 3]), integers(d, [4], 0, 2), ...maybe(d, { ...reduction(d), ignoreIndex: 0 })],
  klDivergence: (d) => [...pairs(d, 0.1, 0.9), ...maybe(d, reduction(d))],
  hingeLoss: (d) => [...pairs(d, -1, 1), ...maybe(d, { ...reduction(d), margin: 1, squared: d.truth() })],
  multiclassHingeLoss: (d) => [
    floats(d, [4, 3]),
    integers(d, [4], 0, 2),
    ...maybe(d, { ...reduction(d), margin: 1, squared: true, meanOverClasses: d.truth() }),
  ],
  zeroOneLoss: (d) => [...pairs(d, 0, 1), ...maybe(d, reduction(d))],
  accuracy: (d) => [floats(d, [4, 3]), integers(d, [4], 0, 2)],
};

const functions: Table = {
  ...each("kaimingUniform kaimingNormal", (d) => [
    "w",
    [3, 4],
    ...maybe(d, { gain: 2, seed: seed(d), mode: "fanOut" }),
  ]),
  ...each("xavierUniform xavierNormal", (d) => ["w", [3, 4], ...maybe(d, { gain: 2, seed: seed(d) })]),
  ...each("uniform normal", (d) => ["w", [3, 4], 0.5, ...maybe(d, { seed: seed(d) })]),
  splitSeed: (d) => ["op", d.truth() ? seed(d) : undefined, d.integer(1, 4)],
  ...each("l1Penalty l2Penalty", (d) => [[parameter(d), { b: parameter(d) }], ...(d.truth() ? [0.1] : [])]),
  elasticNetPenalty: (d) => [{ a: parameter(d) }, 0.1, ...(d.truth() ? [0.5] : [])],
  activations: (d) => [new nn.Sequential([linear()]), floats(d, [2, 3])],
  summary: (d) => [new nn.Sequential([linear()]), [3], ...maybe(d, { dtype: "float32" })],
  "ModelSummary.examplesFor": () => [nn.summary(linear(), [3]), 0.9],
  "ModelSummary.toString": () => [nn.summary(linear(), [3])],
  "ModelSummary.[nodejs.util.inspect.custom]": () => [nn.summary(linear(), [3])],
  scaledDotProductAttention: (d) => [
    ...[floats(d, [2, 3, 4]), floats(d, [2, 5, 4]), floats(d, [2, 5, 2])],
    ...maybe(d, { mask: zeros([3, 5], { dtype: "bool" }), causal: d.truth(), dropRate: 0.1 }),
  ],
};

const forwards: Table = {
  "Activation.forward": (d) => [new nn.Activation("relu"), floats(d)],
  "AdaptiveAvgPool2d.forward": (d) => [new nn.AdaptiveAvgPool2d(2), images(d)],
  "AvgPool2d.forward": (d) => [new nn.AvgPool2d(2), images(d)],
  "MaxPool2d.forward": (d) => [new nn.MaxPool2d(2), images(d)],
  "GlobalAvgPool2d.forward": (d) => [new nn.GlobalAvgPool2d(), images(d)],
  "Flatten.forward": (d) => [new nn.Flatten(), images(d)],
  "BatchNorm.forward": (d) => [new nn.BatchNorm1d(3), floats(d, [d.integer(2, 4), 3])],
  "Conv1d.forward": (d) => [new nn.Conv1d(2, 3, 2), floats(d, [2, 2, d.integer(2, 5)])],
  "Conv2d.forward": (d) => [new nn.Conv2d(2, 3, 2), images(d, 2)],
  "ConvTranspose2d.forward": (d) => [new nn.ConvTranspose2d(2, 3, 2), images(d, 2)],
  "Dropout.forward": (d) => [new nn.Dropout(0.5), floats(d)],
  "StochasticDepth.forward": (d) => [new nn.StochasticDepth(0.5), floats(d, [2, 3])],
  "Embedding.forward": (d) => [new nn.Embedding(4, 2), integers(d, shapeOf(d, 2), 0, 3)],
  "LayerNorm.forward": (d) => [new nn.LayerNorm(3), floats(d, [d.integer(1, 3), 3])],
  "Linear.forward": (d) => [linear(), floats(d, [d.integer(1, 3), 3])],
  "Maxout.forward": (d) => [new nn.Maxout(3, 2), floats(d, [2, 3])],
  "MultiheadAttention.forward": (d) => [
    new nn.MultiheadAttention(4, 2),
    ...[floats(d, [2, 3, 4]), floats(d, [2, 5, 4]), floats(d, [2, 5, 4])],
    ...maybe(d, { mask: zeros([3, 5], { dtype: "bool" }), causal: d.truth() }),
  ],
  "Recurrent.forward": (d) => [new nn.GRU(3, 2), sequence(d), ...(d.truth() ? [{ hidden: zeros([1, 2, 2]) }] : [])],
  "RecurrentCell.forward": (d) => [
    new nn.LSTMCell(3, 2),
    floats(d, [2, 3]),
    ...(d.truth() ? [{ hidden: zeros([2, 2]), cell: zeros([2, 2]) }] : []),
  ],
  "Residual.forward": (d) => [new nn.ResidualBlock(2, 2), images(d, 2)],
  "Sequential.forward": (d) => [new nn.Sequential({ a: linear(), b: new nn.Activation("relu") }), floats(d, [2, 3])],
};

export const layers: Table = {
  ...losses,
  ...functions,
  ...forwards,
  Activation: (d) => (d.once(3) ? ["leakyRelu", { slope: 0.2 }] : [d.pick(kinds)]),
  AdaptiveAvgPool2d: (d) => [d.truth() ? 2 : [1, 2], ...maybe(d, { layout: "NHWC" })],
  ...each("AvgPool2d MaxPool2d", (d) => [
    d.truth() ? 2 : [1, 2],
    ...maybe(d, { stride: 1, padding: "same", layout: "NHWC" }),
  ]),
  GlobalAvgPool2d: (d) => maybe(d, { layout: "NHWC" }),
  Flatten: () => [],
  ...each("BatchNorm1d BatchNorm2d", (d) => [3, ...maybe(d, { epsilon: 1e-5, momentum: null, affine: d.truth() })]),
  Conv1d: (d) => [2, 4, 3, ...maybe(d, { stride: 2, padding: 1, dilation: 1, groups: 2, ...weights(d) })],
  Conv2d: (d) => [2, 4, [3, 2], ...maybe(d, { stride: 2, padding: "same", groups: 2, layout: "NHWC", ...weights(d) })],
  ConvTranspose2d: (d) => [2, 4, 3, ...maybe(d, { stride: 2, padding: 1, groups: 2, ...weights(d) })],
  Dropout: (d) => (d.truth() ? [] : [0.25, { seed: seed(d) }]),
  StochasticDepth: (d) => [0.25, ...maybe(d, { seed: seed(d) })],
  Embedding: (d) => [5, 3, ...maybe(d, { seed: seed(d), paddingIndex: 0, initializer: nn.xavierNormal })],
  LayerNorm: (d) => [d.truth() ? 3 : [2, 3], ...maybe(d, { epsilon: 1e-5, affine: d.truth() })],
  Linear: (d) => [3, 4, ...maybe(d, weights(d))],
  Maxout: (d) => [3, 4, ...maybe(d, { pieces: 2, ...weights(d) })],
  MultiheadAttention: (d) => [4, 2, ...maybe(d, { bias: d.truth(), ...rates(d) })],
  ...each("RNN LSTM GRU", (d) => [
    3,
    2,
    ...maybe(d, { bias: d.truth(), layers: 2, bidirectional: d.truth(), ...rates(d) }),
  ]),
  ...each("RNNCell LSTMCell GRUCell", (d) => [3, 2, ...maybe(d, { bias: d.truth(), seed: seed(d) })]),
  ...each("ResidualBlock Bottleneck", (d) => [4, 4, ...maybe(d, { stride: 2, shortcut: "projection", ...rates(d) })]),
  Sequential: (d) => [d.truth() ? [linear()] : { first: linear() }],
  Module: () => [],
  ...each("Module.modules Module.variables Module.parameters Module.eval Module.state", () => [linear()]),
  "Module.train": (d) => [linear(), ...(d.truth() ? [d.truth()] : [])],
  "Module.loadState": () => [linear(), linear().state()],
  "Module.load": () => [linear(), modelFile],
};

const trained = (d: Draw) => {
  const parameters = { w: parameter(d, [2]), b: parameter(d, [1]) };
  return d.truth() ? parameters : [{ parameters, learningRate: 0.1 }];
};

/** An optimiser whose parameters have gradients. */
function optimizer(d: Draw): optim.SGD {
  const w = parameter(d, [2]);
  (w as Tensor).square().sum().backward();
  return new optim.SGD([w as Variable], { learningRate: 0.1, momentum: 0.9 });
}

const learningRate = 0.1;

export const optimisers: Table = {
  SGD: (d) => [trained(d), { learningRate, ...some(d, { momentum: 0.9, nesterov: false, weightDecay: 0.1 }) }],
  AdaGrad: (d) => [
    trained(d),
    { learningRate, ...some(d, { initialAccumulator: 0.1, epsilon: 1e-8, weightDecay: 0 }) },
  ],
  RMSProp: (d) => [
    trained(d),
    { learningRate, ...some(d, { alpha: 0.9, epsilon: 1e-8, momentum: 0.5, centered: true }) },
  ],
  ...each("Adam AdamW", (d) => [
    trained(d),
    { learningRate, ...some(d, { betas: [0.9, 0.99], epsilon: 1e-8, weightDecay: 0.1 }) },
  ]),
  Optimizer: (d) => [trained(d), { learningRate }, (_: string, given: object) => given],
  ...each("Optimizer.step Optimizer.accumulate Optimizer.zeroGrad Optimizer.state", (d) => [optimizer(d)]),
  "Optimizer.loadState": (d) => [optimizer(d), optimizer(d).state()],
  ...each("clipGradNorm clipGradValue", (d) => [optimizer(d), d.integer(1, 3)]),
  constantSchedule: () => [0.1],
  stepSchedule: (d) => [0.1, { every: 2, ...some(d, { factor: 0.5 }) }],
  multiStepSchedule: (d) => [0.1, { milestones: [2, 5], ...some(d, { factor: 0.5 }) }],
  exponentialSchedule: () => [0.1, { factor: 0.9 }],
  ...each("linearSchedule cosineSchedule", (d) => [0.1, { steps: 9, ...some(d, { end: 0.01 }) }]),
  warmupSchedule: () => [5, optim.constantSchedule(0.1)],
  sequenceSchedule: () => [[[3, optim.constantSchedule(0.1)]], optim.constantSchedule(0.2)],
  ...each("constantSchedule()", (d) => [optim.constantSchedule(0.1), d.integer(0, 5)]),
  "sequenceSchedule()": (d) => [
    optim.sequenceSchedule([[3, optim.constantSchedule(1)]], optim.constantSchedule(2)),
    d.integer(0, 5),
  ],
  "cosineSchedule()": (d) => [optim.cosineSchedule(0.1, { steps: 9 }), d.integer(0, 12)],
};
