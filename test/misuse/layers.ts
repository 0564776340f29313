/** One misuse of each public function of `nodegrad/nn`, and the error it gives. */

import { DTypeError, FormatError, OptionError, ShapeError } from "../../lib/errors.js";
import * as typed from "../../lib/index.js";
import { counts, linear, type Misuses, matrix, ng, nn, w } from "./given.js";

const image = ng.zeros([1, 2, 5, 5]);

export const nnMisuses: Misuses = {
  crossEntropy: [
    () => nn.crossEntropy(matrix, counts),
    ShapeError,
    "crossEntropy: labels do not fit the logits: logits [2, 3], labels [3]; expected […, classes] and […]",
  ],
  nllLoss: [() => nn.nllLoss(matrix, ng.zeros([2])), DTypeError, "nllLoss: labels must be int32 or uint8, got float32"],
  binaryCrossEntropy: [
    () => nn.binaryCrossEntropy(matrix, counts),
    ShapeError,
    "binaryCrossEntropy: shapes differ: prediction [2, 3], target [3]",
  ],
  binaryCrossEntropyWithLogits: [
    () => nn.binaryCrossEntropyWithLogits(matrix, ng.zeros([3, 2])),
    ShapeError,
    "binaryCrossEntropyWithLogits: shapes differ: prediction [2, 3], target [3, 2]",
  ],
  mseLoss: [
    () => nn.mseLoss(matrix, matrix, { reduction: "average" }),
    OptionError,
    'mseLoss: option "reduction" must be "mean", "sum" or "none", got "average"',
  ],
  l1Loss: [() => nn.l1Loss(matrix, 3), OptionError, "l1Loss: target must be a tensor, got 3"],
  euclideanLoss: [
    () => nn.euclideanLoss(ng.tensor(1), ng.tensor(1)),
    ShapeError,
    "euclideanLoss: needs at least 1 axis, got []",
  ],
  klDivergence: [
    () => nn.klDivergence(counts, counts),
    DTypeError,
    "klDivergence: needs a float tensor, got int32; cast it first",
  ],
  hingeLoss: [
    () => nn.hingeLoss(matrix, matrix, { margin: "1" }),
    OptionError,
    'hingeLoss: option "margin" must be a number > 0, got "1"',
  ],
  multiclassHingeLoss: [
    () => nn.multiclassHingeLoss(matrix, counts),
    ShapeError,
    "multiclassHingeLoss: labels do not fit the logits: logits [2, 3], labels [3]; expected […, classes] and […]",
  ],
  zeroOneLoss: [
    () => nn.zeroOneLoss(matrix, counts),
    ShapeError,
    "zeroOneLoss: shapes differ: prediction [2, 3], target [3]",
  ],
  accuracy: [
    () => nn.accuracy(matrix, counts),
    ShapeError,
    "accuracy: labels do not fit the logits: logits [2, 3], labels [3]; expected […, classes] and […]",
  ],
  l1Penalty: [() => nn.l1Penalty([]), OptionError, "l1Penalty: no tensors in []"],
  l2Penalty: [() => nn.l2Penalty(w, "0.1"), OptionError, 'mul: operand must be a tensor or a number, got "0.1"'],
  elasticNetPenalty: [() => nn.elasticNetPenalty({ w: 3 }), OptionError, "elasticNetPenalty: no tensors in Object"],
  activations: [() => nn.activations(3, matrix), OptionError, "activations: needs a module, got 3"],
  summary: [() => nn.summary(linear, [-1]), ShapeError, "summary: shape must hold non-negative integers, got [-1]"],
  scaledDotProductAttention: [
    () => nn.scaledDotProductAttention(matrix, matrix, counts),
    DTypeError,
    "scaledDotProductAttention: needs a float tensor, got int32; cast it first",
  ],
  kaimingUniform: [
    () => nn.kaimingUniform("w", [3]),
    OptionError,
    "kaimingUniform: weights must have at least 2 axes [out, in, …], got [3]",
  ],
  kaimingNormal: [
    () => nn.kaimingNormal("w", [3, 4], { mode: "out" }),
    OptionError,
    'kaimingNormal: option "mode" must be "fanIn" or "fanOut", got "out"',
  ],
  xavierUniform: [() => nn.xavierUniform("w", [3, 0]), OptionError, "xavierUniform: no inputs or outputs: [3, 0]"],
  xavierNormal: [
    () => nn.xavierNormal("w", [3, 4], { gain: 0 }),
    OptionError,
    'xavierNormal: option "gain" must be a number > 0, got 0',
  ],
  uniform: [() => nn.uniform("w", [3], -1), OptionError, "uniform: bound must be a finite number ≥ 0, got -1"],
  normal: [() => nn.normal("w", [3], Number.NaN), OptionError, "normal: std must be a finite number ≥ 0, got NaN"],
  splitSeed: [
    () => nn.splitSeed("mine", 1.5, 2),
    OptionError,
    'mine: option "seed" must be a non-negative safe integer, got 1.5',
  ],
  Activation: [
    () => new nn.Activation("leaky_relu"),
    OptionError,
    'Activation: unknown activation "leaky_relu"; did you mean "leakyRelu"?',
  ],
  "Activation.forward": [
    () => new nn.Activation("relu").forward("x"),
    OptionError,
    'relu: operand must be a tensor or a number, got "x"',
  ],
  AdaptiveAvgPool2d: [
    () => new nn.AdaptiveAvgPool2d(0),
    OptionError,
    'AdaptiveAvgPool2d: option "size" must be a positive integer or a pair of them, got 0',
  ],
  "AdaptiveAvgPool2d.forward": [
    () => new nn.AdaptiveAvgPool2d(2).forward(matrix),
    ShapeError,
    "adaptiveAvgPool2d: x must have 4 axes [n, c, h, w], got [2, 3]",
  ],
  AvgPool2d: [
    () => new nn.AvgPool2d(2, { countIncludePadding: 1 }),
    OptionError,
    'AvgPool2d: option "countIncludePadding" must be true or false, got 1',
  ],
  "AvgPool2d.forward": [
    () => new nn.AvgPool2d(9).forward(image),
    ShapeError,
    "avgPool2d: kernel is larger than the padded input: 9×9 over 5×5",
  ],
  MaxPool2d: [
    () => new nn.MaxPool2d(2, { layout: "nhwc" }),
    OptionError,
    'MaxPool2d: option "layout" must be "NCHW" or "NHWC", got "nhwc"',
  ],
  "MaxPool2d.forward": [
    () => new nn.MaxPool2d(2).forward(),
    OptionError,
    "maxPool2d: x must be a tensor, got undefined",
  ],
  GlobalAvgPool2d: [
    () => new nn.GlobalAvgPool2d({ keepDims: true }),
    OptionError,
    'GlobalAvgPool2d: unknown option "keepDims"; known options: layout',
  ],
  "GlobalAvgPool2d.forward": [
    () => new nn.GlobalAvgPool2d().forward(counts),
    DTypeError,
    "globalAvgPool2d: needs a float tensor, got int32; cast it first",
  ],
  "Flatten.forward": [() => new nn.Flatten().forward([1]), OptionError, "flatten: operand must be a tensor, got [1]"],
  BatchNorm1d: [
    () => new nn.BatchNorm1d(3, { momentum: 2 }),
    OptionError,
    'BatchNorm1d: option "momentum" must be a number in [0, 1], got 2',
  ],
  BatchNorm2d: [
    () => new nn.BatchNorm2d(0),
    OptionError,
    'BatchNorm2d: option "channels" must be a positive integer, got 0',
  ],
  "BatchNorm.forward": [
    () => new nn.BatchNorm1d(4).forward(matrix),
    ShapeError,
    "BatchNorm1d: channels differ: [2, 3] has 3, expected 4",
  ],
  Conv1d: [
    () => new nn.Conv1d(3, 4, 3, { stride: [1, 2] }),
    OptionError,
    'Conv1d: option "stride" must be a positive integer, got [1, 2]',
  ],
  "Conv1d.forward": [
    () => new nn.Conv1d(3, 4, 3).forward(matrix),
    ShapeError,
    "conv1d: x must have 3 axes [n, c, length], got [2, 3]",
  ],
  Conv2d: [
    () => new nn.Conv2d(3, 4, 3, { groups: 2 }),
    OptionError,
    "Conv2d: 3 inputs and 4 outputs do not divide into 2 groups",
  ],
  "Conv2d.forward": [
    () => new nn.Conv2d(3, 4, 3).forward(image),
    ShapeError,
    "conv2d: channels differ: x [1, 2, 5, 5] has 2, weights [4, 3, 3, 3] in 1 group(s) expect 3",
  ],
  ConvTranspose2d: [
    () => new nn.ConvTranspose2d(3, 4, 3, { stride: -1 }),
    OptionError,
    'ConvTranspose2d: option "stride" must be a positive integer or a pair of them, got -1',
  ],
  "ConvTranspose2d.forward": [
    () => new nn.ConvTranspose2d(3, 4, 3).forward(image),
    ShapeError,
    "convTranspose2d: channels differ: x [1, 2, 5, 5] has 2, weights [3, 4, 3, 3] in 1 group(s) expect 3",
  ],
  Dropout: [() => new nn.Dropout(1), OptionError, 'Dropout: option "rate" must be in [0, 1), got 1'],
  "Dropout.forward": [
    () => new nn.Dropout(0.5).forward(counts),
    DTypeError,
    "Dropout: needs a float tensor, got int32; cast it first",
  ],
  StochasticDepth: [
    () => new nn.StochasticDepth("0.5"),
    OptionError,
    'StochasticDepth: option "rate" must be in [0, 1), got "0.5"',
  ],
  "StochasticDepth.forward": [
    () => new nn.StochasticDepth(0.5).forward(3),
    OptionError,
    "StochasticDepth: x must be a tensor, got 3",
  ],
  Embedding: [
    () => new nn.Embedding(2, 3, { paddingIndex: 2 }),
    OptionError,
    'Embedding: option "paddingIndex" must be an integer in [0, 1], got 2',
  ],
  "Embedding.forward": [
    () => new nn.Embedding(2, 3).forward(matrix),
    DTypeError,
    "gather: indices must be int32 or uint8, got float32",
  ],
  LayerNorm: [() => new nn.LayerNorm([]), OptionError, "LayerNorm: shape must have elements, got []"],
  "LayerNorm.forward": [
    () => new nn.LayerNorm(4).forward(matrix),
    ShapeError,
    "LayerNorm: the last axes of x must be [4], got [2, 3]",
  ],
  Linear: [() => new nn.Linear(0, 3), OptionError, 'Linear: option "inputs" must be a positive integer, got 0'],
  "Linear.forward": [
    () => linear.forward(ng.zeros([2, 2])),
    ShapeError,
    "matmul: inner dimensions differ: [2, 2] · [3, 2] (2 ≠ 3)",
  ],
  Maxout: [
    () => new nn.Maxout(3, 2, { pieces: 0 }),
    OptionError,
    'Maxout: option "pieces" must be a positive integer, got 0',
  ],
  "Maxout.forward": [
    () => new nn.Maxout(3, 2).forward(ng.zeros([2, 2])),
    ShapeError,
    "matmul: inner dimensions differ: [2, 2] · [3, 4] (2 ≠ 3)",
  ],
  MultiheadAttention: [
    () => new nn.MultiheadAttention(4, 3),
    OptionError,
    "MultiheadAttention: 4 features do not divide into 3 heads",
  ],
  "MultiheadAttention.forward": [
    () => new nn.MultiheadAttention(4, 2).forward(matrix),
    ShapeError,
    "MultiheadAttention: query must have axes [n, length, 4], got [2, 3]",
  ],
  RNN: [() => new nn.RNN(3, 0), OptionError, 'RNN: option "hidden" must be a positive integer, got 0'],
  LSTM: [
    () => new nn.LSTM(3, 4, { layers: 1.5 }),
    OptionError,
    'LSTM: option "layers" must be a positive integer, got 1.5',
  ],
  GRU: [
    () => new nn.GRU(3, 4, { bidirectional: "yes" }),
    OptionError,
    'GRU: option "bidirectional" must be true or false, got "yes"',
  ],
  "Recurrent.forward": [
    () => new nn.LSTM(3, 4).forward(ng.zeros([2, 5, 3]), ng.zeros([1, 2, 4])),
    OptionError,
    "LSTM: hidden state must be a tensor, got undefined",
  ],
  RNNCell: [() => new nn.RNNCell("3", 4), OptionError, 'RNNCell: option "inputs" must be a positive integer, got "3"'],
  LSTMCell: [
    () => new nn.LSTMCell(3, 4, { layers: 2 }),
    OptionError,
    'LSTMCell: unknown option "layers"; known options: bias, seed',
  ],
  GRUCell: [
    () => new nn.GRUCell(3, 4, { bias: 0 }),
    OptionError,
    'GRUCell: option "bias" must be true or false, got 0',
  ],
  "RecurrentCell.forward": [
    () => new nn.GRUCell(3, 4).forward(matrix, { hidden: ng.zeros([3, 4]) }),
    ShapeError,
    "GRUCell: hidden state must have shape [2, 4], got [3, 4]",
  ],
  ResidualBlock: [
    () => new nn.ResidualBlock(4, 4, { shortcut: "none" }),
    OptionError,
    'ResidualBlock: option "shortcut" must be "projection" or "padding", got "none"',
  ],
  Bottleneck: [
    () => new nn.Bottleneck(4, 4, { stride: 0 }),
    OptionError,
    'Bottleneck: option "stride" must be a positive integer, got 0',
  ],
  "Residual.forward": [
    () => new nn.ResidualBlock(3, 3).forward(image),
    ShapeError,
    "conv2d: channels differ: x [1, 2, 5, 5] has 2, weights [3, 3, 3, 3] in 1 group(s) expect 3",
  ],
  Sequential: [
    () => new nn.Sequential([typed.relu]),
    OptionError,
    'Sequential: layer "0" must be a module, got function relu',
  ],
  "Sequential.forward": [
    () => new nn.Sequential([linear]).forward("x"),
    OptionError,
    'matmul: operand must be a tensor, got "x"',
  ],
  "ModelSummary.examplesFor": [
    () => nn.summary(linear, [3]).examplesFor(2),
    OptionError,
    "examplesFor: accuracy must be in [0, 1), got 2",
  ],
  "Module.loadState": [
    () => linear.loadState({ weight: 5, bias: 1 }),
    FormatError,
    'loadState: "weight" must be { dtype, shape, data }, got 5',
  ],
  "Module.train": [() => linear.train(1), OptionError, 'train: option "training" must be true or false, got 1'],
  "Module.load": [() => linear.load(3), OptionError, "load: path must be a string, got 3"],
};
