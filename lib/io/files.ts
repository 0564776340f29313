/** Whole files in and out, with errors that name the operation and the path. */

import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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
 * system), reach the disk, and then take the name.
 *
 * @param op Name of the public function, for the message.
 * @throws {OptionError} when the folder is missing or cannot be written; `cause` is the system's error.
 */
export async function writeAtomically(op: string, path: string, bytes: Uint8Array): Promise<void> {
  try {
    const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
    try {
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw cause;
    }
  } catch (cause) {
    throw new OptionError(`${op}: cannot write file: ${show(path)} (${reason(cause)})`, { cause });
  }
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
