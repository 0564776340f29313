/** The benchmarks: `npm run bench -- --help` in a checkout, `npx nodegrad bench --help` elsewhere. */

import { writeFileSync } from "node:fs";
import { info } from "nodegrad";
import { groups } from "./cases/index.js";
import type { Case, Group } from "./harness/case.js";
import { Workshop } from "./harness/commands.js";
import { type Effort, runCase } from "./harness/contest.js";
import { describeMachine, formatMachine } from "./harness/machine.js";
import { HISTORY, type Options, parseOptions } from "./harness/options.js";
import type { Result } from "./harness/result.js";
import { formatThreads } from "./report/format.js";
import { keepRun } from "./report/history.js";
import { toRow } from "./report/json.js";
import { formatMarkdown } from "./report/markdown.js";
import { formatPage, type Run } from "./report/page.js";
import { formatAbsent, formatGroup, formatSummary } from "./report/table.js";

const FULL: Effort = {
  rounds: 11,
  turnSeconds: 0.1,
  patienceSeconds: 20,
  reference: true,
  peers: Number.POSITIVE_INFINITY,
};
const QUICK: Effort = { rounds: 4, turnSeconds: 0.03, patienceSeconds: 10, reference: false, peers: 1 };

/** The cases that the options ask for, by group. */
function chooseCases({ filter, threads, quick }: Options): (readonly [group: Group, cases: readonly Case[]])[] {
  const words = filter.toLowerCase();
  const isChosen = (group: Group, contest: Case) =>
    (contest.quick || !quick) && `${group.level} ${group.name}: ${contest.name}`.toLowerCase().includes(words);
  return groups
    .map((group) => [group, group.cases(threads).filter((contest) => isChosen(group, contest))] as const)
    .filter(([, cases]) => cases.length > 0);
}

/** Runs all cases, prints a table for each group, and yields what is known after it. */
async function* runAll(
  chosen: ReturnType<typeof chooseCases>,
  { quick, rounds, python }: Options,
): AsyncGenerator<Result[]> {
  const workshop = new Workshop(python);
  const usual = quick ? QUICK : FULL;
  const effort = { ...usual, rounds: rounds ?? usual.rounds };
  const total = chosen.flatMap(([, cases]) => cases).length;
  const start = performance.now();
  const results: Result[] = [];
  for (const [group, cases] of chosen) {
    const rows: Result[] = [];
    for (const contest of cases) {
      const done = results.length + rows.length;
      const minutes = done === 0 ? 0 : ((performance.now() - start) / 60_000 / done) * (total - done);
      const position = `${done + 1}/${total}${minutes >= 1 ? ` (${minutes.toFixed(0)} min left)` : ""}`;
      process.stderr.write(`${position} ${group.name}: ${contest.name}, ${formatThreads(contest.threads)}\n`);
      rows.push(await runCase(group, contest, effort, workshop));
    }
    const title = group.name === group.level ? group.name : `${group.level}: ${group.name}`;
    console.log(`\n${title}\n\n${formatGroup(rows)}`);
    results.push(...rows);
    yield results;
  }
}

// Contestants and what was compiled for them end with this process, and it ends when asked to.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
// A reader that has seen enough (`nodegrad bench | head`) is no error: the files are written all the same.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const { backend, threads } = info();
const { options, fail } = parseOptions(threads);
const chosen = chooseCases(options);
if (chosen.length === 0) {
  fail(`--filter: no case contains "${options.filter}"; groups are ${groups.map(({ name }) => name).join(", ")}`);
}
if (backend !== "native") fail("the native backend is not in use, and it is what is measured: see `nodegrad info`");

const machine = describeMachine();
console.log(formatMachine(machine));
const { quick, html, json, markdown, keep } = options;
let results: Result[] = [];
for await (results of runAll(chosen, options)) {
  // After every group: what is interrupted has not been in vain.
  const run: Run = { date: new Date().toISOString(), machine, quick, results };
  writeFileSync(html, formatPage(run));
  if (markdown !== undefined) writeFileSync(markdown, formatMarkdown(run));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results.map(toRow), null, 2)}\n`);
}
console.log(["", formatSummary(results), "", ...formatAbsent(results), `charts: ${html}`].join("\n"));
if (keep !== undefined) {
  const note = keep === true ? undefined : keep;
  keepRun(HISTORY, { date: new Date().toISOString(), note, quick, machine, results: results.map(toRow) });
}
if (results.some(({ nodegrad }) => nodegrad === undefined)) process.exitCode = 1;
