/**
 * Measures nodegrad, beside its peers where they are installed: `npm run bench -- --help`.
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { info } from "nodegrad";
import { groups } from "./groups.js";
import { type Effort, type Result, runCase } from "./harness/contest.js";
import { formatGroup } from "./harness/report.js";

const FULL: Effort = { rounds: 15, turnSeconds: 0.2 };
const QUICK: Effort = { rounds: 5, turnSeconds: 0.05 };

interface Options {
  readonly filter: string;
  readonly threads: readonly number[];
  readonly quick?: boolean;
  readonly json?: string;
  readonly python: string;
}

const options = new Command("bench")
  .option("--filter <text>", "only cases whose group and name contain this", "")
  .option("--threads <list>", "numbers of threads, e.g. 1,2", threadList, [1, 2])
  .option("--quick", "short turns and few rounds: to see that everything runs")
  .option("--json <file>", "also write the results to a file")
  .option("--python <path>", "interpreter for the peers' scripts", "/usr/bin/python3")
  .parse()
  .opts<Options>();

const machine = describeMachine();
console.log(`${machine.processor}, ${machine.cores} cores; Node ${machine.node}; nodegrad on ${machine.target}\n`);
const tools = { python: options.python, peak: compilePeak() };
const results: Result[] = [];
for (const group of groups) {
  const cases = group.cases(options.threads).filter(({ name }) => `${group.name} ${name}`.includes(options.filter));
  const rows: Result[] = [];
  for (const contest of cases) {
    process.stderr.write(`${group.name}: ${contest.name}, ${contest.threads} thread(s)\n`);
    rows.push(await runCase(group, contest, options.quick ? QUICK : FULL, tools));
  }
  if (rows.length > 0) console.log(`${formatGroup(group, rows)}\n`);
  results.push(...rows);
}
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

function describeMachine() {
  const { version, target } = info();
  return { processor: cpus()[0]?.model ?? "?", cores: cpus().length, node: process.version, version, target };
}

/** The program that measures the machine; without a C compiler shares of the peak are left out. */
function compilePeak(): string | undefined {
  // Compiled benchmarks lie in build-examples/bench.
  const source = fileURLToPath(new URL("../../bench/harness/peak.c", import.meta.url));
  const binary = fileURLToPath(new URL("harness/peak", import.meta.url));
  try {
    execFileSync("cc", ["-O3", "-march=native", "-pthread", "-o", binary, source], { stdio: "pipe" });
    return binary;
  } catch (error) {
    console.log(`absent: peak of the machine: ${error instanceof Error ? error.message.split("\n")[0] : error}\n`);
    return undefined;
  }
}

function threadList(text: string): number[] {
  const list = text.split(",").map(Number);
  if (list.every((count) => Number.isInteger(count) && count >= 1 && count <= 256)) return list;
  throw new InvalidArgumentError("expected integers from 1 to 256, separated by commas");
}
