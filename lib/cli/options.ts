/** Options that several commands have, and how their values are read. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { setBackend, setNumThreads } from "../index.js";

/** Where the images come from. */
export interface DataOptions {
  readonly dataDir?: string;
  readonly dataset?: "mnist" | "digits";
  readonly limit?: number;
}

/** What computes, and how it tells. */
export interface MachineOptions {
  readonly backend?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Options of every command that works on images. */
export interface CommonOptions extends DataOptions, MachineOptions {}

/** Adds the options of data and machine. */
export function addCommonOptions(command: Command): Command {
  command
    .option("--data-dir <dir>", "folder of the data set (default: digits are generated)")
    .addOption(
      new Option("--dataset <name>", "mnist from --data-dir, or generated digits").choices(["mnist", "digits"]),
    )
    .option("--limit <n>", "use the first n images of each set only", integer(1));
  return addMachineOptions(command);
}

/** Adds the options of the machine. */
export function addMachineOptions(command: Command): Command {
  const backend = new Option("--backend <name>", "what computes (default: $NODEGRAD_BACKEND or auto)");
  return command
    .addOption(backend.choices(["auto", "native", "reference"]))
    .option("--threads <n>", "threads to compute with (default: all processors)", integer(1, 256))
    .option("--json", "end with one line of JSON on standard output; all else goes to standard error");
}

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
