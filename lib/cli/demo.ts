/** `nodegrad demo`: LeNet-5 learns generated digits, and both backends are timed. */

import type { Command } from "commander";
import type { LabelledImages } from "../data/index.js";
import { getBackend, setBackend } from "../index.js";
import { lenet5 } from "../models/index.js";
import { formatTable } from "../table.js";
import { type ConfusionMatrix, formatConfusion } from "../train/index.js";
import type { Classifier } from "./classifier.js";
import { firstImages, loadImages } from "./datasets.js";
import { describeTraining, runEpochs } from "./epochs.js";
import { inputOf, modelOf } from "./models.js";
import { addMachineOptions, chooseMachine, type MachineOptions } from "./options.js";
import { count, createOutput, machine } from "./output.js";
import { defaultRecipe, type Recipe } from "./recipe.js";
import { normalisationOf, trainClassifier } from "./training.js";

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
  const out = createOutput(options.json);
  const { limit, epochs } = sizes[getBackend().name] as (typeof sizes)[string];
  const [name, dataset] = ["lenet5", "digits"];
  const input = inputOf(name);
  const train = (await loadImages(dataset, "train", { limit }, input)) as LabelledImages;
  const test = await loadImages(dataset, "test", { limit }, input);
  const recipe = { ...defaultRecipe, lr: modelOf(name).lr, epochs };
  const { classNames } = train;
  const normalise = await normalisationOf(train);
  const make = (): Classifier => {
    return { name, model: lenet5({ seed: recipe.seed }), input, normalise, classNames, dataset };
  };
  const classifier = make();
  describeTraining(out, classifier, { train, test });
  const { last, tested, imagesPerSecond } = await runEpochs(classifier, { train, test }, recipe, out);
  out.line(`\n${formatConfusion(tested.confusion as ConfusionMatrix)}\n`);

  const speeds = [{ ...machine(), imagesPerSecond }];
  if (getBackend().name !== "reference") speeds.push(await timeReference(make, train, recipe));
  out.line(formatTable(speeds.map(speedRow), { header: ["backend", "computes with", "threads", "images/s"] }));
  out.result({
    command: "demo",
    model: name,
    dataset,
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
async function timeReference(make: () => Classifier, images: LabelledImages, recipe: Recipe): Promise<Speed> {
  setBackend("reference");
  const few = firstImages(images, TIMED_BATCHES * recipe.batch);
  const { rows } = await trainClassifier(make(), { train: few }, { ...recipe, epochs: 2 });
  return { ...machine(), imagesPerSecond: few.count / (rows[1]?.seconds as number) };
}
