/** Files of one writer: their names tell whose they are, so that others know them from what a killed one left behind. */

import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";

/** Names of the files that this thread has in use. */
const inUse = new Set<string>();

/** How the names of files beside a path begin on this host; the process and its thread follow. */
function prefixOf(path: string): string {
  return `.${basename(path)}.${hostname()}.`;
}

/**
 * Lets `use` have a file of its own beside a path, in the same folder; a rename is atomic only within one file system.
 * What is still there afterwards is removed.
 *
 * @param ending What the file's name ends in.
 */
export async function withOwnFile<T>(path: string, ending: string, use: (own: string) => Promise<T>): Promise<T> {
  const name = `${prefixOf(path)}${process.pid}.${threadId}.${randomUUID().slice(0, 8)}${ending}`;
  const own = join(dirname(path), name);
  inUse.add(name);
  try {
    return await use(own);
  } finally {
    await rm(own, { force: true }).catch(() => {});
    inUse.delete(name);
  }
}

/** The files beside a path of writers that run no more. */
export async function leftoversOf(path: string, ending: string): Promise<string[]> {
  const prefix = prefixOf(path);
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith(ending) && !inUse.has(name))
    .filter((name) => {
      const [pid, thread] = name.slice(prefix.length).split(".").map(Number) as [number, number];
      // A restarted container often has the process number of the one that was killed.
      return pid === process.pid ? thread === threadId : !isRunning(pid);
    })
    .map((name) => join(dirname(path), name));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
