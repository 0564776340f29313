/** The native backend: Programs run by the C++ addon. */

import { allocate, type DType, dtypeInfo, hasMemory, type TypedArray } from "../../dtype.js";
import { BackendError, DTypeError, FormatError, show } from "../../errors.js";
import { OPCODES, type Opcode } from "../../program/opcodes.js";
import type { Backend, Bindings, Executable, PendingRun, ProgramMemory, State } from "../backend.js";
import { checkBindings, checkConstants, stateLength } from "../check.js";
import { indexOutOfRange } from "../index-error.js";
import { type Addon, type IndexFault, type NativeMemory, OUTCOME, OUTCOME_LENGTH } from "./loader.js";
import { defaultThreads, MAX_THREADS } from "./threads.js";

/**
 * Runs Programs on the best instruction set of this processor and on several threads. Everything computes in
 * float32, int32, uint8 and bool; results have the same bits for any number of threads.
 */
export class NativeBackend implements Backend {
  readonly name = "native";
  readonly target: string;
  readonly dtypes: readonly DType[] = ["float32", "int32", "uint8", "bool"];
  readonly #addon: Addon;
  // What the garbage collector finds before `dispose` was called.
  readonly #lostPrograms: FinalizationRegistry<number>;
  readonly #lostStates: FinalizationRegistry<number>;
  readonly #submitted = { runs: 0 };

  constructor(addon: Addon) {
    this.#addon = addon;
    this.target = addon.target;
    this.#lostPrograms = new FinalizationRegistry((handle) => addon.disposeProgram(handle));
    this.#lostStates = new FinalizationRegistry((handle) => addon.freeState(handle));
    addon.setThreads(defaultThreads());
  }

  /** @throws {BackendError} when set to anything but an integer from 1 to 256. */
  get threads(): number {
    return this.#addon.getThreads();
  }

  set threads(count: number) {
    if (!Number.isInteger(count) || count < 1 || count > MAX_THREADS) {
      throw new BackendError(`threads: expected an integer from 1 to ${MAX_THREADS}, got ${show(count)}`);
    }
    this.#addon.setThreads(count);
  }

  prepare(program: Int32Array, constants: readonly TypedArray[]): Executable {
    checkConstants(constants);
    const handle = typed(() => this.#addon.prepare(program, constants));
    return new NativeExecutable(this.#addon, handle, this.#submitted, this.#lostPrograms);
  }

  createState(dtype: DType, data: TypedArray | number): State {
    const length = stateLength(dtype, data);
    if (!this.dtypes.includes(dtype)) throw new DTypeError(`state: ${dtype} exists on the reference backend only`);
    if (typeof data !== "number") checkMemory(data);
    const handle = typed(() => this.#addon.createState(dtypeInfo[dtype].code, length));
    const state = new NativeState(this.#addon, handle, dtype, length, this.#lostStates);
    if (typeof data !== "number") state.write(data);
    return state;
  }

  startIn(buffer: ArrayBuffer): number {
    return this.#addon.cacheLineIn(buffer);
  }

  finish(): void {
    this.#addon.finish();
  }

  /** The native memory in use on this thread, in bytes, and what it belongs to. */
  memory(): NativeMemory {
    return this.#addon.memory();
  }
}

/** A Program in the addon. */
class NativeExecutable implements Executable {
  readonly #addon: Addon;
  readonly #handle: number;
  /** How many runs this environment has submitted. */
  readonly #submitted: { runs: number };
  readonly #lost: FinalizationRegistry<number>;
  /** Where the handles of states go in each call: memory that V8 has moved off its heap once. */
  #states = new Int32Array(0);

  constructor(addon: Addon, handle: number, submitted: { runs: number }, lost: FinalizationRegistry<number>) {
    this.#addon = addon;
    this.#handle = handle;
    this.#submitted = submitted;
    this.#lost = lost;
    lost.register(this, handle, this);
  }

  run(bindings: Bindings): void {
    checkBindings(bindings);
    const { inputs, outputs, states, scalars } = bindings;
    const handles = this.#handlesOf(states);
    checkFault(typed(() => this.#addon.run(this.#handle, inputs, outputs, handles, scalars)));
  }

  submit(bindings: Bindings): PendingRun {
    const outcome = new Float64Array(OUTCOME_LENGTH);
    try {
      checkBindings(bindings);
      const { inputs, outputs, states, scalars } = bindings;
      const handles = this.#handlesOf(states);
      const done = this.#addon.runAsync(this.#handle, inputs, outputs, handles, scalars, outcome);
      this.#submitted.runs++;
      return new NativeRun(this.#addon, outcome, this.#submitted, done);
    } catch (error) {
      return refusedRun(typedError(error));
    }
  }

  /** The handles of states, all of which belong to this instance of the addon; the next call overwrites them. */
  #handlesOf(states: readonly State[]): Int32Array {
    if (this.#states.length !== states.length) this.#states = new Int32Array(states.length);
    for (let slot = 0; slot < states.length; slot++) {
      const state = states[slot];
      if (!(state instanceof NativeState) || state.addon !== this.#addon) {
        throw new BackendError(`run: state ${slot} belongs to another backend: ${show(state)}`);
      }
      this.#states[slot] = state.handle;
    }
    return this.#states;
  }

  explain(): readonly string[] {
    return typed(() => this.#addon.explain(this.#handle));
  }

  memory(): ProgramMemory {
    return typed(() => this.#addon.programMemory(this.#handle));
  }

  dispose(): void {
    this.#lost.unregister(this);
    this.#addon.disposeProgram(this.#handle);
  }
}

/** A run on the addon's executor. */
class NativeRun implements PendingRun {
  readonly done: Promise<void>;
  readonly #addon: Addon;
  readonly #outcome: Float64Array;
  readonly #submitted: { readonly runs: number };
  /** Its number, from 1, in the order of submission. */
  readonly #number: number;

  constructor(
    addon: Addon,
    outcome: Float64Array,
    submitted: { readonly runs: number },
    done: Promise<IndexFault | undefined>,
  ) {
    this.#addon = addon;
    this.#outcome = outcome;
    this.#submitted = submitted;
    this.#number = submitted.runs;
    this.done = done.then(checkFault, (error) => {
      throw typedError(error);
    });
  }

  wait(): void {
    const outcome = this.#outcome;
    if (outcome[0] === 0) this.#addon.finish(this.#submitted.runs - this.#number);
    if (outcome[0] === OUTCOME.fault) checkFault(outcome.subarray(1) as unknown as IndexFault);
    if (outcome[0] === OUTCOME.noMemory) throw new BackendError(`run: not enough memory: ${outcome[1]} bytes`);
  }
}

/** A run that never began. */
function refusedRun(error: unknown): PendingRun {
  return {
    done: Promise.reject(error),
    wait() {
      throw error;
    },
  };
}

/** Memory of a variable in the addon. */
class NativeState implements State {
  readonly dtype: DType;
  readonly length: number;
  /** The instance of the addon whose handle this is. */
  readonly addon: Addon;
  readonly handle: number;
  readonly #lost: FinalizationRegistry<number>;

  constructor(addon: Addon, handle: number, dtype: DType, length: number, lost: FinalizationRegistry<number>) {
    this.addon = addon;
    this.handle = handle;
    this.dtype = dtype;
    this.length = length;
    this.#lost = lost;
    lost.register(this, handle, this);
  }

  read(): TypedArray {
    const data = allocate(this.dtype, this.length);
    typed(() => this.addon.readState(this.handle, data));
    return data;
  }

  write(data: TypedArray, offset = 0): void {
    checkMemory(data);
    typed(() => this.addon.writeState(this.handle, data, offset));
  }

  dispose(): void {
    this.#lost.unregister(this);
    this.addon.freeState(this.handle);
  }
}

/** @throws {BackendError} when the buffer of an array is not its own any more. */
function checkMemory(data: TypedArray): void {
  if (!hasMemory(data)) throw new BackendError(`state: the buffer of ${show(data)} is detached`);
}

/** @throws {IndexError} when a run met an index out of range. */
function checkFault(fault: IndexFault | undefined): void {
  if (fault === undefined) return;
  const [opcode, position, index, limit] = fault;
  throw indexOutOfRange(OPCODES[opcode] as Opcode, index, position, limit);
}

/** Calls the addon and gives its errors their types. */
function typed<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw typedError(error);
  }
}

/** The error the addon means by one with a `code`; the stack stays that of the call into the addon. */
function typedError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  switch (error.code) {
    case "FORMAT":
      return new FormatError(error.message, { cause: error });
    case "DTYPE":
      return new DTypeError(error.message, { cause: error });
    case "BACKEND":
      return new BackendError(error.message, { cause: error });
    default:
      return error;
  }
}
