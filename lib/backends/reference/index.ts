/** The reference backend: TypeScript, everywhere, and the definition of what every instruction means. */

import { DTYPES, type DType, type TypedArray } from "../../dtype.js";
import type { Backend, Executable, State } from "../backend.js";
import { Arena } from "./arena.js";
import { ReferenceExecutable } from "./machine.js";
import { RunQueue } from "./queue.js";
import { ReferenceState } from "./state.js";

/**
 * A machine that is simple before it is fast. It accumulates matrix products, convolutions, reductions, pools and
 * softmax in float64 and rounds at the end, so that it can judge other machines, and it has every dtype.
 */
export class ReferenceBackend implements Backend {
  readonly name = "reference";
  readonly target = "typescript";
  readonly dtypes: readonly DType[] = DTYPES;
  readonly #arena = new Arena();
  readonly #queue = new RunQueue();

  /** Always 1: setting it has no effect. */
  get threads(): number {
    return 1;
  }

  set threads(_count: number) {}

  prepare(program: Int32Array, constants: readonly TypedArray[]): Executable {
    return new ReferenceExecutable(program, constants, this.#arena, this.#queue);
  }

  createState(dtype: DType, data: TypedArray | number): State {
    return new ReferenceState(dtype, data);
  }

  finish(): void {
    this.#queue.finish();
  }
}
