/** `nodegrad train`: a model learns a data set and is saved. */

import { existsSync } from "node:fs";
import { Argument, type Command } from "commander";
import { OptionError } from "../index.js";
import { type Callback, type CheckpointOptions, type ConfusionMatrix, formatConfusion } from "../train/index.js";
import { type Classifier, hashClassifier, saveClassifier } from "./classifier.js";
import { chooseDataset, datasets, loadImages, setApart } from "./datasets.js";
import { describeTraining, type EpochImages, runEpochs } from "./epochs.js";
import { checkWritable } from "./files.js";
import { interruptible } from "./interrupt.js";
import { inputOf, modelOf, models } from "./models.js";
import { addCommonOptions, type CommonOptions, chooseMachine, dataHelp, integer } from "./options.js";
import { createOutput, machine } from "./output.js";
import { addRecipeOptions, type Recipe, type RecipeOptions, recipeOf } from "./recipe.js";
import { defaultWorkers, normalisationOf } from "./training.js";

interface TrainCommandOptions extends CommonOptions, RecipeOptions {
  readonly imageSize?: number;
  readonly output?: string;
  readonly history?: string;
  readonly report?: string;
  readonly checkpoint?: string;
  readonly checkpointEvery?: number;
  readonly resume?: boolean;
}

const EXAMPLES = `
Examples:
  nodegrad train lenet5                                   one epoch on generated digits
  nodegrad train lenet5 --data-dir data --epochs 5        MNIST, from data/mnist
  nodegrad train cifarConvnet --data-dir data --epochs 8 --crop 4 --flip --schedule cosine
  nodegrad train resnet18 --dataset folder --data-dir pets --image-size 64 --optimizer adamw
  nodegrad train resnet20 --epochs 50 --checkpoint resnet20.checkpoint --resume
The last one, run again after Ctrl-C or a crash, goes on where it was, to the same bits.`;

/** Adds the command. */
export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description("train a model on images and save it")
    .addArgument(new Argument("<model>", "which model").choices(Object.keys(models)));
  addRecipeOptions(command)
    .optionsGroup("Files:")
    .option("--output <file>", "where to save the model after every epoch (default: <model>.safetensors)")
    .option("--history <file>", "write loss and accuracy of every epoch, as .csv or .json")
    .option("--report <file>", "write curves, confusion matrix, filters and mistakes as an HTML page while it trains")
    .option("--checkpoint <file>", "save the whole training after every epoch, so that it can be resumed")
    .option("--checkpoint-every <steps>", "save it also after every so many steps", integer(1))
    .option("--resume", "go on from --checkpoint, if it is there");
  addCommonOptions(command)
    .optionsGroup("Data:")
    .option("--image-size <pixels>", "rows and columns the model is given (default: the data's)", integer(1, 4096))
    .addHelpText("after", dataHelp)
    .addHelpText("after", EXAMPLES)
    .action(train);
}

async function train(name: string, options: TrainCommandOptions): Promise<void> {
  const { output = `${name}.safetensors`, history, report } = options;
  const checkpoint = checkpointOf(options);
  await checkFiles({ output, checkpoint: checkpoint?.path, history, report });
  chooseMachine(options);
  const recipe = recipeOf(options, modelOf(name).lr);
  const { classifier, images } = await prepare(name, options, recipe);
  const out = createOutput(options.json);
  let saved = "no epoch was finished, nothing is saved";
  const save: Callback = {
    async onEpochEnd({ epoch, epochs, history: rows }) {
      await saveClassifier(output, classifier);
      saved = `${output} is as of epoch ${epoch} of ${epochs}`;
      if (history !== undefined) await rows.save(history);
    },
  };
  const { last, tested, imagesPerSecond } = await interruptible(
    (signal) => {
      describeTraining(out, classifier, images);
      const workers = options.workers ?? defaultWorkers(images.train);
      return runEpochs(classifier, images, recipe, out, {
        ...{ signal, workers, callbacks: [save] },
        ...(checkpoint && { checkpoint }),
        ...(report !== undefined && { report }),
      });
    },
    () => `interrupted: ${saved}${checkpoint && existsSync(checkpoint.path) ? "; --resume goes on from there" : ""}`,
  );
  // Once more: what is kept in the end may be an earlier epoch, the best.
  await saveClassifier(output, classifier);
  out.line(`\n${formatConfusion(tested.confusion as ConfusionMatrix, classifier.classNames)}\n\nsaved ${output}`);
  out.result({
    command: "train",
    model: name,
    dataset: classifier.dataset,
    imageSize: classifier.input.rows,
    classNames: classifier.classNames,
    ...recipe,
    output,
    trainLoss: last.loss,
    trainAccuracy: last.accuracy,
    testLoss: tested.loss,
    testAccuracy: tested.metrics.accuracy,
    imagesPerSecond,
    ...machine(),
    weights: hashClassifier(classifier),
  });
}

/** Where the training is saved to go on from, if it is. @throws {OptionError} for options without such a file. */
function checkpointOf({ checkpoint, checkpointEvery, resume }: TrainCommandOptions): CheckpointOptions | undefined {
  if (checkpoint !== undefined) {
    const everySteps = checkpointEvery;
    return { path: checkpoint, resume: resume ?? false, ...(everySteps !== undefined && { everySteps }) };
  }
  if (resume) throw new OptionError("--resume needs the file to go on from: give --checkpoint");
  if (checkpointEvery !== undefined)
    throw new OptionError("--checkpoint-every needs a file to write: give --checkpoint");
  return undefined;
}

/** Finds out what is wrong with the files to write before anything is done. */
async function checkFiles(files: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { history } = files;
  if (history !== undefined && !/\.(csv|json)$/i.test(history)) {
    throw new OptionError(`--history: file must end in .csv or .json, got ${JSON.stringify(history)}`);
  }
  for (const [option, path] of Object.entries(files)) if (path !== undefined) await checkWritable(`--${option}`, path);
}

/** The images, and a classifier of them that has learnt nothing yet. */
async function prepare(
  name: string,
  options: TrainCommandOptions,
  { validation: share, seed }: Recipe,
): Promise<{ classifier: Classifier; images: EpochImages }> {
  const { size, smallest, channels, make } = modelOf(name);
  const dataset = chooseDataset(options, channels);
  const own = datasets[dataset]?.size;
  const usual = own === undefined || size === smallest ? size : Math.max(smallest, own);
  const input = inputOf(name, options.imageSize ?? usual);
  const [all, test] = await Promise.all([
    loadImages(dataset, "train", options, input),
    loadImages(dataset, "test", options, input),
  ]);
  const { classNames } = all;
  const images: EpochImages = { train: all, test };
  if (share > 0) [images.train, images.validation] = setApart(all, share, seed);
  const normalise = await normalisationOf(images.train);
  const model = make({ classes: classNames.length, seed });
  return { classifier: { name, model, input, normalise, classNames, dataset }, images };
}
