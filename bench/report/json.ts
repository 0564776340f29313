/** Results for programs. */

import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Machine } from "../harness/machine.js";
import type { Result } from "../harness/result.js";
import type { Summary } from "../harness/statistics.js";

/** Seconds a unit. */
interface Times {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A case in the file of `--json`; docs/benchmarks.md says what is what. */
export interface Row {
  readonly case: string;
  readonly threads: number;
  readonly unit: string;
  readonly nodegrad: Times | null;
  readonly limit: number | null;
  readonly peers: Readonly<Record<string, { readonly version: string } & Times>>;
}

export function toRow(result: Result): Row {
  const peers = Object.entries(result.peers).map(([name, peer]) => [name, { version: peer.version, ...times(peer) }]);
  return {
    case: `${result.group}: ${result.case}`,
    threads: result.threads,
    unit: result.unit,
    nodegrad: result.nodegrad === undefined ? null : times(result.nodegrad),
    limit: result.limitSeconds === undefined ? null : round(result.limitSeconds),
    peers: Object.fromEntries(peers),
  };
}

function times({ median, min, max }: Summary): Times {
  return { median: round(median), min: round(min), max: round(max) };
}

/** To the digits that a measurement has. */
function round(value: number): number {
  return Number(value.toPrecision(5));
}

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
