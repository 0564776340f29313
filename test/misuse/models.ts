/** One misuse of each public function of `nodegrad/models` and `nodegrad/train`, and the error it gives. */

import { DTypeError, FormatError, IndexError, OptionError, ShapeError } from "../../lib/errors.js";
import { counts, data, linear, type Misuses, matrix, models, ng, nn, train } from "./given.js";

const image = ng.zeros([1, 3, 32, 32]);
const small = { features: 4, hidden: 4, seed: 1 };
const vocabulary = new data.Vocabulary(["a red circle"]);
const charLstm = new models.CharLSTM("abc", small);
const captioner = new models.Captioner(vocabulary, small);
const answerer = new models.QuestionAnswerer(vocabulary, ["yes", "no"], small);
const history = new train.History();
history.rows.push({ epoch: 1, step: 2, seconds: 1, loss: 0.5 });

export const modelsMisuses: Misuses = {
  resnet18: [
    () => models.resnet18({ classes: 0 }),
    OptionError,
    'resnet18: option "classes" must be a positive integer, got 0',
  ],
  resnet20: [
    () => models.resnet20({ seed: 0.5 }),
    OptionError,
    'resnet20: option "seed" must be a non-negative safe integer, got 0.5',
  ],
  resnet34: [
    () => models.resnet34({ numClasses: 10 }),
    OptionError,
    'resnet34: unknown option "numClasses"; did you mean "classes"?',
  ],
  resnet50: [
    () => models.resnet50(1000),
    OptionError,
    "resnet50: options must be an object, got 1000; known options: classes, seed",
  ],
  alexnet: [() => models.alexnet({ dropRate: 1 }), OptionError, 'alexnet: option "dropRate" must be in [0, 1), got 1'],
  cifarConvnet: [
    () => models.cifarConvnet({ classes: "10" }),
    OptionError,
    'cifarConvnet: option "classes" must be a positive integer, got "10"',
  ],
  lenet5: [
    () => models.lenet5({ variant: "1989" }),
    OptionError,
    'lenet5: option "variant" must be "modern" or "1998", got "1989"',
  ],
  vgg11: [() => models.vgg11({ hidden: 0 }), OptionError, 'vgg11: option "hidden" must be a positive integer, got 0'],
  vgg13: [() => models.vgg13({ batchNorm: 1 }), OptionError, 'vgg13: option "batchNorm" must be true or false, got 1'],
  vgg16: [
    () => models.vgg16({ classes: 1.5 }),
    OptionError,
    'vgg16: option "classes" must be a positive integer, got 1.5',
  ],
  vgg19: [
    () => models.vgg19({ dropout: 0.5 }),
    OptionError,
    'vgg19: unknown option "dropout"; did you mean "dropRate"?',
  ],
  alphabetOf: [() => models.alphabetOf(["a"]), OptionError, 'alphabetOf: text must be a text, got ["a"]'],
  CharLSTM: [() => new models.CharLSTM(""), OptionError, 'CharLSTM: alphabet must hold characters, each once, got ""'],
  "CharLSTM.forward": [
    () => charLstm.forward(matrix),
    DTypeError,
    "gather: indices must be int32 or uint8, got float32",
  ],
  "CharLSTM.advance": [() => charLstm.advance(counts), ShapeError, "LSTM: x must have axes [n, steps, 4], got [3, 4]"],
  "CharLSTM.encode": [() => charLstm.encode("abd"), OptionError, 'CharLSTM: not in the alphabet: "d"'],
  "CharLSTM.windows": [
    () => charLstm.windows("ab", 2),
    OptionError,
    "CharLSTM.windows: text is too short: 2 characters",
  ],
  "CharLSTM.generate": [
    () => charLstm.generate("", 2),
    OptionError,
    'CharLSTM.generate: prompt must have a character, got ""',
  ],
  Captioner: [() => new models.Captioner(["a"]), OptionError, 'Captioner: vocabulary must be a Vocabulary, got ["a"]'],
  "Captioner.forward": [
    () => captioner.forward(image, counts),
    ShapeError,
    "Captioner: captions must be [1, steps ≥ 2], got [3]",
  ],
  "Captioner.loss": [
    () => captioner.loss(matrix, counts),
    OptionError,
    "slice: needs an array of at most 1 ranges, got Array(2)",
  ],
  "Captioner.generate": [
    () => captioner.generate(image, { temperature: -1 }),
    OptionError,
    'Captioner.generate: option "temperature" must be a number ≥ 0, got -1',
  ],
  QuestionAnswerer: [
    () => new models.QuestionAnswerer(vocabulary, ["yes", "yes"]),
    OptionError,
    'QuestionAnswerer: answers must be a list of strings, each once, got ["yes", "yes"]',
  ],
  "QuestionAnswerer.forward": [
    () => answerer.forward(image, counts),
    ShapeError,
    "QuestionAnswerer: questions must be [1, steps] or [1, k, steps], got [3]",
  ],
  "QuestionAnswerer.advance": [
    () => answerer.advance("image", counts),
    OptionError,
    'QuestionAnswerer: images must be a tensor, got "image"',
  ],
  "QuestionAnswerer.ask": [
    () => answerer.ask(image, ["a", "b"]),
    OptionError,
    "QuestionAnswerer.ask: 1 images need as many questions, got 2",
  ],
};

export const trainMisuses: Misuses = {
  fit: [
    () => train.fit(linear, [], { loss: nn.crossEntropy, epochs: 1 }),
    OptionError,
    'fit: option "optimizer" must be an optimiser, got undefined',
  ],
  evaluate: [
    () => train.evaluate(linear, [], { loss: nn.crossEntropy }),
    OptionError,
    "evaluate: data has no batches: []",
  ],
  predict: [() => train.predict("model", []), OptionError, 'predict: model must be a module, got "model"'],
  saveCheckpoint: [
    () => train.saveCheckpoint("checkpoint", { linear }, {}),
    OptionError,
    'saveCheckpoint: option "epoch" must be an integer in [0, 9007199254740991], got undefined',
  ],
  loadCheckpoint: [
    () => train.loadCheckpoint("no/such/file", { linear: 3 }),
    OptionError,
    'loadCheckpoint: "linear" must have state() and loadState(), got 3',
  ],
  earlyStopping: [
    () => train.earlyStopping({ mode: "least" }),
    OptionError,
    'earlyStopping: option "mode" must be "min" or "max", got "least"',
  ],
  EarlyStopping: [
    () => new train.EarlyStopping({ patience: 0 }),
    OptionError,
    'earlyStopping: option "patience" must be an integer in [1, 9007199254740991], got 0',
  ],
  "EarlyStopping.loadState": [
    () => new train.EarlyStopping({}).loadState({}),
    FormatError,
    "earlyStopping: state has no progress of 3 numbers",
  ],
  "History.column": [
    () => history.column("accuracy"),
    OptionError,
    'History: unknown column: "accuracy"; known: epoch, step, seconds, loss',
  ],
  "History.save": [
    () => history.save("history.txt"),
    OptionError,
    'History.save: path must end in .csv or .json, got "history.txt"',
  ],
  "History.loadState": [
    () => history.loadState({ loss: [1, 2] }),
    FormatError,
    'History: needs columns by name, as state() gives them, got "loss"',
  ],
  confusionMatrix: [
    () => train.confusionMatrix([0, 2], [0, 1], 2),
    IndexError,
    "confusionMatrix: class out of range: truth 2, prediction 1 at 1; expected [0, 2)",
  ],
  classScores: [
    () => train.classScores([[1, 2]]),
    ShapeError,
    "classScores: not a confusion matrix [classes, classes]: Array(1)",
  ],
  formatConfusion: [
    () => train.formatConfusion([[1, 2]]),
    ShapeError,
    "classScores: not a confusion matrix [classes, classes]: Array(1)",
  ],
  formatLoss: [() => train.formatLoss("0.5"), OptionError, 'formatLoss: loss must be a number, got "0.5"'],
  formatReport: [
    () => train.formatReport({ histories: [] }),
    OptionError,
    'formatReport: unknown option "histories"; did you mean "history"?',
  ],
  saveReport: [() => train.saveReport(3, {}), OptionError, "saveReport: path must be a string, got 3"],
  htmlReport: [() => train.htmlReport({}), OptionError, 'htmlReport: option "path" must be a string, got undefined'],
  progress: [
    () => train.progress(-1),
    OptionError,
    'progress: option "total" must be an integer in [0, 9007199254740991], got -1',
  ],
  progressBar: [
    () => train.progressBar({ units: "images" }),
    OptionError,
    'progressBar: unknown option "units"; did you mean "unit"?',
  ],
};
