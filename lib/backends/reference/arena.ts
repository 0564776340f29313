/** Memory of temporaries, shared by all Programs of one backend: only one runs at a time. */

import { shortage, type TypedArray } from "../../dtype.js";
import { ARENA_BLOCK } from "../../program/format.js";
import type { ProgramBuffer } from "../../program/reader.js";

export class Arena {
  #memory = new ArrayBuffer(0);

  /**
   * Makes room for at least `blocks` blocks. Views taken before may belong to memory given up here.
   *
   * @throws {BackendError} when there is not enough memory.
   */
  reserve(blocks: number): void {
    const bytes = blocks * ARENA_BLOCK;
    if (this.#memory.byteLength >= bytes) return;
    try {
      this.#memory = new ArrayBuffer(bytes);
    } catch (error) {
      throw shortage(error, `run: not enough memory: ${bytes} bytes`);
    }
  }

  /** The elements of a temp. */
  view({ dtype, place, length }: ProgramBuffer): TypedArray {
    const offset = place * ARENA_BLOCK;
    switch (dtype) {
      case "float32":
        return new Float32Array(this.#memory, offset, length);
      case "float64":
        return new Float64Array(this.#memory, offset, length);
      case "int32":
        return new Int32Array(this.#memory, offset, length);
      case "uint8":
      case "bool":
        return new Uint8Array(this.#memory, offset, length);
    }
  }
}
