/** What a case gave. */

import type { Level, Limit, Target } from "./case.js";
import type { Summary } from "./statistics.js";

/** Seconds a unit of a peer. */
export interface PeerSummary extends Summary {
  readonly version: string;
}

/** What a case gave. */
export interface Result {
  readonly level: Level;
  readonly group: string;
  readonly case: string;
  readonly threads: number;
  readonly unit: string;
  readonly flops: number | undefined;
  readonly bytes: number | undefined;
  readonly target: Target | undefined;
  /** Seconds a unit; undefined where nodegrad itself could not run. */
  readonly nodegrad: Summary | undefined;
  /** By name, the reference backend among them. */
  readonly peers: Readonly<Record<string, PeerSummary>>;
  /** The fastest of them; undefined without peers. */
  readonly bestPeer: string | undefined;
  readonly limit: Limit | undefined;
  /** Seconds a unit would take at the limit, as measured in the same rounds. */
  readonly limitSeconds: number | undefined;
  /** The limit's time over nodegrad's, round by round. */
  readonly share: Summary | undefined;
  /** nodegrad's time over the best peer's, round by round. */
  readonly ratio: Summary | undefined;
  /** Contestants that did not start, and why. */
  readonly absent: Readonly<Record<string, string>>;
}
