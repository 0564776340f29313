/** What the environment says, read once. */

import { OptionError, show } from "../errors.js";

/** Choices of `NODEGRAD_BACKEND`. */
const BACKEND_CHOICES = ["auto", "native", "reference"];

/** Choices of `NODEGRAD_TARGET`. */
const TARGETS = ["base", "avx2", "avx512", "neon"];

function readTarget(): string | undefined {
  const target = process.env.NODEGRAD_TARGET;
  if (target === undefined || TARGETS.includes(target)) return target;
  throw new OptionError(`NODEGRAD_TARGET: must be one of ${TARGETS.join(", ")}, got ${show(target)}`);
}

function readDebugLevel(): number {
  const text = process.env.NODEGRAD_DEBUG ?? "0";
  const level = Number(text);
  if (text.trim() === "" || !Number.isInteger(level) || level < 0) {
    throw new OptionError(`NODEGRAD_DEBUG: must be a non-negative integer, got ${show(text)}`);
  }
  return level;
}

export interface Config {
  /** `NODEGRAD_BACKEND`: `auto` (default) takes the native backend where it loads, else the reference. */
  readonly backend: string;
  /** `NODEGRAD_TARGET`: the instruction set of the native backend; the best one if undefined. */
  readonly target: string | undefined;
  /**
   * `NODEGRAD_DEBUG`: 1 prints the arena of each compilation and warns of double work, 2 adds the graph and its groups,
   * 3 the schedule, 4 the Program and how it runs.
   */
  readonly debug: number;
}

let config: Config | undefined;

/** @throws {OptionError} when a variable has a value it cannot have. */
export function getConfig(): Config {
  if (config === undefined) {
    const backend = process.env.NODEGRAD_BACKEND ?? "auto";
    if (!BACKEND_CHOICES.includes(backend)) {
      throw new OptionError(`NODEGRAD_BACKEND: must be one of ${BACKEND_CHOICES.join(", ")}, got ${show(backend)}`);
    }
    config = { backend, target: readTarget(), debug: readDebugLevel() };
  }
  return config;
}
