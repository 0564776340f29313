/** `nodegrad eval`: how well a saved model does. */

import type { Command } from "commander";
import { type ConfusionMatrix, formatConfusion, progress } from "../train/index.js";
import { loadModel } from "./checkpoint.js";
import { loadDataset } from "./images.js";
import { addCommonOptions, type CommonOptions, chooseMachine } from "./options.js";
import { createReport, formatMachine, machine } from "./report.js";
import { testOnImages } from "./training.js";

/** Adds the command. */
export function addEvalCommand(program: Command): void {
  const command = program
    .command("eval")
    .description("test a saved model on images it has not learnt from")
    .argument("<file>", "what train has saved (safetensors)");
  addCommonOptions(command).action(evaluate);
}

async function evaluate(file: string, options: CommonOptions): Promise<void> {
  chooseMachine(options);
  const { name, model } = await loadModel(file);
  const { name: dataset, test } = await loadDataset(options);
  const report = createReport(options.json);
  report.line(`${name} from ${file}, ${dataset}; ${formatMachine()}`);
  const shown = progress(test.count, { label: "test" });
  const tested = await testOnImages(model, test, ({ examples }) => shown.update(examples)).finally(shown.stop);
  report.line(`\n${formatConfusion(tested.confusion as ConfusionMatrix)}`);
  report.result({
    command: "eval",
    model: name,
    dataset,
    testLoss: tested.loss,
    testAccuracy: tested.metrics.accuracy,
    imagesPerSecond: tested.examples / tested.seconds,
    ...machine(),
  });
}
