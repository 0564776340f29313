/** Where realised values live: plain typed arrays, or memory a backend owns for variables. */

import type { DType, TypedArray } from "./dtype.js";
import { StorageBusyError } from "./errors.js";

/**
 * Memory of a variable, owned by the backend that made it. Written in place by runs.
 *
 * All methods are synchronous and must not be called while a run that uses the state is in flight; the
 * runtime sees to it.
 */
export interface State {
  readonly dtype: DType;
  /** Number of elements. */
  readonly length: number;
  /** A copy of the elements. */
  read(): TypedArray;
  /** Overwrites all elements; `data` has the dtype's array class and this length. */
  write(data: TypedArray): void;
  /** Frees the memory early; using the state afterwards throws. Idempotent. */
  dispose(): void;
}

/**
 * The values of one realised tensor or variable.
 *
 * A realised tensor owns a plain typed array, which V8 counts and frees. A variable owns a `State` of the
 * backend that last ran it.
 */
export class Storage {
  readonly dtype: DType;
  /** Number of elements. */
  readonly length: number;
  /** Values of a realised tensor; undefined for a variable, and after `dispose`. */
  data: TypedArray | undefined;
  /** Memory of a variable; undefined until a backend has run it, and after `dispose`. */
  state: State | undefined;
  /** The backend whose memory `state` is. */
  owner: object | undefined;
  /** Runs in flight that read or write this storage. */
  inFlight = 0;
  disposed = false;

  constructor(dtype: DType, length: number, data: TypedArray | undefined) {
    this.dtype = dtype;
    this.length = length;
    this.data = data;
  }

  /**
   * Checks that JavaScript may write or dispose this storage now.
   *
   * @throws {StorageBusyError} while a run that uses it is in flight.
   */
  checkIdle(op: string): void {
    if (this.inFlight > 0) {
      throw new StorageBusyError(`${op}: storage is in use by ${this.inFlight} run(s) in flight; await them first`);
    }
  }

  /** Frees the values early. Idempotent. */
  dispose(op: string): void {
    if (this.disposed) return;
    this.checkIdle(op);
    this.state?.dispose();
    this.state = undefined;
    this.data = undefined;
    this.disposed = true;
  }
}
