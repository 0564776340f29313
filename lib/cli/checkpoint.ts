/** Trained models as files. */

import { createHash } from "node:crypto";
import { FormatError } from "../index.js";
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
