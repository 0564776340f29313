/** Checks shared by the options of data sets and loaders. */

import { hasMemory } from "../dtype.js";
import { IndexError, OptionError, show } from "../errors.js";

/**
 * An integer option.
 *
 * @throws {OptionError} unless `min ≤ value ≤ max`.
 */
export function checkInteger(op: string, option: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw new OptionError(`${op}: option "${option}" must be an integer in [${min}, ${max}], got ${show(value)}`);
}

/**
 * A seed of `Random`.
 *
 * @throws {OptionError} unless it is a non-negative safe integer.
 */
export function checkSeed(op: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new OptionError(`${op}: option "seed" must be a non-negative safe integer, got ${show(value)}`);
}

/**
 * A boolean option.
 *
 * @throws {OptionError} for anything else.
 */
export function checkBoolean(op: string, option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new OptionError(`${op}: option "${option}" must be true or false, got ${show(value)}`);
}

/**
 * A number in a range, ends included.
 *
 * @throws {OptionError} unless `min ≤ value ≤ max`.
 */
export function checkNumber(op: string, option: string, value: unknown, min: number, max: number): number {
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw new OptionError(`${op}: option "${option}" must be a number in [${min}, ${max}], got ${show(value)}`);
}

/**
 * A function that the caller gives.
 *
 * @throws {OptionError} for anything else.
 */
export function checkFunction(op: string, option: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new OptionError(`${op}: option "${option}" must be a function, got ${show(value)}`);
}

/**
 * Positions of examples.
 *
 * @throws {OptionError} for anything but an `Int32Array`, {IndexError} for one outside `[0, count)`.
 */
export function checkIndices(op: string, indices: Int32Array, count: number): void {
  if (!(indices instanceof Int32Array))
    throw new OptionError(`${op}: indices must be an Int32Array, got ${show(indices)}`);
  if (!hasMemory(indices)) throw new OptionError(`${op}: the buffer of the indices is detached`);
  indices.forEach((index, position) => {
    if (index >= 0 && index < count) return;
    throw new IndexError(`${op}: index out of range: ${index} at position ${position}; expected [0, ${count})`);
  });
}
