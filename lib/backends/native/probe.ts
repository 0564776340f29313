/**
 * A program of its own: loads one binary, or the first candidate that works, and prints what came of it as JSON. Exit
 * code 0 where one works. A binary that crashes ends this process, and not the one that asks.
 */

import { type LoadFailure, loadAddon } from "./loader.js";

/** What the program prints. */
export interface Probe {
  /** The binary that works, if one does. */
  readonly path?: string;
  /** The instruction set that it computes with. */
  readonly target?: string;
  /** The instruction sets that this machine can run, best first. */
  readonly targets?: readonly string[];
  /** What does not work. */
  readonly errors: readonly LoadFailure[];
}

const [path] = process.argv.slice(2);
const result = loadAddon(path === undefined ? undefined : [path]);
const works = "addon" in result;
const probe: Probe = works
  ? { path: result.path, target: result.addon.target, targets: result.addon.targets, errors: result.errors }
  : result;
process.stdout.write(`${JSON.stringify(probe)}\n`);
process.exitCode = works ? 0 : 1;
