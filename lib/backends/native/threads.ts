/** How many threads to use. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

/** Most threads a run may use; the addon's own limit. */
export const MAX_THREADS = 256;

/**
 * The default number of threads: the processors this process may run on, or fewer where a container has a
 * smaller share of time. More threads than that share would spend part of every period stopped.
 */
export function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(cgroupQuota()), MAX_THREADS));
}

/**
 * Processors' worth of time that Linux allows this process: the least that its control groups and those above them say, in
 * either version; Infinity without a limit.
 *
 * @param root Where the file systems of the system lie; a test makes its own.
 */
export function cgroupQuota(root = "/"): number {
  let least = Number.POSITIVE_INFINITY;
  // "0::/path" of version 2, "4:cpu,cpuacct:/path" of version 1. A container may not see the path, only the top as its own.
  for (const line of (textOf(join(root, "proc/self/cgroup")) ?? "0::/").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || !(controllers === "" || controllers?.split(",").includes("cpu"))) continue;
    const top = join(root, "sys/fs/cgroup", controllers === "" ? "" : "cpu");
    for (let group = path; ; group = dirname(group)) {
      least = Math.min(least, quotaOf(join(top, group), controllers === ""));
      if (group === dirname(group)) break;
    }
  }
  return least;
}

/** What one group says: microseconds of processor time per period, "150000 100000", or "max" and −1 for no limit. */
function quotaOf(folder: string, isVersion2: boolean): number {
  const names = isVersion2 ? ["cpu.max"] : ["cpu.cfs_quota_us", "cpu.cfs_period_us"];
  const words = names.map((name) => textOf(join(folder, name))?.trim()).join(" ");
  const [quota, period] = words.split(" ").map(Number) as [number, number];
  const processors = quota / period;
  return processors > 0 ? processors : Number.POSITIVE_INFINITY;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
