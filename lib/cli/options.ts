/** Options that several commands have, and how their values are read. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { setBackend, setNumThreads } from "../index.js";
import { type DataOptions, datasets } from "./datasets.js";

/** What computes, and how it tells. */
export interface MachineOptions {
  readonly backend?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Options of every command that works on a data set. */
export interface CommonOptions extends DataOptions, MachineOptions {
  readonly workers?: number;
}

/** Adds the options of data and machine. */
export function addCommonOptions(command: Command): Command {
  command
    .optionsGroup("Data:")
    .addOption(
      new Option("--dataset <name>", "what images (default: what suits the model, see below)").choices(
        Object.keys(datasets),
      ),
    )
    .option("--data-dir <dir>", "folder of the data set; without it images are generated")
    .option("--limit <n>", "use n images of each set only", integer(1))
    .option("--workers <n>", "threads that prepare images (default: 0, for folders all processors)", integer(0, 256));
  return addMachineOptions(command);
}

/** Adds the options of the machine. */
export function addMachineOptions(command: Command): Command {
  const backend = new Option("--backend <name>", "what computes (default: $NODEGRAD_BACKEND or auto)");
  return command
    .optionsGroup("Machine and output:")
    .addOption(backend.choices(["auto", "native", "reference"]))
    .option("--threads <n>", "threads to compute with (default: all processors)", integer(1, 256))
    .option("--json", "end with one line of JSON on standard output; all else goes to standard error");
}

/** What the help of commands on data sets ends with. */
export const dataHelp = `
Data sets:
  digits         generated handwritten digits; the default of lenet5
  shapes         generated shapes in colour; the default of all other models
  mnist          digits, from --data-dir; the default of lenet5 with a folder
  fashion-mnist  clothes, from --data-dir
  cifar10        photographs of 32 × 32 pixels, from --data-dir; the default of others with a folder
  folder         PNG and JPEG files, in --data-dir/train/CLASS and --data-dir/test/CLASS, or in
                 --data-dir/CLASS: then a fifth is kept to test on
  nodegrad data download brings mnist, fashion-mnist and cifar10. Images become as large, and as colourful, as
  the model takes them.`;

/** Puts the machine in place that the options ask for. */
export function chooseMachine({ backend, threads }: MachineOptions): void {
  if (threads !== undefined) setNumThreads(threads);
  if (backend !== undefined) setBackend(backend);
}

/** Reads an integer of a range. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be an integer ${range}.`);
  };
}

/** Reads a number in [0, 1). */
export function belowOne(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("It must be a number of at least 0 and below 1.");
}

/** Reads a number ≥ 0. */
export function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("It must be a number of at least 0.");
}
