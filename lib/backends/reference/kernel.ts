/** What a kernel is: an instruction made ready once, then run on the memory of each run. */

import type { TypedArray } from "../../dtype.js";
import type { Instruction } from "../../program/reader.js";

/** What a run has bound. */
export interface Memory {
  /** The elements of every buffer, by its number in the Program. */
  readonly arrays: readonly TypedArray[];
  /** Scalars by slot. */
  readonly scalars: Float64Array;
}

/** Does an instruction. */
export type Step = (memory: Memory) => void;

/** Computes everything about an instruction that does not depend on data. */
export type Kernel = (instruction: Instruction) => Step;
