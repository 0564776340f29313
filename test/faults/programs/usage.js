/** What this process has in use, as far as the system tells. */

import { readdirSync, readFileSync } from "node:fs";

/** Whether the addon is in memory. */
export function hasAddon() {
  return readFileSync("/proc/self/maps", "utf8").includes("nodegrad.node");
}

/** Threads, open files, resident bytes; of the first two 0 where there is no /proc. */
export function usage() {
  globalThis.gc?.();
  const rss = process.memoryUsage.rss();
  try {
    const threads = Number(/^Threads:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
    return { threads, files: readdirSync("/proc/self/fd").length, rss };
  } catch {
    return { threads: 0, files: 0, rss };
  }
}
