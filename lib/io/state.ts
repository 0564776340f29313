/** The values of variables by name, out and in again: what checkpoints of models and optimisers are made of. */

import { FormatError, show } from "../errors.js";
import { tensor } from "../ops/index.js";
import { sameShape, showShape } from "../shape.js";
import { assign, type Variable } from "../tensor.js";
import type { TensorData } from "./tensor-data.js";

/** Copies of the values, by name: what `saveSafetensors` takes. */
export function captureState(variables: Readonly<Record<string, Variable>>): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => {
      const { dtype, shape } = variable;
      return [name, { dtype, shape, data: variable.dataSync() } as TensorData];
    }),
  );
}

/**
 * Replaces the values of all variables, or of none.
 *
 * @param state By name, as `captureState` gives them.
 * @param ignored Names in it that are passed over.
 * @throws {FormatError} when a variable is missing, unknown, or of another shape or dtype.
 */
export function restoreState(
  variables: Readonly<Record<string, Variable>>,
  state: Readonly<Record<string, TensorData>>,
  ignored: ReadonlySet<string> = new Set(),
): void {
  if (typeof state !== "object" || state === null) {
    throw new FormatError(`loadState: needs values by name, as state() gives them, got ${show(state)}`);
  }
  const unknown = Object.keys(state).find((name) => !Object.hasOwn(variables, name) && !ignored.has(name));
  if (unknown !== undefined) {
    const known = Object.keys(variables).join(", ");
    throw new FormatError(`loadState: unknown variable: ${show(unknown)}; known: ${known}`);
  }
  const updates = Object.entries(variables).map(([name, variable]) => {
    const value = Object.hasOwn(state, name) ? state[name] : undefined;
    if (value === undefined) throw new FormatError(`loadState: variable is missing: ${show(name)}`);
    const { dtype, shape } = variable;
    if (!Array.isArray(value?.shape) || !ArrayBuffer.isView(value.data)) {
      throw new FormatError(`loadState: ${show(name)} must be { dtype, shape, data }, got ${show(value)}`);
    }
    if (value.dtype !== dtype || !sameShape(value.shape, shape)) {
      const given = `${value.dtype} ${showShape(value.shape)}`;
      throw new FormatError(`loadState: ${show(name)} does not fit: ${given}; expected ${dtype} ${showShape(shape)}`);
    }
    return [variable, tensor(value.data, { shape })] as const;
  });
  assign(updates);
}
