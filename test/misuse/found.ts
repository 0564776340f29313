/** Misuses that trying random arguments found, which gave errors of JavaScript, and messages longer than a page. */

import { FormatError, IndexError, OptionError, ShapeError } from "../../lib/errors.js";
import type * as typed from "../../lib/index.js";
import {
  counts,
  data,
  emptyProgram,
  io,
  linear,
  type Misuses,
  matrix,
  models,
  ng,
  nn,
  optim,
  train,
  w,
} from "./given.js";

const image = ng.zeros([1, 3, 32, 32]);
const small = { features: 4, hidden: 4, seed: 1 };
const vocabulary = new data.Vocabulary(["a red circle"]);
const captioner = new models.Captioner(vocabulary, small);
const answerer = new models.QuestionAnswerer(vocabulary, ["yes", "no"], small);
const digits = data.generateDigits({ count: 6, size: 8 });
const sgd = new optim.SGD([w], { learningRate: 0.1 });
const stream = { write: () => true };

/** A model whose training has failed. */
const diverged = new models.CharLSTM("abc", small);
diverged.fc.bias.assign(Number.NaN);

function transferred<T extends Int32Array | Uint8Array>(Kind: new (length: number) => T): T {
  const array = new Kind(8);
  structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

export const foundMisuses: Misuses = {
  "reshape to a big integer": [
    () => ng.reshape(matrix, [-1, 2n]),
    ShapeError,
    "reshape: shape must hold non-negative integers, got [-1, 2n]",
  ],
  "reshape to many axes": [
    () => ng.reshape(matrix, new Array(100_000)),
    ShapeError,
    "reshape: more than 8 axes: Array(100000)",
  ],
  "batchNorm without a mean": [
    () => ng.batchNorm(matrix, { variance: ng.zeros([3]) }),
    OptionError,
    'batchNorm: option "mean" must be a tensor, got undefined',
  ],
  "inputs with a hole": [
    () => ng.traceDerivative((x: typed.Tensor) => x.sum(), new Array(1)),
    OptionError,
    "traceDerivative: input 0 must be a tensor, got undefined",
  ],
  "a random key for nothing": [
    () => ng.withRandomKey(ng.zeros([2], { dtype: "int32" }), "body"),
    OptionError,
    'withRandomKey: needs a function, got "body"',
  ],
  "assign along with a hole": [
    () => ng.assign([[w, 1]], new Array(1)),
    OptionError,
    "assign: what to compute too must be a list of tensors, got [undefined]",
  ],
  "a shape of weights that is a number": [
    () => nn.kaimingUniform("w", 3),
    ShapeError,
    "kaimingUniform: shape must be an array of integers, got 3",
  ],
  "a count of seeds that is a big integer": [
    () => nn.splitSeed("op", 1, 2n),
    OptionError,
    'op: option "count" must be an integer in [0, 65536], got 2n',
  ],
  "a state of another dtype": [
    () => linear.loadState({ weight: { dtype: "x".repeat(5000), shape: [2, 3], data: new Float32Array(6) }, bias: 1 }),
    FormatError,
    'loadState: "weight" must be { dtype, shape, data }, got Object',
  ],
  "groups with a hole": [
    () => new optim.SGD(new Array(1), { learningRate: 0.1 }),
    OptionError,
    "SGD: no variable to train in [undefined]",
  ],
  "no learning rate": [
    () => new optim.Optimizer([w], {}, () => null),
    OptionError,
    'Optimizer: option "learningRate" must be a number ≥ 0, got undefined',
  ],
  "schedules with a hole": [
    () => optim.sequenceSchedule(new Array(1), optim.constantSchedule(1)),
    OptionError,
    "sequenceSchedule: parts must be a list of [steps, schedule], got [undefined]",
  ],
  "a step that is a big integer": [
    () => optim.cosineSchedule(0.1, { steps: 9 })(1n),
    OptionError,
    "schedule: step must be a number, got 1n",
  ],
  "a table with a hole": [
    () => data.csvNumbers({ columns: ["a"], rows: [new Array(1)] }),
    OptionError,
    "csvNumbers: rows must hold a text for each column, got undefined",
  ],
  "rows that are no rows": [
    () => data.csvClasses({ columns: ["a"], rows: [null] }, "a"),
    OptionError,
    "csvClasses: rows must hold a text for each column, got undefined",
  ],
  "detached indices": [
    () => data.gatherLabels(new Uint8Array(3), transferred(Int32Array)),
    OptionError,
    "gatherLabels: the buffer of the indices is detached",
  ],
  "detached indices of images": [
    () => data.takeImages(digits, transferred(Int32Array)),
    OptionError,
    "takeImages: the buffer of the indices is detached",
  ],
  "detached bytes": [
    () => io.decodeNpy(transferred(Uint8Array)),
    OptionError,
    "decodeNpy: the buffer of Uint8Array(0) is detached",
  ],
  "texts with a hole": [
    () => new data.Vocabulary(["a"]).encode(new Array(1)),
    OptionError,
    "Vocabulary.encode: a text must be a string, got undefined",
  ],
  "a number to decode": [
    () => new data.Vocabulary(["a"]).decode(3),
    OptionError,
    "Vocabulary.decode: indices must be a list of numbers, got 3",
  ],
  "a title that is no text": [
    () => data.lineChart({ loss: [1] }, { title: { length: 1 } }),
    OptionError,
    'lineChart: option "title" must be a text, got Object(1)',
  ],
  "shares that are big integers": [
    () => data.splitIndices(10, [1n]),
    OptionError,
    "splitIndices: shares must be a list of numbers, got [1n]",
  ],
  "images that are a function": [
    () => captioner.forward(() => image, counts),
    OptionError,
    "Captioner: images must be a tensor, got function (anonymous)",
  ],
  "no questions": [
    () => answerer.ask(image),
    OptionError,
    "QuestionAnswerer.ask: questions must be a list of texts, got undefined",
  ],
  "a model that is an object": [
    () => train.fit({}, [], { optimizer: sgd, loss: nn.crossEntropy, epochs: 1 }),
    OptionError,
    "fit: model must be a module, got Object",
  ],
  "progress in big integers": [
    () => train.progress(10, { stream }).update(1n),
    OptionError,
    "progress: done must be a number, got 1n",
  ],
  "a confusion in big integers": [
    () => train.formatConfusion([[1n]]),
    ShapeError,
    "classScores: not a confusion matrix [classes, classes]: Array(1)",
  ],
  "a class of many elements": [
    () => train.confusionMatrix([new Array(5000).fill(2)], [0], 2),
    IndexError,
    "confusionMatrix: class out of range: truth Array(5000), prediction 0 at 0; expected [0, 2)",
  ],
  "parts that have no state": [
    () => train.saveCheckpoint("checkpoint", { model: 3 }, { epoch: 1, step: 1, seed: 1 }),
    OptionError,
    'saveCheckpoint: "model" must have state() and loadState(), got 3',
  ],
  "scores that are NaN": [
    () => diverged.generate("a", 1),
    OptionError,
    "CharLSTM.generate: the model gives scores that are NaN",
  ],
  "a Program of floats": [
    () => new ng.ReferenceBackend().prepare(Float64Array.from(emptyProgram), []),
    FormatError,
    "program: must be an Int32Array, got Float64Array(8)",
  ],
  "bounds that are big integers": [
    () => ng.randomInteger([2], { high: 3n }),
    OptionError,
    "randomInteger: low and high must be int32 with low < high ≤ low + 2²⁴, got 0 and 3n",
  ],
  "addresses in lists": [
    () => data.downloadFile({ urls: [["http://127.0.0.1:9/"]] }),
    OptionError,
    'downloadFile: option "urls" must be http or https addresses, at least one, got Array(1)',
  ],
};
