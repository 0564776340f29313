/** Files in and out, with errors that name the operation and the path. */

import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { hasMemory } from "../dtype.js";
import { FormatError, OptionError, show } from "../errors.js";
import { leftoversOf, withOwnFile } from "./own-file.js";

/**
 * The bytes of a file.
 *
 * @param op Name of the public function, for the message.
 * @throws {OptionError} when the file is missing or cannot be read; `cause` is the system's error.
 */
export async function readBytes(op: string, path: string): Promise<Uint8Array> {
  checkPath(op, path);
  try {
    return await readFile(path);
  } catch (cause) {
    throw new OptionError(`${op}: cannot read file: ${show(path)} (${reason(cause)})`, { cause });
  }
}

/** A file that is read in parts. */
export interface ReadableFile {
  /** In bytes, when it was opened. */
  readonly size: number;
  /** Fills an array with what stands from a position on. */
  read(into: Uint8Array, position: number): Promise<void>;
}

/**
 * Calls `body` with an open file, and closes it.
 *
 * @param op Name of the public function, for the message.
 * @throws {OptionError} when the file is missing or cannot be read; `cause` is the system's error.
 */
export async function withFile<T>(op: string, path: string, body: (file: ReadableFile) => Promise<T>): Promise<T> {
  checkPath(op, path);
  const attempt = async <R>(action: Promise<R>): Promise<R> => {
    try {
      return await action;
    } catch (cause) {
      throw new OptionError(`${op}: cannot read file: ${show(path)} (${reason(cause)})`, { cause });
    }
  };
  const handle = await attempt(open(path));
  try {
    const { size } = await attempt(handle.stat());
    return await body({
      size,
      async read(into, position) {
        for (let filled = 0; filled < into.length; ) {
          const { bytesRead } = await attempt(handle.read(into, filled, into.length - filled, position + filled));
          if (bytesRead === 0) failer(op, path)("truncated while it was read");
          filled += bytesRead;
        }
      },
    });
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that a reader, or a crash at any moment, sees the old content or the new, never a part.
 *
 * The bytes go to a file of their own in the same folder, reach the disk, and then take the name; at last the folder
 * reaches the disk. What earlier writers of the path left behind when they were killed is removed.
 *
 * @param content In parts, one behind the other; they must not change until the promise settles.
 * @param op Name of the public function, for the message.
 * @throws {OptionError} when the folder is missing or cannot be written; `cause` is the system's error.
 */
export async function writeAtomically(
  op: string,
  path: string,
  content: Uint8Array | readonly Uint8Array[],
): Promise<void> {
  checkPath(op, path);
  const parts = content instanceof Uint8Array ? [content] : content;
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  try {
    for (const leftover of await leftoversOf(path, ".tmp")) await rm(leftover, { force: true });
    await withOwnFile(path, ".tmp", async (own) => {
      await writeDurably(own, parts, bytes);
      await rename(own, path);
    });
    await syncFolder(dirname(path));
  } catch (cause) {
    throw new OptionError(`${op}: cannot write file: ${show(path)} (${reason(cause)})`, { cause });
  }
}

/** @throws {OptionError} for a path that is no string: a number, say, would be taken for an open file. */
export function checkPath(op: string, path: unknown): void {
  if (typeof path !== "string") throw new OptionError(`${op}: path must be a string, got ${show(path)}`);
}

/** @param bytes What the parts had together at first: a buffer that is transferred or shrunk takes them away. */
async function writeDurably(path: string, parts: readonly Uint8Array[], bytes: number): Promise<void> {
  const file = await open(path, "wx");
  try {
    for (const part of parts) await file.writeFile(part);
    const { size } = await file.stat();
    if (size !== bytes) throw new Error(`${size} of ${bytes} bytes: an array lost its memory meanwhile`);
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

/** @throws {OptionError} unless the content of a file is given as bytes, which are still there. */
export function checkBytes(op: string, bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw new OptionError(`${op}: bytes must be a Uint8Array, got ${show(bytes)}`);
  if (!hasMemory(bytes)) throw new OptionError(`${op}: the buffer of ${show(bytes)} is detached`);
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
