/** The values of variables by name, out and in again: what checkpoints of models and optimisers are made of. */

import { DTYPES, type DType, dtypeInfo } from "../dtype.js";
import { FormatError, show } from "../errors.js";
import { getBackend } from "../runtime/backends.js";
import { checkNotDisposed, overwrite } from "../runtime/memory.js";
import { checkNotTracing } from "../runtime/realize.js";
import { MAX_RANK, type Shape, sameShape, showShape } from "../shape.js";
import type { Variable } from "../tensor.js";
import { withSafetensors } from "./safetensors-reader.js";
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
 * Replaces the values of all variables, or of none. They are written where they lie, after every run in flight.
 *
 * @param state By name, as `captureState` gives them.
 * @param ignored Names in it that are passed over.
 * @throws {FormatError} when a variable is missing, unknown, or of another shape or dtype.
 * @throws {OptionError} while a function is being compiled.
 */
export function restoreState(
  variables: Readonly<Record<string, Variable>>,
  state: Readonly<Record<string, TensorData>>,
  ignored: ReadonlySet<string> = new Set(),
): void {
  checkNotTracing("loadState");
  if (typeof state !== "object" || state === null) {
    throw new FormatError(`loadState: needs values by name, as state() gives them, got ${show(state)}`);
  }
  for (const name of Object.keys(variables)) if (Object.hasOwn(state, name)) checkForm(name, state[name]);
  const pairs = matchState("loadState", variables, state, ignored);
  for (const [name, , value] of pairs) checkData(name, value);
  for (const [, variable, { data }] of pairs) overwrite(getBackend(), variable, data);
  for (const [, variable] of pairs) variable.advance();
}

/**
 * The same from a safetensors file, of which no more than a piece is in memory. A file that is corrupt or does not fit
 * leaves all variables as they are; one that stops being readable half way leaves some with values of the file.
 *
 * @param ignored Names in the file that are passed over.
 * @returns The file's metadata.
 * @throws as `restoreState`; {OptionError} when the file cannot be read, {FormatError} when it is corrupt.
 */
export async function restoreStateFrom(
  path: string,
  variables: Readonly<Record<string, Variable>>,
  ignored: ReadonlySet<string>,
): Promise<Record<string, string>> {
  checkNotTracing("load");
  return await withSafetensors("load", path, async (reader) => {
    const { entries, metadata } = reader.header;
    const described = Object.fromEntries(entries.map((entry) => [entry.name, entry]));
    const pairs = matchState("load", variables, described, ignored);
    for (const [, , entry] of pairs) await reader.check(entry);
    for (const [, variable, entry] of pairs) {
      variable.advance();
      await reader.read(entry, (piece, offset) => overwrite(getBackend(), variable, piece, offset));
    }
    return metadata;
  });
}

/** Every variable with its name and what has this name, once all are found to fit. */
function matchState<T extends { readonly dtype: DType; readonly shape: Shape }>(
  op: string,
  variables: Readonly<Record<string, Variable>>,
  state: Readonly<Record<string, T>>,
  ignored: ReadonlySet<string>,
): (readonly [name: string, variable: Variable, value: T])[] {
  const unknown = Object.keys(state).find((name) => !Object.hasOwn(variables, name) && !ignored.has(name));
  if (unknown !== undefined) {
    const known = Object.keys(variables).join(", ");
    throw new FormatError(`${op}: unknown variable: ${show(unknown)}; known: ${known}`);
  }
  return Object.entries(variables).map(([name, variable]) => {
    const value = Object.hasOwn(state, name) ? state[name] : undefined;
    if (value === undefined) throw new FormatError(`${op}: variable is missing: ${show(name)}`);
    checkNotDisposed(variable);
    const { dtype, shape } = variable;
    if (value.dtype !== dtype || !sameShape(value.shape, shape)) {
      const given = `${value.dtype} ${showShape(value.shape)}`;
      throw new FormatError(`${op}: ${show(name)} does not fit: ${given}; expected ${dtype} ${showShape(shape)}`);
    }
    return [name, variable, value] as const;
  });
}

/** @throws {FormatError} for a value that is no tensor as data. */
function checkForm(name: string, value: TensorData | undefined): void {
  const { dtype, shape, data } = value ?? {};
  const isShape = Array.isArray(shape) && shape.length <= MAX_RANK && shape.every(Number.isInteger);
  if (isShape && DTYPES.includes(dtype as DType) && ArrayBuffer.isView(data)) return;
  throw new FormatError(`loadState: ${show(name)} must be { dtype, shape, data }, got ${show(value)}`);
}

/** @throws {FormatError} unless the data is what its dtype and shape say. */
function checkData(name: string, { dtype, shape, data }: TensorData): void {
  const { Array: Expected } = dtypeInfo[dtype];
  const size = shape.reduce((product, length) => product * length, 1);
  const fits = data instanceof Expected && data.length === size;
  if (fits && (dtype !== "bool" || data.every((element) => element <= 1))) return;
  throw new FormatError(
    `loadState: ${show(name)} does not fit: ${show(data)}; expected a ${Expected.name} of ${size} values of ${dtype}`,
  );
}
