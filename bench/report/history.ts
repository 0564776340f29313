/** Runs that are kept, one a line: what was measured when, and what of it is the newest. */

import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Group } from "../harness/case.js";
import type { Machine } from "../harness/machine.js";
import { nameOf, type Row } from "./json.js";

/** A run that is kept: one line of bench/history.jsonl. */
export interface KeptRun {
  /** When it ended, in UTC. */
  readonly date: string;
  readonly note?: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly results: readonly Row[];
}

/** Appends a run to a file, which is made with its folder if need be. */
export function keepRun(file: string, run: KeptRun): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(run)}\n`);
}

/** The runs in a file, in the order they were kept. */
export function readRuns(file: string): KeptRun[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/**
 * The newest row of each case of the groups, in their order: of runs on the machine of the last one, and not of quick ones.
 * So a group can be measured again alone.
 */
export function newestRows(runs: readonly KeptRun[], groups: readonly Group[]): Row[] {
  const machine = runs.at(-1)?.machine;
  const rows = runs
    .filter((run) => !run.quick && machine !== undefined && isSame(run.machine, machine))
    .flatMap(({ results }) => results);
  const newest = new Map(rows.map((row) => [keyOf(row), row]));
  const threads = [...new Set(rows.map((row) => row.threads))].sort((a, b) => a - b);
  return groups.flatMap((group) =>
    group.cases(threads).flatMap((contest) => {
      const row = newest.get(keyOf({ case: nameOf(group.name, contest.name), threads: contest.threads }));
      return row === undefined ? [] : [row];
    }),
  );
}

function keyOf({ case: name, threads }: Pick<Row, "case" | "threads">): string {
  return `${name}, ${threads}`;
}

/** Whether figures of two machines can stand in one table: versions of programs may differ. */
function isSame(a: Machine, b: Machine): boolean {
  return (
    a.processor === b.processor && a.processors === b.processors && a.platform === b.platform && a.target === b.target
  );
}
