/** Trainings as files: everything it takes to go on as if nothing had happened. */

import { checkInteger } from "../data/check.js";
import { FormatError, OptionError, show } from "../errors.js";
import { loadSafetensors, saveSafetensors, type TensorData } from "../io/index.js";
import { type RandomState, randomState, setRandomState } from "../ops/index.js";
import type { Stateful } from "./callback.js";

/** Where a training is. */
export interface Position {
  /** Epochs done. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
  /** Of the training: see `fit`. */
  readonly seed: number;
}

const FORMAT = "nodegrad checkpoint 1";

/**
 * Writes a checkpoint: a safetensors file with the states of the parts, `model.conv1.weight`, and as metadata the
 * position and where the default generator of random numbers stands. The file appears complete or not at all.
 *
 * @param parts By name, which has no dot: model, optimiser and what else has a state.
 * @throws {OptionError} when the file cannot be written.
 */
export async function saveCheckpoint(
  path: string,
  parts: Readonly<Record<string, Stateful>>,
  position: Position,
): Promise<void> {
  checkParts("saveCheckpoint", parts);
  const tensors: Record<string, TensorData> = {};
  for (const [part, stateful] of Object.entries(parts)) {
    for (const [name, value] of Object.entries(stateful.state())) tensors[`${part}.${name}`] = value;
  }
  const { epoch, step, seed } = position ?? {};
  for (const [name, value] of Object.entries({ epoch, step, seed })) {
    checkInteger("saveCheckpoint", name, value, 0, Number.MAX_SAFE_INTEGER);
  }
  const metadata = { format: FORMAT, epoch: `${epoch}`, step: `${step}`, seed: `${seed}` };
  await saveSafetensors(path, tensors, { ...metadata, random: randomState().join() });
}

/**
 * Reads a checkpoint into the parts, and puts the default generator of random numbers where it stood.
 *
 * @param parts Those that were saved, by the same names.
 * @param seed The seed that the training must have had (default: any).
 * @returns Where the training was.
 * @throws {OptionError} when the file cannot be read, or the seed is another.
 * @throws {FormatError} when it is corrupt, no checkpoint, or does not fit the parts.
 */
export async function loadCheckpoint(
  path: string,
  parts: Readonly<Record<string, Stateful>>,
  seed?: number,
): Promise<Position> {
  const fail = (problem: string): never => {
    throw new FormatError(`loadCheckpoint: ${problem}: ${show(path)}`);
  };
  checkParts("loadCheckpoint", parts);
  const { tensors, metadata } = await loadSafetensors(path);
  if (metadata.format !== FORMAT) fail(`not a checkpoint, its format is ${show(metadata.format)}`);
  const states = Object.fromEntries(Object.keys(parts).map((part) => [part, emptyRecord()]));
  for (const [path, value] of Object.entries(tensors)) {
    const [part = ""] = path.split(".", 1);
    const state = Object.hasOwn(states, part) ? states[part] : fail(`there is no part for ${show(path)}`);
    (state as Record<string, TensorData>)[path.slice(part.length + 1)] = value;
  }
  const integers = (text = "") => {
    const values = text.split(",").map((word) => (/^-?\d+$/.test(word) ? Number(word) : Number.NaN));
    return values.every(Number.isSafeInteger) ? values : fail(`no integer in its metadata: ${show(text)}`);
  };
  const count = (text: string | undefined) => {
    const [value = -1, ...others] = integers(text);
    return value >= 0 && others.length === 0 ? value : fail(`no count in its metadata: ${show(text)}`);
  };
  const [epoch, step, saved] = [count(metadata.epoch), count(metadata.step), count(metadata.seed)];
  const random = integers(metadata.random);
  if (random.length !== 2 || random.some((word) => (word | 0) !== word)) {
    fail(`no state of random numbers in its metadata: ${show(metadata.random)}`);
  }
  if (seed !== undefined && saved !== seed) {
    throw new OptionError(`loadCheckpoint: ${show(path)} is of a training with seed ${saved}, got ${seed}`);
  }
  for (const [part, stateful] of Object.entries(parts)) stateful.loadState(states[part] ?? {});
  setRandomState(random as unknown as RandomState);
  return { epoch, step, seed: saved };
}

/** Without a prototype: any name is safe as a key. */
function emptyRecord(): Record<string, TensorData> {
  return Object.create(null);
}

function checkParts(op: string, parts: Readonly<Record<string, Stateful>>): void {
  if (typeof parts !== "object" || parts === null) {
    throw new OptionError(`${op}: needs parts by name, such as { model, optimizer }, got ${show(parts)}`);
  }
  for (const [name, part] of Object.entries(parts)) {
    if (typeof part?.state === "function" && typeof part.loadState === "function") continue;
    throw new OptionError(`${op}: ${show(name)} must have state() and loadState(), got ${show(part)}`);
  }
}

/** Whether nothing can be read at a path because there is no file, as before the first checkpoint. */
export function isMissing(error: unknown): boolean {
  return error instanceof OptionError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
}
