/** `nodegrad train`: a model learns a data set and is saved. */

import { Argument, type Command } from "commander";
import type { Module } from "../nn/index.js";
import {
  type Callback,
  type ConfusionMatrix,
  type Evaluation,
  formatConfusion,
  formatLoss,
  type HistoryRow,
  progressBar,
} from "../train/index.js";
import { checkSavePath, hashModel, models, saveModel } from "./checkpoint.js";
import { type Dataset, loadDataset } from "./images.js";
import { addCommonOptions, belowOne, type CommonOptions, chooseMachine, integer, nonNegative } from "./options.js";
import { count, createReport, formatMachine, machine, percent, type Report } from "./report.js";
import { type Recipe, testOnImages, trainOnImages } from "./training.js";

interface TrainCommandOptions extends CommonOptions, Recipe {
  readonly output?: string;
}

/** One epoch and at least 98.5 % on MNIST, whatever the seed. */
export const defaultRecipe: Recipe = { epochs: 1, batch: 64, lr: 0.05, momentum: 0.9, seed: 0 };

/** Adds the command. */
export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description("train a model on images")
    .addArgument(new Argument("<model>", "which model").choices(Object.keys(models)))
    .option("--epochs <n>", "passes over the training images", integer(1), defaultRecipe.epochs)
    .option("--batch <n>", "images in a step", integer(1), defaultRecipe.batch)
    .option("--lr <rate>", "learning rate at first; it falls linearly to 0", nonNegative, defaultRecipe.lr)
    .option("--momentum <share>", "momentum of the gradient descent, below 1", belowOne, defaultRecipe.momentum)
    .option("--seed <n>", "of the parameters and the order of the images", integer(0), defaultRecipe.seed)
    .option("--output <file>", "where to save the model after every epoch (default: <model>.safetensors)");
  addCommonOptions(command).action(train);
}

async function train(name: string, options: TrainCommandOptions): Promise<void> {
  const { epochs, batch, lr, momentum, seed, output = `${name}.safetensors` } = options;
  await checkSavePath(output);
  chooseMachine(options);
  const dataset = await loadDataset(options);
  const report = createReport(options.json);
  const model = (models[name] as (typeof models)[string])({ seed });
  describe(report, name, model, dataset);
  const save = () => saveModel(output, name, model);
  const { last, tested, imagesPerSecond } = await runEpochs(model, dataset, options, report, save);
  report.line(`\n${formatConfusion(tested.confusion as ConfusionMatrix)}\n\nsaved ${output}`);
  report.result({
    command: "train",
    model: name,
    dataset: dataset.name,
    ...{ epochs, batch, lr, momentum, seed, output },
    trainLoss: last.loss,
    trainAccuracy: last.accuracy,
    testLoss: tested.loss,
    testAccuracy: tested.metrics.accuracy,
    imagesPerSecond,
    ...machine(),
    weights: hashModel(name, model),
  });
}

/** Says what is about to be trained, and on what. */
export function describe(report: Report, name: string, model: Module, { name: dataset, train, test }: Dataset): void {
  const parameters = Object.values(model.parameters()).reduce((sum, { size }) => sum + size, 0);
  report.line(
    `${name}: ${count(parameters)} parameters; ${dataset}: ${count(train.count)} images to train on, ` +
      `${count(test.count)} to test on; ${formatMachine()}`,
  );
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

/** Trains for all epochs, with a bar and a line for each; `onEpoch` runs before the line. */
export async function runEpochs(
  model: Module,
  dataset: Dataset,
  recipe: Recipe,
  report: Report,
  onEpoch: () => Promise<void> = async () => {},
): Promise<TrainingResult> {
  const { train, test } = dataset;
  const bar = progressBar({ examples: { training: train.count, validation: test.count } });
  const line: Callback = {
    // Before the report, which may fail: what has been learnt is worth more than what is said about it.
    onEpochEnd: (_, row) => onEpoch().then(() => report.line(describeEpoch(row, recipe.epochs, train.count))),
  };
  const { rows } = await trainOnImages(model, dataset, recipe, [bar, line]);
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  return {
    last: rows.at(-1) as HistoryRow,
    tested: await testOnImages(model, test),
    imagesPerSecond: (rows.length * train.count) / seconds,
  };
}

function describeEpoch({ epoch, loss, seconds, ...values }: HistoryRow, epochs: number, images: number): string {
  const accuracy = percent(values.accuracy as number);
  return (
    `epoch ${epoch}/${epochs}: loss ${formatLoss(loss)}, accuracy ${accuracy}, ` +
    `${count(images / seconds)} images/s; test accuracy ${percent(values.validationAccuracy as number)}`
  );
}
