/** `nodegrad demo`: LeNet-5 learns generated digits, and both backends are timed. */

import type { Command } from "commander";
import { getBackend, setBackend } from "../index.js";
import { lenet5 } from "../models/index.js";
import { formatTable } from "../table.js";
import { type ConfusionMatrix, formatConfusion } from "../train/index.js";
import { type Dataset, firstImages, loadDataset } from "./images.js";
import { addMachineOptions, chooseMachine, type MachineOptions } from "./options.js";
import { count, createReport, machine } from "./report.js";
import { defaultRecipe, describe, runEpochs } from "./train.js";
import { type Recipe, trainOnImages } from "./training.js";

/** Images and epochs that take less than a minute on two processors. */
const sizes: Readonly<Record<string, { readonly limit: number; readonly epochs: number }>> = {
  native: { limit: 12_000, epochs: 3 },
  reference: { limit: 1500, epochs: 1 },
};

/** Batches that the other backend is timed on. */
const TIMED_BATCHES = 3;

/** Adds the command. */
export function addDemoCommand(program: Command): void {
  const command = program
    .command("demo")
    .description("train LeNet-5 on generated digits in less than a minute, and time both backends");
  addMachineOptions(command).action(demo);
}

async function demo(options: MachineOptions): Promise<void> {
  chooseMachine(options);
  const report = createReport(options.json);
  const { limit, epochs } = sizes[getBackend().name] as (typeof sizes)[string];
  const dataset = await loadDataset({ dataset: "digits", limit });
  const recipe = { ...defaultRecipe, epochs };
  const model = lenet5({ seed: recipe.seed });
  describe(report, "lenet5", model, dataset);
  const { last, tested, imagesPerSecond } = await runEpochs(model, dataset, recipe, report);
  report.line(`\n${formatConfusion(tested.confusion as ConfusionMatrix)}\n`);

  const speeds = [{ ...machine(), imagesPerSecond }];
  if (getBackend().name !== "reference") speeds.push(await timeReference(dataset, recipe));
  report.line(formatTable(speeds.map(speedRow), { header: ["backend", "computes with", "threads", "images/s"] }));
  report.result({
    command: "demo",
    model: "lenet5",
    dataset: dataset.name,
    epochs,
    trainLoss: last.loss,
    testAccuracy: tested.metrics.accuracy,
    ...speeds[0],
    speeds,
  });
}

type Speed = ReturnType<typeof machine> & { readonly imagesPerSecond: number };

function speedRow({ backend, target, threads, imagesPerSecond }: Speed): (string | number)[] {
  return [backend, target, threads, count(imagesPerSecond)];
}

/** Trains a few batches on the reference backend: the first pass compiles, the second is timed. */
async function timeReference({ train }: Dataset, recipe: Recipe): Promise<Speed> {
  setBackend("reference");
  const few = firstImages(train, TIMED_BATCHES * recipe.batch);
  const { rows } = await trainOnImages(lenet5({ seed: recipe.seed }), { train: few }, { ...recipe, epochs: 2 });
  return { ...machine(), imagesPerSecond: few.count / (rows[1]?.seconds as number) };
}
