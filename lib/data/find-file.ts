/** Where the files of a data set are, whatever they are called. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, OptionError, show } from "../errors.js";

/** Which part of a data set. */
export type Split = "train" | "test";

/** Options of loaders of data sets in two parts. */
export interface SplitOptions {
  /** The images to train on (the default), or those to test on. */
  split?: Split;
}

/**
 * The part that is asked for.
 *
 * @throws {OptionError} for another option, or another part than these two.
 */
export function checkSplit(op: string, options: SplitOptions): Split {
  checkOptions(op, options, ["split"]);
  const { split = "train" } = options;
  if (split === "train" || split === "test") return split;
  throw new OptionError(`${op}: option "split" must be "train" or "test", got ${show(split)}`);
}

/**
 * The folders that a data set may lie in: the one given, and those inside it of the names it goes by.
 *
 * @throws {OptionError} when `dir` is no string.
 */
export function foldersOf(op: string, dir: unknown, names: readonly string[]): string[] {
  if (typeof dir !== "string") throw new OptionError(`${op}: dir must be a string, got ${show(dir)}`);
  return [dir, ...names.map((name) => join(dir, name))];
}

/** The first file that exists of the names in the folders, or undefined. */
export async function findFile(folders: readonly string[], names: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      // Some unpackers make a folder of that name around the file.
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile()) return path;
    }
  }
  return undefined;
}

/** The error when a file is not there. */
export function notFound(op: string, what: string, folders: readonly string[], names: readonly string[]): OptionError {
  return new OptionError(`${op}: no ${what} file in ${folders.map(show).join(" or ")}: looked for ${names.join(", ")}`);
}
