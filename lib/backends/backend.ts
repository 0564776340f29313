/**
 * The contract of a backend: a machine that runs Programs.
 *
 * A backend knows nothing of tensors, graphs or derivatives. It is handed a Program once (`prepare`), checks
 * all of it, and then runs it many times on the memory it is given. To plug in a machine of your own,
 * implement `Backend` and pass it to `registerBackend`. `nodegrad/program` reads, checks and prints Programs;
 * `lib/backends/reference` is the definition of what every instruction means and a complete example.
 */

import type { DType, TypedArray } from "../dtype.js";
import type { PendingRun, State } from "../storage.js";

export type { PendingRun, State } from "../storage.js";

/** What a run reads and writes, by the slots of the Program's buffers. */
export interface Bindings {
  /** One array per input buffer, of its dtype and at least its length; only read. */
  readonly inputs: readonly TypedArray[];
  /** One array per output buffer, of its dtype and at least its length; every element is written. */
  readonly outputs: readonly TypedArray[];
  /** One state of this backend per state buffer; read and written. */
  readonly states: readonly State[];
  /** One number per scalar slot. */
  readonly scalars: Float64Array;
}

/** What a run of a Program takes besides what it binds, in bytes. */
export interface ProgramMemory {
  /** Values that pass between instructions; two that never live at the same time may share memory. */
  readonly temporaries: number;
  /** What instructions need while they work, on all threads. */
  readonly workspace: number;
  /** Arrays that the Program brings along. */
  readonly constants: number;
}

/** A Program checked and ready on one backend. */
export interface Executable {
  /**
   * Runs the Program on the calling thread (and helpers of the backend's own) and returns when it is done.
   * Runs of one backend happen in the order they were asked for: it first waits for those in flight.
   *
   * @throws {IndexError} for an index out of range; no state has been written then.
   * @throws {BackendError} for bindings that do not fit the Program.
   */
  run(bindings: Bindings): void;
  /**
   * Runs the Program off the calling thread. The arrays must not be touched until the run is over; it fails with what
   * `run` throws.
   */
  submit(bindings: Bindings): PendingRun;
  /**
   * How the machine runs each instruction (`"winograd F(4x4,3x3), 196 tiles"`), one text per instruction, empty where
   * it had no choice. For people: the wording may change. A machine with one way for everything leaves it out.
   */
  explain?(): readonly string[];
  /** What a run takes, with as many threads as it may use now. */
  memory(): ProgramMemory;
  /** Frees what the backend keeps for this Program. Idempotent; runs in flight are not disturbed. */
  dispose(): void;
}

/** A machine that runs Programs. */
export interface Backend {
  /** Name for messages and `info()`. */
  readonly name: string;
  /** What it computes with, for `info()`, e.g. `"avx512"`. */
  readonly target: string;
  /** Dtypes it can hold and compute with. */
  readonly dtypes: readonly DType[];
  /** Number of threads a run may use; setting it never changes a result. */
  threads: number;
  /**
   * Checks a Program and readies it.
   *
   * @param program The words of `lib/program/format.ts`; the backend copies what it keeps.
   * @param constants One array per constant buffer; the backend copies them.
   * @throws {FormatError} when the Program is malformed.
   * @throws {DTypeError} when it uses a dtype the backend does not have.
   */
  prepare(program: Int32Array, constants: readonly TypedArray[]): Executable;
  /** Memory for a variable, holding a copy of `data`, or so many zeros. */
  createState(dtype: DType, data: TypedArray | number): State;
  /**
   * Bytes from the start of a buffer to where arrays best begin in it, less than 64 (a backend that leaves it out does
   * not care).
   */
  startIn?(buffer: ArrayBuffer): number;
  /** Waits until every run asked for so far is done; what they failed with stays with their promises. */
  finish(): void;
}
