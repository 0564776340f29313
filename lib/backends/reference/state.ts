/** Memory of variables: a typed array of its own. */

import { allocate, type DType, type TypedArray } from "../../dtype.js";
import { BackendError } from "../../errors.js";
import type { State } from "../backend.js";
import { checkArray } from "./bindings.js";

export class ReferenceState implements State {
  readonly dtype: DType;
  readonly length: number;
  #data: TypedArray | undefined;

  /** @throws {BackendError} when `data` is not of the dtype's array class. */
  constructor(dtype: DType, data: TypedArray) {
    checkArray("state", data, dtype, 0);
    this.dtype = dtype;
    this.length = data.length;
    this.#data = allocate(dtype, data.length);
    this.#data.set(data);
  }

  /**
   * The memory itself, for a run to read and write.
   *
   * @throws {BackendError} after `dispose`.
   */
  get data(): TypedArray {
    if (this.#data === undefined) throw new BackendError("state: used after dispose()");
    return this.#data;
  }

  read(): TypedArray {
    return this.data.slice();
  }

  write(data: TypedArray): void {
    checkArray("state", data, this.dtype, this.length);
    if (data.length !== this.length) {
      throw new BackendError(`state: has ${this.length} elements, got ${data.length}`);
    }
    this.data.set(data);
  }

  dispose(): void {
    this.#data = undefined;
  }
}
