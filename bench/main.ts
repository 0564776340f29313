/**
 * Measures nodegrad, beside its peers where they are installed: `npm run bench -- --help`.
 */

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { info } from "nodegrad";
import { groups } from "./cases/index.js";
import { Workshop } from "./harness/commands.js";
import { type Effort, runCase } from "./harness/contest.js";
import type { Result } from "./harness/result.js";
import { formatAbsent, formatTable } from "./harness/table.js";

const FULL: Effort = { rounds: 15, turnSeconds: 0.2, peers: Number.POSITIVE_INFINITY };
const QUICK: Effort = { rounds: 5, turnSeconds: 0.05, peers: 1 };

interface Options {
  readonly filter: string;
  readonly threads: readonly number[];
  readonly quick?: boolean;
  readonly json?: string;
  readonly python: string;
}

const options = new Command("bench")
  .option("--filter <text>", "only cases whose level, group and name contain this", "")
  .option("--threads <list>", "numbers of threads, e.g. 1,2", threadList, [1, 2])
  .option("--quick", "short turns and few rounds of chosen cases: to see that everything runs")
  .option("--json <file>", "also write the results to a file")
  .option("--python <path>", "interpreter for the peers' scripts", "/usr/bin/python3")
  .parse()
  .opts<Options>();

const machine = describeMachine();
console.log(`${machine.processor}, ${machine.cores} cores; Node ${machine.node}; nodegrad on ${machine.target}\n`);
const workshop = new Workshop(options.python);
const results: Result[] = [];
for (const group of groups) {
  const cases = group.cases(options.threads).filter((contest) => {
    return `${group.level} ${group.name} ${contest.name}`.includes(options.filter) && (contest.quick || !options.quick);
  });
  const rows: Result[] = [];
  for (const contest of cases) {
    process.stderr.write(`${group.name}: ${contest.name}, ${contest.threads} thread(s)\n`);
    rows.push(await runCase(group, contest, options.quick ? QUICK : FULL, workshop));
  }
  if (rows.length > 0) console.log([group.name, "", formatTable(rows), ...formatAbsent(rows), ""].join("\n"));
  results.push(...rows);
}
workshop[Symbol.dispose]();
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

function describeMachine() {
  const { version, target } = info();
  return { processor: cpus()[0]?.model ?? "?", cores: cpus().length, node: process.version, version, target };
}

function threadList(text: string): number[] {
  const list = text.split(",").map(Number);
  if (list.every((count) => Number.isInteger(count) && count >= 1 && count <= 256)) return list;
  throw new InvalidArgumentError("expected integers from 1 to 256, separated by commas");
}
