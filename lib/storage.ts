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
  /**
   * Overwrites as many elements as `data` has, of the dtype's array class.
   *
   * @param offset The first of them (default 0).
   */
  write(data: TypedArray, offset?: number): void;
  /** Frees the memory early; using the state afterwards throws. Idempotent. */
  dispose(): void;
}

/** A run off the calling thread. */
export interface PendingRun {
  /** Settles when the run is over; rejects with what it failed with. */
  readonly done: Promise<void>;
  /**
   * Waits for the run, and for those asked for before it, on the calling thread.
   *
   * @throws what the run failed with.
   */
  wait(): void;
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
  /**
   * Values of a realised tensor, or of a variable that no backend has run yet; undefined for zeros of such a variable,
   * for one that has a `state`, and after `dispose`.
   */
  data: TypedArray | undefined;
  /** Memory of a variable; undefined until a backend has run it, and after `dispose`. */
  state: State | undefined;
  /** The backend whose memory `state` is. */
  owner: object | undefined;
  /** The run in flight that computes the values, if any; `data` must not be looked at before it is over. */
  pending: PendingRun | undefined;
  private failure: { readonly error: unknown } | undefined;
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

  /**
   * Waits on the calling thread until the values are there.
   *
   * @throws what the run that should have computed them failed with.
   */
  wait(): void {
    try {
      this.pending?.wait();
      this.pending = undefined;
    } catch (error) {
      this.fail(error);
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  /** There will be no values: the run that should have computed them has failed. */
  fail(error: unknown): void {
    this.pending = undefined;
    this.failure = { error };
    this.data = undefined;
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
