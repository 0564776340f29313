/** How closely convolutions are computed. */

import { OptionError, show } from "../errors.js";
import { ACCURACIES, type Accuracy } from "../program/opcodes.js";

export type { Accuracy } from "../program/opcodes.js";

let chosen: Accuracy | undefined;

/** @throws {OptionError} unless `value` is one of the two; `what` is what it was given for. */
export function checkAccuracy(what: string, value: unknown): Accuracy {
  const accuracy = ACCURACIES.find((name) => name === value);
  if (accuracy !== undefined) return accuracy;
  throw new OptionError(`${what} must be "fast" or "strict", got ${show(value)}`);
}

/**
 * Sets how closely convolutions are computed that do not say so themselves (the option `accuracy` of `conv2d`), from
 * now on: those made before keep theirs, and so do compiled functions.
 *
 * - `"fast"` lets a backend rearrange sums where that is faster and the error stays within ten times that of the sums
 *   as they are defined, for data of unit variance (Winograd's algorithm, for 3×3 windows). What is not finite then
 *   spreads to up to three neighbouring results.
 * - `"strict"` has every result computed as the one sum that defines it.
 *
 * Without a call, it is what `NODEGRAD_ACCURACY` says, else `"fast"`.
 *
 * @throws {OptionError} for anything else.
 */
export function setAccuracy(accuracy: Accuracy): void {
  chosen = checkAccuracy("setAccuracy: accuracy", accuracy);
}

/**
 * How closely convolutions are computed that do not say so themselves.
 *
 * @throws {OptionError} when `NODEGRAD_ACCURACY` is neither `fast` nor `strict`.
 */
export function getAccuracy(): Accuracy {
  chosen ??= checkAccuracy("NODEGRAD_ACCURACY:", process.env.NODEGRAD_ACCURACY ?? "fast");
  return chosen;
}
