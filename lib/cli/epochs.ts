/** A training as people see it: a bar and a line for each epoch. */

import {
  type Callback,
  type Evaluation,
  earlyStopping,
  formatLoss,
  type HistoryRow,
  progressBar,
} from "../train/index.js";
import type { Classifier } from "./classifier.js";
import type { Images } from "./datasets.js";
import { reportOf } from "./html-report.js";
import { count, formatMachine, type Output, percent } from "./output.js";
import type { Recipe } from "./recipe.js";
import { type TrainingOptions, testClassifier, trainClassifier } from "./training.js";

/** The images of a training. */
export interface EpochImages {
  train: Images;
  /** To be measured on after every epoch (default: those to test on). */
  validation?: Images;
  /** To be tested on in the end. */
  test: Images;
}

/** What training gave. */
export interface TrainingResult {
  /** The last epoch. */
  readonly last: HistoryRow;
  /** The test after it. */
  readonly tested: Evaluation;
  /** Of the training, over all epochs. */
  readonly imagesPerSecond: number;
}

/** Says what is about to be trained, and on what. */
export function describeTraining(
  out: Output,
  { name, model, dataset }: Classifier,
  { train, validation, test }: EpochImages,
): void {
  const parameters = Object.values(model.parameters()).reduce((sum, { size }) => sum + size, 0);
  const validated = validation ? `${count(validation.count)} to validate on, ` : "";
  out.line(
    `${name}: ${count(parameters)} parameters; ${dataset}: ${count(train.count)} images to train on, ` +
      `${validated}${count(test.count)} to test on; ${formatMachine()}`,
  );
}

/** What goes with a training, its test included. */
export interface EpochOptions extends TrainingOptions {
  /** Ends training and test when it is aborted, after the batch under way. */
  readonly signal?: AbortSignal;
  /** HTML file to write a report to. */
  readonly report?: string;
}

/** Wrong answers that a report shows. */
const MISTAKES = 24;

/**
 * Trains for all epochs; the callbacks run before the line of an epoch.
 *
 * @throws The signal's reason when it is aborted.
 */
export async function runEpochs(
  classifier: Classifier,
  images: EpochImages,
  recipe: Recipe,
  out: Output,
  { callbacks = [], signal, report, ...options }: EpochOptions = {},
): Promise<TrainingResult> {
  const { epochs, patience } = recipe;
  const { train, validation, test } = images;
  const measured = validation ?? test;
  const bar = progressBar({ examples: { training: train.count, validation: measured.count } });
  const label = validation ? "validation" : "test";
  const line: Callback = {
    onEpochEnd: (_, row) => out.line(describeEpoch(row, epochs, train.count, label)),
  };
  const onBatchEnd = () => signal?.throwIfAborted();
  const stop = patience === undefined ? [] : [earlyStopping({ patience })];
  let tested: Promise<Evaluation> | undefined;
  const runTest = () => {
    const mistakes = report === undefined ? 0 : MISTAKES;
    const workers = options.workers ?? 0;
    tested ??= testClassifier(classifier, test, { workers, mistakes, onBatch: onBatchEnd });
    return tested;
  };
  const page = report === undefined ? [] : [reportOf(report, classifier, images, recipe, runTest)];
  const { rows } = await trainClassifier(classifier, { train, validation: measured }, recipe, {
    ...options,
    // The line comes last, for it may fail: what has been learnt is worth more than what is said about it.
    callbacks: [bar, { onBatchEnd }, ...stop, ...callbacks, ...page, line],
  });
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const imagesPerSecond = (rows.length * train.count) / seconds;
  return { last: rows.at(-1) as HistoryRow, tested: await runTest(), imagesPerSecond };
}

function describeEpoch(
  { epoch, loss, seconds, ...values }: HistoryRow,
  epochs: number,
  images: number,
  label: string,
): string {
  const accuracy = percent(values.accuracy as number);
  return (
    `epoch ${epoch}/${epochs}: loss ${formatLoss(loss)}, accuracy ${accuracy}, ` +
    `${count(images / seconds)} images/s; ${label} accuracy ${percent(values.validationAccuracy as number)}`
  );
}
