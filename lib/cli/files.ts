/** Files that a command will write. */

import { access, constants, stat } from "node:fs/promises";
import { dirname, sep } from "node:path";
import { OptionError } from "../index.js";

/**
 * Finds out before a long work, not after it, whether what it gives can be saved.
 *
 * @param option What the path was given as, for the message.
 * @throws {OptionError} when the folder is missing or cannot be written, or `path` is no name for a file.
 */
export async function checkWritable(option: string, path: string): Promise<void> {
  const reason = await whyNotWritable(path);
  if (reason !== undefined) throw new OptionError(`${option}: cannot write file: ${JSON.stringify(path)} (${reason})`);
}

async function whyNotWritable(path: string): Promise<string | undefined> {
  const folder = dirname(path);
  const [parent, target] = await Promise.all([folder, path].map((name) => stat(name).catch(() => undefined)));
  if (!parent?.isDirectory()) return `there is no folder ${JSON.stringify(folder)}`;
  if (path === "" || path.endsWith("/") || path.endsWith(sep) || target?.isFile() === false) return "not a file";
  const may = constants.W_OK | constants.X_OK;
  return access(folder, may).then(
    () => undefined,
    () => `no permission to write to the folder ${JSON.stringify(folder)}`,
  );
}
