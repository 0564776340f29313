/** `nodegrad eval`: how well a saved model does. */

import type { Command } from "commander";
import { OptionError } from "../index.js";
import { type ConfusionMatrix, formatConfusion, progress } from "../train/index.js";
import { loadClassifier } from "./classifier.js";
import { chooseDataset, loadImages } from "./datasets.js";
import { interruptible } from "./interrupt.js";
import { addCommonOptions, type CommonOptions, chooseMachine, dataHelp } from "./options.js";
import { createOutput, formatMachine, machine } from "./output.js";
import { defaultWorkers, testClassifier } from "./training.js";

const EXAMPLES = `
Examples:
  nodegrad eval lenet5.safetensors                        on generated digits
  nodegrad eval lenet5.safetensors --data-dir data        on the test digits of MNIST
Without --dataset it is the one that the model has learnt from, where that is possible.`;

/** Adds the command. */
export function addEvalCommand(program: Command): void {
  const command = program
    .command("eval")
    .description("test a saved model on images it has not learnt from")
    .argument("<file>", "what train has saved (safetensors)");
  addCommonOptions(command).addHelpText("after", dataHelp).addHelpText("after", EXAMPLES).action(evaluate);
}

async function evaluate(file: string, options: CommonOptions): Promise<void> {
  chooseMachine(options);
  const classifier = await loadClassifier(file);
  const { name, input, classNames } = classifier;
  const dataset = chooseDataset(options, input.channels, classifier.dataset);
  const test = await loadImages(dataset, "test", options, input);
  if (test.classNames.join("\n") !== classNames.join("\n")) {
    const given = `${classNames.join(", ")}; those of ${dataset} are ${test.classNames.join(", ")}`;
    throw new OptionError(`eval: the model knows other classes: ${given}`);
  }
  const out = createOutput(options.json);
  out.line(`${name} from ${file}, ${dataset}; ${formatMachine()}`);
  const tested = await interruptible(
    (signal) => {
      const shown = progress(test.count, { label: "test" });
      const onBatch = ({ examples }: { readonly examples: number }) => {
        shown.update(examples);
        signal.throwIfAborted();
      };
      return testClassifier(classifier, test, { onBatch, workers: options.workers ?? defaultWorkers(test) }).finally(
        shown.stop,
      );
    },
    () => "interrupted",
  );
  out.line(`\n${formatConfusion(tested.confusion as ConfusionMatrix, classNames)}`);
  out.result({
    command: "eval",
    model: name,
    dataset,
    testLoss: tested.loss,
    testAccuracy: tested.metrics.accuracy,
    confusion: tested.confusion,
    imagesPerSecond: tested.examples / tested.seconds,
    ...machine(),
  });
}
