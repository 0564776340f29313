/** `nodegrad eval`: how well a saved model does. */

import type { Command } from "commander";
import { loadModel } from "./checkpoint.js";
import { formatConfusion } from "./confusion.js";
import { loadDataset } from "./images.js";
import { addCommonOptions, type CommonOptions, chooseMachine } from "./options.js";
import { createReport, formatMachine, machine } from "./report.js";
import { withProgress } from "./train.js";
import { tester } from "./training.js";

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
  const { loss, accuracy, confusion, imagesPerSecond } = withProgress(test.count, "test", (shown) =>
    tester(model)(test, shown.update),
  );
  report.line(`\n${formatConfusion(confusion)}`);
  report.result({
    command: "eval",
    model: name,
    dataset,
    testLoss: loss,
    testAccuracy: accuracy,
    imagesPerSecond,
    ...machine(),
  });
}
