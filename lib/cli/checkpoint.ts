/** Trained models as files. */

import { createHash } from "node:crypto";
import { access, constants, stat } from "node:fs/promises";
import { dirname, sep } from "node:path";
import { FormatError, OptionError } from "../index.js";
import { encodeSafetensors, loadSafetensors, saveSafetensors } from "../io/index.js";
import { lenet5 } from "../models/index.js";
import type { Module } from "../nn/index.js";

/** Models by the name that commands and files know them under. */
export const models: Readonly<Record<string, (options: { readonly seed?: number }) => Module>> = { lenet5 };

/** SHA-256 of the file that `saveModel` writes, in hexadecimal. */
export function hashModel(name: string, model: Module): string {
  return createHash("sha256")
    .update(encodeSafetensors(model.state(), { model: name }))
    .digest("hex");
}

/** Writes a model's parameters and its name; the file appears complete or not at all. */
export async function saveModel(path: string, name: string, model: Module): Promise<void> {
  await saveSafetensors(path, model.state(), { model: name });
}

/**
 * Finds out before a training, not after it, whether its model can be saved.
 *
 * @throws {OptionError} when the folder is missing or cannot be written, or `path` is no name for a file.
 */
export async function checkSavePath(path: string): Promise<void> {
  const reason = await whyNotWritable(path);
  if (reason !== undefined) {
    throw new OptionError(`saveModel: cannot write file: ${JSON.stringify(path)} (${reason})`);
  }
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

/**
 * Reads a model.
 *
 * @throws {OptionError} when the file cannot be read.
 * @throws {FormatError} when it is corrupt, or holds no model of a known name.
 */
export async function loadModel(path: string): Promise<{ name: string; model: Module }> {
  const { tensors, metadata } = await loadSafetensors(path);
  const name = metadata.model ?? "";
  const make = Object.hasOwn(models, name) ? models[name] : undefined;
  if (make === undefined) {
    const known = Object.keys(models).join(", ");
    throw new FormatError(
      `loadModel: unknown model ${JSON.stringify(name)} in ${JSON.stringify(path)}; known: ${known}`,
    );
  }
  const model = make({ seed: 0 });
  model.loadState(tensors);
  return { name, model };
}
