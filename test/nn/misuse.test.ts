import { describe, expect, it } from "vitest";
import { NodegradError } from "../../lib/errors.js";
import { relu, setBackend, tensor, zeros } from "../../lib/index.js";
import { alexnet, alphabetOf, CharLSTM, resnet20, vgg11 } from "../../lib/models/index.js";
import * as nn from "../../lib/nn/index.js";

setBackend("reference");

/** What a caller without types may write. */
type Misuse = readonly [call: string, misuse: () => unknown, message: string];

// biome-ignore lint/suspicious/noExplicitAny: the point of these calls is that types do not fit
type Unchecked = any;
const { Conv2d, Conv1d, ConvTranspose2d, MaxPool2d, AvgPool2d, Linear, Embedding } = nn as Unchecked;
const { Sequential, LSTM, GRUCell, MultiheadAttention, Dropout, StochasticDepth, Activation } = nn as Unchecked;
const sequences = zeros([2, 5, 3]);
const words = tensor(Int32Array.of(0, 1));
const linear = () => new Linear(2, 3);

const layers: readonly Misuse[] = [
  ["a stride of 0", () => new Conv2d(3, 4, 3, { stride: 0 }), 'Conv2d: option "stride" must be a positive integer or'],
  ["a padding of a word", () => new Conv2d(3, 4, 3, { padding: "full" }), 'Conv2d: option "padding" must be "same"'],
  ["a dilation of ½", () => new Conv2d(3, 4, 3, { dilation: 0.5 }), 'Conv2d: option "dilation" must be a positive'],
  [
    "a layout in small letters",
    () => new MaxPool2d(2, { layout: "nhwc" }),
    'MaxPool2d: option "layout" must be "NCHW"',
  ],
  ["a stride for transposing", () => new ConvTranspose2d(3, 4, 3, { stride: -1 }), 'ConvTranspose2d: option "stride"'],
  [
    "a pair for a sequence",
    () => new Conv1d(3, 4, 3, { stride: [1, 2] }),
    'Conv1d: option "stride" must be a positive',
  ],
  ["groups of a part", () => new Conv2d(3, 4, 3, { groups: 2 }), "3 inputs and 4 outputs do not divide into 2 groups"],
  [
    "a pool's stride of a word",
    () => new MaxPool2d(2, { stride: "2" }),
    'MaxPool2d: option "stride" must be a positive',
  ],
  [
    "a number for a boolean",
    () => new AvgPool2d(2, { countIncludePadding: 1 }),
    '"countIncludePadding" must be true or',
  ],
  [
    "an initializer that makes a number",
    () => new Linear(2, 3, { initializer: () => 1 }),
    "make a variable [3, 2], got 1",
  ],
  [
    "an initializer that makes another shape",
    () => new Embedding(2, 3, { initializer: (name: string) => nn.normal(name, [3, 3], 1) }),
    'Embedding: option "initializer" must make a variable [2, 3], got [3, 3]',
  ],
  [
    "layers as arguments",
    () => new Sequential(linear(), linear()),
    "Sequential: layers must be a list or an object of",
  ],
  ["no layers", () => new Sequential(), "Sequential: layers must be a list or an object of modules, got undefined"],
  ["a function as layer", () => new Sequential([relu]), 'Sequential: layer "0" must be a module, got function relu'],
  ["a dot in a name", () => new Sequential({ "a.b": linear() }), 'Sequential: names of layers have no dot, got "a.b"'],
  ["a rate between layers", () => new LSTM(3, 4, { dropRate: 1 }), 'LSTM: option "dropRate" must be in [0, 1), got 1'],
  [
    "a rate of attention",
    () => new MultiheadAttention(4, 2, { dropRate: -1 }),
    'MultiheadAttention: option "dropRate"',
  ],
  [
    "a rate of a block",
    () => new nn.ResidualBlock(4, 4, { dropRate: 1 }),
    'ResidualBlock: option "dropRate" must be in',
  ],
  [
    "a state that is a tensor",
    () => new LSTM(3, 4).forward(sequences, zeros([1, 2, 4])),
    "hidden state must be a tensor",
  ],
  [
    "a state of a sequence",
    () => new GRUCell(3, 4).forward(zeros([2, 3]), { hidden: zeros([1, 2, 4]) }),
    "[2, 4], got",
  ],
  ["words to drop", () => new Dropout(0.5).eval().forward(words), "Dropout: needs a float tensor, got int32"],
  ["a number to drop", () => new Dropout(0.5).eval().forward(5), "Dropout: x must be a tensor, got 5"],
  ["words to skip", () => new StochasticDepth(0.5).forward(words), "StochasticDepth: needs a float tensor, got int32"],
  [
    "a name of Python's",
    () => new Activation("leaky_relu"),
    'unknown activation "leaky_relu"; did you mean "leakyRelu"?',
  ],
  ["a slope of a ReLU", () => new Activation("relu", { slope: 0.1 }), 'Activation "relu": unknown option "slope"'],
  [
    "a mask of more axes",
    () =>
      nn.scaledDotProductAttention(zeros([2, 3]), zeros([2, 3]), zeros([2, 3]), {
        mask: zeros([7, 2, 2], { dtype: "bool" }),
      }),
    "scaledDotProductAttention: mask does not broadcast to […, queries, keys]: [7, 2, 2] to [2, 2]",
  ],
];

const states: readonly Misuse[] = [
  ["no state", () => linear().loadState(null), "loadState: needs values by name, as state() gives them, got null"],
  [
    "a number as value",
    () => linear().loadState({ weight: 5, bias: 1 }),
    '"weight" must be { dtype, shape, data }, got 5',
  ],
  [
    "tensors as values",
    () => linear().loadState({ weight: zeros([3, 2]) }),
    '"weight" must be { dtype, shape, data }, got',
  ],
];

const models: readonly Misuse[] = [
  ["vgg11 with a rate of 1", () => vgg11({ dropRate: 1 }), 'vgg11: option "dropRate" must be in [0, 1), got 1'],
  ["alexnet with a rate of 1", () => alexnet({ dropRate: 1 }), 'alexnet: option "dropRate" must be in [0, 1), got 1'],
  ["resnet20 with half a seed", () => resnet20({ seed: 0.5 }), 'resnet20: option "seed" must be a non-negative safe'],
  ["CharLSTM of a list", () => new CharLSTM(["a", "b"] as Unchecked), "CharLSTM: alphabet must be a text, got"],

  [
    "a seed below 0",
    () => new CharLSTM("ab").generate("a", 1, { seed: -1 }),
    'CharLSTM.generate: option "seed" must be',
  ],
  ["a code for a text", () => new CharLSTM("ab").encode(5 as Unchecked), "CharLSTM: text must be a text, got 5"],
  ["the alphabet of a number", () => alphabetOf(5 as Unchecked), "alphabetOf: text must be a text, got 5"],
];

describe.each([
  ["layers", layers],
  ["states", states],
  ["models", models],
] as const)("misuse of %s", (_, misuses) => {
  it.each(misuses)("%s", (_, misuse, message) => {
    expect(misuse).toThrow(NodegradError);
    expect(misuse).toThrow(message);
  });
});
