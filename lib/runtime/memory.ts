/** Memory for results, and variables on the machine that runs them. */

import type { Backend, ProgramMemory, State } from "../backends/backend.js";
import { allocate, type DType, dtypeInfo, type TypedArray } from "../dtype.js";
import { StaleTensorError, show } from "../errors.js";
import type { Variable } from "../graph/variable.js";

/** What a call of a compiled function takes while it runs, in bytes. */
export interface MemoryUse extends ProgramMemory {
  /** Tensors among its arguments. */
  readonly inputs: number;
  /** Its results. */
  readonly outputs: number;
  /** Variables it reads or assigns. */
  readonly states: number;
  /** All of it. */
  readonly total: number;
}

/** Results up to this many bytes share a slab. */
const SMALL_BYTES = 1024;
const SLAB_BYTES = 4 * 1024;

let slab = new ArrayBuffer(SLAB_BYTES);
let slabUsed = 0;

/**
 * Memory for a result. Small ones are cut from a shared slab: V8 keeps small arrays on its heap, and moving one out
 * for native code costs more than computing it.
 */
export function allocateResult(dtype: DType, length: number): TypedArray {
  const { bytes, Array: ArrayType } = dtypeInfo[dtype];
  const size = length * bytes;
  if (size > SMALL_BYTES || size === 0) return allocate(dtype, length);
  if (slabUsed + size > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    slabUsed = 0;
  }
  const array = new ArrayType(slab, slabUsed, length);
  slabUsed += Math.ceil(size / 8) * 8;
  return array;
}

/** The variable's memory on a backend; its values move there from wherever they are. */
export function stateOn(backend: Backend, variable: Variable): State {
  const { memory } = variable;
  if (memory.state !== undefined && memory.owner === backend) return memory.state;
  const values = isUntouched(variable) ? memory.length : hostValues(variable);
  const state = backend.createState(memory.dtype, values);
  memory.state?.dispose();
  memory.state = state;
  memory.owner = backend;
  memory.data = undefined;
  return state;
}

/**
 * The variable's values now, after every run in flight; not to be kept where `data` may be the memory itself.
 *
 * @throws {StaleTensorError} when the variable has been disposed.
 */
export function hostValues(variable: Variable): TypedArray {
  const { memory } = variable;
  checkNotDisposed(variable);
  if (memory.state === undefined) return memory.data ?? allocate(memory.dtype, memory.length);
  (memory.owner as Backend).finish();
  return memory.state.read();
}

/**
 * Overwrites values of a variable where they lie, after every run in flight. Who does so also goes on to its next version.
 *
 * @param data Of the array class of its dtype.
 * @param offset The first element to write.
 * @throws {StaleTensorError} when the variable has been disposed.
 */
export function overwrite(backend: Backend, variable: Variable, data: TypedArray, offset = 0): void {
  checkNotDisposed(variable);
  const { memory } = variable;
  if (memory.data !== undefined) {
    memory.data.set(data, offset);
    return;
  }
  (memory.owner as Backend | undefined)?.finish();
  (memory.state ?? stateOn(backend, variable)).write(data, offset);
}

/** Whether a variable holds the zeros that it was made with, which have no memory yet. */
function isUntouched({ memory: { data, state, disposed } }: Variable): boolean {
  return data === undefined && state === undefined && !disposed;
}

/** @throws {StaleTensorError} when the variable has been disposed. */
export function checkNotDisposed({ name, memory }: Variable): void {
  if (!memory.disposed) return;
  throw new StaleTensorError(`realize: variable ${show(name)} was used after it had been disposed`);
}
