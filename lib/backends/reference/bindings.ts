/** Checks that what a run binds fits the Program. */

import { type DType, dtypeInfo, hasMemory } from "../../dtype.js";
import { BackendError, show } from "../../errors.js";

/**
 * Checks one array.
 *
 * @param what Names the array in the message, e.g. `run: input 2`.
 * @param length The least number of elements it must have. A detached array has none.
 * @throws {BackendError} when the class or the length does not fit.
 */
export function checkArray(what: string, array: unknown, dtype: DType, length: number): void {
  const info = dtypeInfo[dtype];
  if (!(array instanceof info.Array)) {
    throw new BackendError(`${what}: expected ${info.Array.name} for ${dtype}, got ${show(array)}`);
  }
  if (array.length < length || !hasMemory(array)) {
    const reason = array.length === 0 ? "is empty or detached" : `has ${array.length} elements`;
    throw new BackendError(`${what}: ${reason}; expected at least ${length}`);
  }
}

/** @throws {BackendError} when the numbers differ. */
export function checkCount(what: string, given: number, expected: number): void {
  if (given !== expected) throw new BackendError(`${what}: wrong number: ${given}; expected ${expected}`);
}
