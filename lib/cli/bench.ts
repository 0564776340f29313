/** `nodegrad bench`: the benchmarks, a program of their own that uses nodegrad as anybody would. */

import type { Command } from "commander";

/** Adds the command; its options are those of the program that it starts. */
export function addBenchCommand(program: Command): void {
  const summary = "measure this machine: its limits, nodegrad, and the peers that are installed";
  program.command("bench", summary, { executableFile: "../bench/main.js" });
}
