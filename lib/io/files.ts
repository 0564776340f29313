/** Whole files in and out, with errors that name the operation and the path. */

import { randomUUID } from "node:crypto";
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { FormatError, OptionError, show } from "../errors.js";

/**
 * The bytes of a file.
 *
 * @param op Name of the public function, for the message.
 * @throws {OptionError} when the file is missing or cannot be read; `cause` is the system's error.
 */
export async function readBytes(op: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new OptionError(`${op}: cannot read file: ${show(path)} (${reason(cause)})`, { cause });
  }
}

/**
 * Writes a file so that a reader, or a crash at any moment, sees the old content or the new, never a part.
 *
 * The bytes go to a temporary file in the same folder (a rename is atomic only within one file
 * system), reach the disk, and then take the name; at last the folder reaches the disk. What earlier writers of
 * the path left behind when they were killed is removed.
 *
 * @param op Name of the public function, for the message.
 * @throws {OptionError} when the folder is missing or cannot be written; `cause` is the system's error.
 */
export async function writeAtomically(op: string, path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = `${temporaryPrefix(path)}${process.pid}.${threadId}.${randomUUID().slice(0, 8)}.tmp`;
  writing.add(temporary);
  try {
    await removeLeftovers(path);
    try {
      await writeDurably(join(folder, temporary), bytes);
      await rename(join(folder, temporary), path);
    } catch (cause) {
      await rm(join(folder, temporary), { force: true });
      throw cause;
    }
    await syncFolder(folder);
  } catch (cause) {
    throw new OptionError(`${op}: cannot write file: ${show(path)} (${reason(cause)})`, { cause });
  } finally {
    writing.delete(temporary);
  }
}

/** Names of the temporary files that this thread is writing. */
const writing = new Set<string>();

/** How the names of temporary files for a path begin on this host; the process and its thread follow. */
function temporaryPrefix(path: string): string {
  return `.${basename(path)}.${hostname()}.`;
}

/** Removes the temporary files of writers that run no more. */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = temporaryPrefix(path);
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix) || !name.endsWith(".tmp") || writing.has(name)) continue;
    const [pid, thread] = name.slice(prefix.length).split(".").map(Number) as [number, number];
    // A restarted container often has the process number of the one that was killed.
    const isGone = pid === process.pid ? thread === threadId : !isRunning(pid);
    if (isGone) await rm(join(dirname(path), name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Brings a rename to the disk. Windows and some network file systems do not sync folders; there it is up to them. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Throws a `FormatError` about one file. */
export type Fail = (problem: string, options?: ErrorOptions) => never;

/**
 * What reports a problem of a file's content.
 *
 * @param op Name of the public function, for the message.
 * @param name What to call the file, usually its path.
 */
export function failer(op: string, name: string): Fail {
  return (problem, options) => {
    throw new FormatError(`${op}: ${problem}: ${show(name)}`, options);
  };
}

/** The short code of a system error (`ENOENT`), or else its message. */
function reason(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}
