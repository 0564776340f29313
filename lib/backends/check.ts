/** Checks of what callers hand a backend, the same for every machine. */

import { checkDType, type DType, dtypeInfo } from "../dtype.js";
import { BackendError, show } from "../errors.js";
import { MAX_SIZE } from "../shape.js";
import type { Bindings } from "./backend.js";

/**
 * The number of elements that a state is to have.
 *
 * @param data What it holds, or how many zeros.
 * @throws {DTypeError} for an unknown dtype, {BackendError} for data that is neither.
 */
export function stateLength(dtype: DType, data: unknown): number {
  const { Array: Expected } = dtypeInfo[checkDType("createState", dtype)];
  if (data instanceof Expected) return data.length;
  if (Number.isInteger(data) && (data as number) >= 0 && (data as number) <= MAX_SIZE) return data as number;
  throw new BackendError(`createState: expected ${Expected.name} for ${dtype} or a number of zeros, got ${show(data)}`);
}

/** @throws {BackendError} unless they have a list of each kind, and numbers. */
export function checkBindings(bindings: Bindings): void {
  const { inputs, outputs, states, scalars } = bindings ?? {};
  if (!Array.isArray(inputs) || !Array.isArray(outputs) || !Array.isArray(states)) {
    throw new BackendError(`run: needs lists of inputs, outputs and states, got ${show(bindings)}`);
  }
  if (!(scalars instanceof Float64Array)) throw new BackendError("run: scalars must be a Float64Array");
}

/** @throws {BackendError} unless they are a list. */
export function checkConstants(constants: unknown): void {
  if (Array.isArray(constants)) return;
  throw new BackendError(`prepare: constants must be a list of arrays, got ${show(constants)}`);
}
