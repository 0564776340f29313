/** How much memory a process has asked for, whether it has used it or not. */

import { readFileSync } from "node:fs";

/** What a small file may make a reader ask for: its buffers, the best compression there is, and some for the machine. */
export const MOST_BYTES = 2 ** 28;

/** The same where files are read: each thread that the system does that on reserves up to 128 MB of addresses. */
export const MOST_BYTES_OF_FILES = 2 ** 30;

const STATUS = "/proc/self/status";

/** Most bytes of addresses that this process has had at any time; 0 where the system does not tell (all but Linux). */
export function peakBytes(): number {
  if (process.platform !== "linux") return 0;
  const [, kilobytes] = /^VmPeak:\s+(\d+) kB/m.exec(readFileSync(STATUS, "latin1")) ?? [];
  return Number(kilobytes) * 1024;
}
