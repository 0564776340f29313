/** `nodegrad predict`: what a saved model sees in pictures. */

import type { Command } from "commander";
import type { ImageFolder } from "../data/index.js";
import { softmax } from "../index.js";
import { formatTable } from "../table.js";
import { predict } from "../train/index.js";
import { type Classifier, loadClassifier } from "./classifier.js";
import { addMachineOptions, chooseMachine, integer, type MachineOptions } from "./options.js";
import { createOutput, machine, percent } from "./output.js";
import { loaderOf, reads } from "./training.js";

interface PredictOptions extends MachineOptions {
  readonly top: number;
}

const EXAMPLES = `
Examples:
  nodegrad predict lenet5.safetensors seven.png           digits: white on black, like those it has learnt from
  nodegrad predict pets.safetensors *.jpg --top 1 --json
Pictures are resized to what the model takes, cut off at both ends where they are too long, and made grey where
the model knows no colours.`;

/** Adds the command. */
export function addPredictCommand(program: Command): void {
  const command = program
    .command("predict")
    .description("tell what a saved model sees in pictures")
    .argument("<file>", "what train has saved (safetensors)")
    .argument("<images...>", "PNG or JPEG files")
    .option("--top <k>", "most likely classes to show", integer(1), 3);
  addMachineOptions(command).addHelpText("after", EXAMPLES).action(predictImages);
}

/** A class, and how sure the model is of it. */
interface Guess {
  readonly className: string;
  /** In [0, 1]; those of all classes add up to 1. */
  readonly confidence: number;
}

async function predictImages(file: string, images: readonly string[], options: PredictOptions): Promise<void> {
  chooseMachine(options);
  const classifier = await loadClassifier(file);
  const predictions = await guess(classifier, images);
  const shown = predictions.map(({ image, guesses }) => ({ image, guesses: guesses.slice(0, options.top) }));
  const out = createOutput(options.json);
  const rows = shown.flatMap(({ image, guesses }) =>
    guesses.map(({ className, confidence }, i) => [i === 0 ? image : "", className, percent(confidence)]),
  );
  out.line(formatTable(rows, { header: ["image", "class", "confidence"], align: ["left", "left", "right"] }));
  out.result({ command: "predict", model: classifier.name, predictions: shown, ...machine() });
}

/** All classes for each picture, the likeliest first. */
async function guess(
  classifier: Classifier,
  paths: readonly string[],
): Promise<{ image: string; guesses: readonly Guess[] }[]> {
  const { model, input, classNames } = classifier;
  const classes = classNames.length;
  const labels = new Int32Array(paths.length);
  const pictures: ImageFolder = { ...input, paths, labels, count: paths.length, fit: "cover", classes, classNames };
  const scores = await predict(model, loaderOf(classifier, pictures), reads(classifier));
  const confidences = softmax(scores).dataSync();
  return paths.map((image, i) => {
    const guesses = classNames.map((className, c) => ({
      className,
      confidence: confidences[i * classes + c] as number,
    }));
    return { image, guesses: guesses.sort((a, b) => b.confidence - a.confidence) };
  });
}
