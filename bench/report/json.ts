/** Results for programs. */

import type { Target } from "../harness/case.js";
import type { Result } from "../harness/result.js";
import type { Summary } from "../harness/statistics.js";

/** nodegrad's own reference backend stands among the peers, but is none. */
const REFERENCE = "reference";

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
  readonly share: number | null;
  readonly ratio: number | null;
  readonly target: Target | null;
  readonly peers: Readonly<Record<string, { readonly version: string } & Times>>;
}

/** Of a case, in all groups: `training: LeNet-5, batch 64`. */
export function nameOf(group: string, name: string): string {
  return `${group}: ${name}`;
}

export function toRow(result: Result): Row {
  const peers = Object.entries(result.peers).map(([name, peer]) => [name, { version: peer.version, ...times(peer) }]);
  return {
    case: nameOf(result.group, result.case),
    threads: result.threads,
    unit: result.unit,
    nodegrad: result.nodegrad === undefined ? null : times(result.nodegrad),
    limit: roundOrNull(result.limitSeconds),
    share: roundOrNull(result.nodegrad?.share?.median),
    ratio: roundOrNull(result.ratio?.median),
    target: result.target ?? null,
    peers: Object.fromEntries(peers),
  };
}

/** The group and the case in the name of a row. */
export function splitName({ case: name }: Row): [group: string, name: string] {
  const end = name.indexOf(": ");
  return [name.slice(0, end), name.slice(end + 2)];
}

/** The fastest peer; undefined without peers. */
export function bestPeer({ peers }: Row): string | undefined {
  const names = Object.keys(peers).filter((name) => name !== REFERENCE);
  return names.sort((a, b) => (peers[a] as Times).median - (peers[b] as Times).median)[0];
}

function times({ median, min, max }: Summary): Times {
  return { median: round(median), min: round(min), max: round(max) };
}

function roundOrNull(value: number | undefined): number | null {
  return value === undefined ? null : round(value);
}

/** To the digits that a measurement has. */
function round(value: number): number {
  return Number(value.toPrecision(5));
}
