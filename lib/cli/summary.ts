/** `nodegrad summary`: what a model is made of. */

import { type Command, InvalidArgumentError } from "commander";
import { OptionError } from "../index.js";
import { type ModelSummary, summary } from "../nn/index.js";
import { loadClassifier } from "./classifier.js";
import { modelOf, models } from "./models.js";
import { integer } from "./options.js";
import { createOutput } from "./output.js";

interface SummaryOptions {
  readonly input?: readonly number[];
  readonly classes?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Models: ${Object.keys(models).join(", ")}

Examples:
  nodegrad summary lenet5
  nodegrad summary vgg16 --input 3,224,224
  nodegrad summary lenet5.safetensors                     of a model that train has saved`;

/** Adds the command. */
export function addSummaryCommand(program: Command): void {
  program
    .command("summary")
    .description("show the layers of a model: shapes, parameters, work, what they see and keep")
    .argument("<model>", "name of a model, or what train has saved (safetensors)")
    .option("--input <c,h,w>", "channels, rows and columns of an image (default: what the model was made for)", sizes)
    .option("--classes <n>", "classes it tells apart (default: those it was made for)", integer(1, 1_000_000))
    .option("--json", "one line of JSON on standard output instead of the table")
    .addHelpText("after", EXAMPLES)
    .action(showSummary);
}

async function showSummary(model: string, options: SummaryOptions): Promise<void> {
  const layers = Object.hasOwn(models, model) ? ofName(model, options) : await ofFile(model, options);
  const out = createOutput(options.json);
  if (!options.json) return out.line(String(layers));
  const { inputShape, parameters, variableBytes, multiplyAdds, activationBytes } = layers;
  const totals = { inputShape, parameters, variableBytes, multiplyAdds, activationBytes };
  out.result({ command: "summary", model, ...totals, layers: layers.layers });
}

function ofName(name: string, options: SummaryOptions): ModelSummary {
  const { make, channels, size, classes } = modelOf(name);
  return summary(make({ classes: options.classes ?? classes, seed: 0 }), options.input ?? [channels, size, size]);
}

async function ofFile(path: string, options: SummaryOptions): Promise<ModelSummary> {
  if (options.classes !== undefined) throw new OptionError("--classes is for names of models; a file has its own");
  // What looks like a name is more likely a slip in it than a file.
  if (!/[./\\]/.test(path)) modelOf(path);
  const { model, input } = await loadClassifier(path);
  return summary(model, options.input ?? [input.channels, input.rows, input.columns]);
}

/** Reads integers between commas. */
function sizes(text: string): number[] {
  const values = text.split(",").map((word) => (/^\s*\d+\s*$/.test(word) ? Number(word) : 0));
  if (values.length === 3 && values.every((value) => value > 0 && value <= 32_768)) return values;
  throw new InvalidArgumentError("It must be three integers of at least 1, such as 3,224,224.");
}
