/** Valid arguments of `nodegrad/models` and `nodegrad/train`. */

import { Vocabulary } from "../../lib/data/index.js";
import type { Tensor } from "../../lib/index.js";
import { Captioner, CharLSTM, QuestionAnswerer } from "../../lib/models/index.js";
import { crossEntropy, Linear, summary } from "../../lib/nn/index.js";
import { SGD } from "../../lib/optim/index.js";
import { EarlyStopping, History, progress } from "../../lib/train/index.js";
import type { Draw } from "../tfjs/fuzz/draw.js";
import * as files from "./files.js";
import { each, floats, integers, maybe, some, type Table } from "./given.js";

const seed = (draw: Draw) => draw.integer(0, 99);
const vocabulary = new Vocabulary(["a red circle", "two stars"]);
const small = { features: 4, hidden: 4, seed: 1 };
const words = (d: Draw, rows: number, steps = 3) => integers(d, [rows, steps], 0, vocabulary.size - 1);
const scenes = (d: Draw) => integers(d, [2, 3, 32, 32], 0, 1).cast("float32");
const charLstm = () => new CharLSTM("abc ", { ...small, layers: 1 });
const captioner = (d: Draw) => new Captioner(vocabulary, { ...small, attention: d.truth() });
const answerer = () => new QuestionAnswerer(vocabulary, ["yes", "no"], small);

export const models: Table = {
  ...each("resnet20 cifarConvnet", (d) => maybe(d, { classes: 3, seed: seed(d) })),
  lenet5: (d) => maybe(d, { classes: 3, seed: seed(d), variant: d.pick(["modern", "1998"]) }),
  alphabetOf: () => ["hello"],
  CharLSTM: (d) => ["abc ", ...maybe(d, { ...small, layers: 2, dropRate: 0.1 })],
  "CharLSTM.forward": (d) => [charLstm(), integers(d, [2, 3], 0, 3)],
  "CharLSTM.advance": (d) => {
    const model = charLstm();
    const [before, x] = [integers(d, [2, 1], 0, 3), integers(d, [2, 2], 0, 3)];
    return [model, x, ...(d.truth() ? [model.advance(before).state] : [])];
  },
  "CharLSTM.encode": () => [charLstm(), "a cab"],
  "CharLSTM.windows": () => [charLstm(), "a cab a cab", 3],
  "CharLSTM.generate": (d) => [charLstm(), "ab", 2, ...maybe(d, { temperature: 0.5, seed: seed(d) })],
  Captioner: (d) => [vocabulary, ...maybe(d, { ...small, attention: d.truth() })],
  "Captioner.forward": (d) => [captioner(d), scenes(d), words(d, 2)],
  "Captioner.loss": (d) => [captioner(d), floats(d, [2, 2, vocabulary.size]), words(d, 2)],
  "Captioner.generate": (d) => [captioner(d), scenes(d), ...maybe(d, { maxLength: 2, temperature: 1, seed: seed(d) })],
  QuestionAnswerer: (d) => [vocabulary, ["yes", "no"], ...maybe(d, small)],
  "QuestionAnswerer.forward": (d) => [answerer(), scenes(d), words(d, 2)],
  "QuestionAnswerer.advance": (d) => {
    const model = answerer();
    return [model, scenes(d), words(d, 2), ...(d.truth() ? [model.advance(scenes(d), words(d, 2)).state] : [])];
  },
  "QuestionAnswerer.ask": (d) => [answerer(), scenes(d), ["a star", "two circle"]],
};

const batchesOf = (d: Draw) => d.list(2, () => ({ inputs: floats(d, [4, 3]), targets: integers(d, [4], 0, 1) }));
const quiet = { write: () => true, isTTY: false };

function trained() {
  const model = new Linear(3, 2, { seed: 1 });
  return { model, optimizer: new SGD(model.parameters(), { learningRate: 0.1 }) };
}

function history(): History {
  const rows = new History();
  rows.rows.push({ epoch: 1, step: 2, seconds: 1, loss: 0.5 }, { epoch: 2, step: 4, seconds: 2, loss: 0.25 });
  return rows;
}

const runOf = () => ({ ...trained(), epochs: 2, epoch: 1, step: 2, seed: 0, history: history(), stop() {} });
const stopping = () => {
  const callback = new EarlyStopping({ monitor: "loss", restoreBest: false });
  callback.onStart(runOf());
  callback.onEpochEnd(runOf(), history().rows[0] as never);
  return callback;
};
const stoppingOptions = (d: Draw) =>
  some(d, { monitor: "loss", mode: "min", patience: 2, minDelta: 0.1, restoreBest: true });
const accuracy = (outputs: Tensor, targets: Tensor) => crossEntropy(outputs, targets).mul(-1);
const report = (d: Draw) => ({
  history: history(),
  ...some(d, { title: "t", classNames: ["a", "b"], settings: { rate: 1 }, summary: summary(trained().model, [3]) }),
});
const matrix = [
  [3, 1],
  [0, 2],
];

export const training: Table = {
  fit: (d) => {
    const { model, optimizer } = trained();
    const options = {
      validation: batchesOf(d),
      schedule: () => 0.1,
      beforeStep: () => {},
      callbacks: [{ onEpochEnd() {} }],
      seed: 1,
    };
    return [
      model,
      batchesOf(d),
      { optimizer, loss: crossEntropy, epochs: 1, ...some(d, { ...options, metrics: { accuracy } }) },
    ];
  },
  evaluate: (d) => [
    trained().model,
    batchesOf(d),
    { loss: crossEntropy, ...some(d, { metrics: { accuracy }, confusion: true, mistakes: 2, onBatch: () => {} }) },
  ],
  predict: (d) => [
    trained().model,
    batchesOf(d),
    ...maybe(d, { forward: ({ inputs }: { inputs: Tensor }) => inputs.mul(2) }),
  ],
  saveCheckpoint: () => [files.newPath("checkpoint"), { model: trained().model }, { epoch: 1, step: 2, seed: 3 }],
  loadCheckpoint: (d) => [files.newPath("checkpoint"), { model: trained().model }, ...(d.truth() ? [3] : [])],
  earlyStopping: (d) => (d.truth() ? [] : [stoppingOptions(d)]),
  EarlyStopping: (d) => [stoppingOptions(d)],
  "EarlyStopping.state": () => [stopping()],
  "EarlyStopping.loadState": () => [stopping(), stopping().state()],
  History: () => [],
  "History.column": (d) => [history(), d.pick(["loss", "epoch"])],
  ...each("History.toJSON History.toCSV History.state", () => [history()]),
  "History.save": (d) => [history(), files.newPath(d.pick(["history.csv", "history.json"]))],
  "History.loadState": () => [new History(), history().state()],
  confusionMatrix: () => [[0, 1, 1], [0, 1, 0], 2],
  classScores: () => [matrix],
  formatConfusion: (d) => [matrix, ...(d.truth() ? [["a", "b"]] : [])],
  formatLoss: () => [0.25],
  formatReport: (d) => [report(d)],
  saveReport: (d) => [files.newPath("report.html"), report(d)],
  htmlReport: (d) => [{ path: files.newPath("report.html"), ...some(d, { title: "t", classNames: ["a"] }) }],
  progress: (d) => [10, { stream: quiet, ...some(d, { label: "l", unit: "u", now: () => 5 }) }],
  "progress().update": (d) => [
    progress(10, { stream: quiet as never, now: () => 5 }),
    d.integer(0, 10),
    ...maybe(d, { loss: 1, accuracy: 0.5 }),
  ],
  progressBar: (d) => [{ stream: quiet, ...some(d, { unit: "u", examples: { training: 9 } }) }],
};
