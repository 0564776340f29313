/** Kernels that memory bounds: they touch every element once or twice, and do little with it. */

import { type Case, type Contestant, type Group, nodegrad, type Runner, type Target } from "../../harness/case.js";

/** One such kernel. */
export interface Sweep {
  readonly name: string;
  /** That must be read and written at least. */
  readonly bytes: number;
  /** Whether it writes as much as it reads, about, or almost nothing. */
  readonly limit: "copy" | "read";
  readonly target?: Target;
  readonly quick?: boolean;
  readonly start: () => Runner;
  readonly peers: readonly Contestant[];
}

/** Outputs larger than this are worth storing past the caches. */
const LARGE_BYTES = 32 * 2 ** 20;
/** Bytes that the reference backend can be asked for. */
const SLOW_BYTES = 2 ** 20;

export function sweepGroup(name: string, sweeps: readonly Sweep[]): Group {
  return {
    level: "kernels",
    name,
    cases: (threads) => threads.flatMap((count) => sweeps.map((sweep) => sweepCase(sweep, count))),
  };
}

function sweepCase({ limit, start, peers, ...sweep }: Sweep, threads: number): Case {
  return {
    ...sweep,
    unit: "sweep",
    threads,
    limit: limit === "copy" && sweep.bytes > LARGE_BYTES ? "stream" : limit,
    contestants: [...nodegrad(start, { reference: sweep.bytes < SLOW_BYTES && threads === 1 }), ...peers],
  };
}
