/** Trained classifiers of images as files: parameters, and all it takes to use them. */

import { createHash } from "node:crypto";
import type { ImageSize, Normalisation } from "../data/index.js";
import { FormatError } from "../index.js";
import { encodeSafetensors, loadSafetensorsMetadata, saveSafetensors } from "../io/index.js";
import type { Sequential } from "../nn/index.js";
import { inputOf, modelOf, models } from "./models.js";

/** A model and what it takes to use it. */
export interface Classifier {
  /** What commands know the model under. */
  readonly name: string;
  readonly model: Sequential;
  /** The images it takes. */
  readonly input: ImageSize & { readonly channels: 1 | 3 };
  /** What it takes brightness as. */
  readonly normalise: Normalisation;
  /** What its outputs mean, `[classes]`. */
  readonly classNames: readonly string[];
  /** What commands know the data under that it has learnt from. */
  readonly dataset: string;
}

const FORMAT = "nodegrad classifier 1";

/** The description of a classifier as metadata of a safetensors file. */
function metadataOf({ name, input, normalise, classNames, dataset }: Classifier): Record<string, string> {
  const fields = { imageSize: input.rows, mean: normalise.mean, std: normalise.std, classNames };
  const texts = Object.entries(fields).map(([field, value]) => [field, JSON.stringify(value)]);
  return { format: FORMAT, model: name, dataset, ...Object.fromEntries(texts) };
}

/** SHA-256 of the file that `saveClassifier` writes, in hexadecimal. */
export function hashClassifier(classifier: Classifier): string {
  return createHash("sha256")
    .update(encodeSafetensors(classifier.model.state(), metadataOf(classifier)))
    .digest("hex");
}

/** Writes parameters and description; the file appears complete or not at all. */
export async function saveClassifier(path: string, classifier: Classifier): Promise<void> {
  await saveSafetensors(path, classifier.model.state(), metadataOf(classifier));
}

/**
 * Reads a classifier.
 *
 * @throws {OptionError} when the file cannot be read.
 * @throws {FormatError} when it is corrupt, or holds no classifier of a known model.
 */
export async function loadClassifier(path: string): Promise<Classifier> {
  const fail = (problem: string): never => {
    throw new FormatError(`loadClassifier: ${problem}: ${JSON.stringify(path)}`);
  };
  const metadata = await loadSafetensorsMetadata(path);
  const { format, model: name = "", dataset = "" } = metadata;
  if (format !== FORMAT) fail("not a model that nodegrad train has saved");
  if (!Object.hasOwn(models, name)) fail(`unknown model ${JSON.stringify(name)}`);
  const read = <T>(field: string, isRight: (value: unknown) => value is T): T => {
    try {
      const value: unknown = JSON.parse(metadata[field] ?? "");
      if (isRight(value)) return value;
    } catch {} // it is no JSON
    return fail(`${field} is missing or corrupt`);
  };
  const isSize = (value: unknown): value is number => Number.isInteger(value);
  const isNames = (value: unknown): value is string[] =>
    Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === "string");
  const classNames = read("classNames", isNames);
  const input = readInput(name, read("imageSize", isSize), fail);
  const isOfChannels = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length === input.channels && value.every(Number.isFinite);
  const isPositive = (value: unknown): value is number[] => isOfChannels(value) && value.every((one) => one > 0);
  const normalise = { mean: read("mean", isOfChannels), std: read("std", isPositive) };
  const model = modelOf(name).make({ classes: classNames.length, seed: 0 });
  await model.load(path);
  return { name, model, input, normalise, classNames, dataset };
}

/** The images that a model takes, of which the file tells the size. */
function readInput(name: string, size: number, fail: (problem: string) => never): Classifier["input"] {
  try {
    return inputOf(name, size);
  } catch (cause) {
    return fail((cause as Error).message);
  }
}
