/** The options of `nodegrad bench`, checked before anything runs. */

import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { Command, InvalidArgumentError } from "commander";

/** What to measure, with what, and where to write it. */
export interface Options {
  /** Part of the level, group and name of a case. */
  readonly filter: string;
  readonly threads: readonly number[];
  readonly quick: boolean;
  /** How often each contestant gets its turn, where it is not left to the suite. */
  readonly rounds?: number;
  readonly python: string;
  readonly html: string;
  readonly json?: string;
  readonly markdown?: string;
  /** A note, or true, where the run is to be kept. */
  readonly keep?: string | true;
}

/** Where runs are kept, in the working directory. */
export const HISTORY = "bench/history.jsonl";

/** Interpreter that Debian's packages install modules for. */
const PYTHON = process.platform === "win32" ? "python" : "/usr/bin/python3";

/**
 * The options, and how to end with a line of error.
 *
 * @param threads Threads that nodegrad uses by default.
 */
export function parseOptions(threads: number): { options: Options; fail: (message: string) => never } {
  const command = new Command("nodegrad bench")
    .description("measure nodegrad on this machine, beside its limits and the peers that are installed")
    .option("--filter <text>", "only cases whose level, group and name contain this", "")
    .option("--threads <list>", "numbers of threads, separated by commas", threadList, [...new Set([1, threads])])
    .option("--quick", "chosen cases, shorter turns, the first peer of each: under two minutes", false)
    .option("--rounds <count>", "turns of each contestant (11, with --quick 4)", roundCount)
    .option("--python <path>", "interpreter of the peers' scripts", PYTHON)
    .option("--html <file>", "where the page with the charts goes", "nodegrad-bench.html")
    .option("--json <file>", "write the results as JSON too")
    .option("--markdown <file>", "write the tables in Markdown too")
    .option("--keep [note]", `append the run to ${HISTORY}`)
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, " ")}\n`) })
    .allowExcessArguments(false)
    .parse();
  const options = command.opts<Options>();
  const fail = (message: string) => command.error(`error: ${message}`);
  if (command.getOptionValueSource("python") === "cli") {
    const { error, status } = spawnSync(options.python, ["--version"], { stdio: "ignore" });
    if (error !== undefined || status !== 0) fail(`--python: ${options.python} cannot be run`);
  }
  for (const [option, file] of [
    ["--html", options.html],
    ["--json", options.json],
    ["--markdown", options.markdown],
  ] as const) {
    const problem = file === undefined ? undefined : whyUnwritable(file);
    if (problem !== undefined) fail(`${option}: ${file} cannot be written: ${problem}`);
  }
  return { options, fail };
}

/** Reads a number of rounds. */
function roundCount(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 1000) return rounds;
  throw new InvalidArgumentError("It must be an integer from 1 to 1000.");
}

/** Reads `1,2`. */
function threadList(text: string): number[] {
  const most = availableParallelism();
  const list = text.split(",").map(Number);
  if (list.every((count) => Number.isInteger(count) && count >= 1 && count <= most)) return [...new Set(list)];
  const range =
    most === 1 ? "1, for this machine has one processor" : `from 1 to ${most}, the processors of this machine`;
  throw new InvalidArgumentError(`It must be integers ${range}, separated by commas.`);
}

function whyUnwritable(file: string): string | undefined {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return "it is a folder";
    const folder = dirname(file);
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return `there is no folder ${folder}`;
    accessSync(stats === undefined ? folder : file, constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
