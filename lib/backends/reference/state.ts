/** Memory of variables: a typed array of its own. */

import { allocate, type DType, type TypedArray } from "../../dtype.js";
import { BackendError } from "../../errors.js";
import type { State } from "../backend.js";
import { stateLength } from "../check.js";
import { checkArray } from "./bindings.js";

export class ReferenceState implements State {
  readonly dtype: DType;
  readonly length: number;
  #data: TypedArray | undefined;

  /**
   * @param data What it holds, or the number of zeros.
   * @throws {BackendError} when `data` is not of the dtype's array class.
   */
  constructor(dtype: DType, data: TypedArray | number) {
    this.dtype = dtype;
    this.length = stateLength(dtype, data);
    this.#data = allocate(dtype, this.length);
    if (typeof data !== "number") this.write(data);
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

  write(data: TypedArray, offset = 0): void {
    checkArray("state", data, this.dtype, 0);
    if (!(offset >= 0 && offset + data.length <= this.length)) {
      throw new BackendError(`state: has ${this.length} elements, got ${data.length} from ${offset} on`);
    }
    this.data.set(data, offset);
  }

  dispose(): void {
    this.#data = undefined;
  }
}
