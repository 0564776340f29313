/** How many threads to use. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Most threads a run may use; the addon's own limit. */
export const MAX_THREADS = 256;

/**
 * The default number of threads: the processors this process may run on, or fewer where a container has a
 * smaller share of time. More threads than that share would spend part of every period stopped.
 */
export function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(cgroupQuota()), MAX_THREADS));
}

/** Processors' worth of time that Linux allows this container; Infinity without a limit. */
export function cgroupQuota(): number {
  let text: string;
  try {
    text = readFileSync("/sys/fs/cgroup/cpu.max", "utf8");
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  // "max 100000", or microseconds of processor time per period: "150000 100000".
  const [quota, period] = text.trim().split(" ").map(Number) as [number, number];
  const processors = quota / period;
  return processors > 0 ? processors : Number.POSITIVE_INFINITY;
}
