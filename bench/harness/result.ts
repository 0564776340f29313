/** What a case gave. */

import type { Level, Limit, Target } from "./case.js";
import type { Summary } from "./statistics.js";

/** Seconds a unit of a contestant. */
export interface Times extends Summary {
  /** As the contestant reports it. */
  readonly version: string;
  /** The limit's time over the contestant's, round by round; undefined without a limit. */
  readonly share: Summary | undefined;
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
  readonly nodegrad: Times | undefined;
  /** By name, the reference backend among them. */
  readonly peers: Readonly<Record<string, Times>>;
  /** The fastest of them; undefined without peers. */
  readonly bestPeer: string | undefined;
  readonly limit: Limit | undefined;
  /** Seconds a unit would take at the limit, as measured in the same rounds. */
  readonly limitSeconds: number | undefined;
  /** nodegrad's time over the best peer's, round by round. */
  readonly ratio: Summary | undefined;
  /** Contestants that did not start, and why. */
  readonly absent: Readonly<Record<string, string>>;
}
