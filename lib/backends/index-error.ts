/** The error of every machine that meets an index out of range. */

import { IndexError } from "../errors.js";
import { INSTRUCTIONS, type Opcode } from "../program/opcodes.js";

/** Names the op that was called: its derivative, an instruction of its own, may be the first to see the index. */
export function indexOutOfRange(opcode: Opcode, index: number, position: number, limit: number): IndexError {
  return new IndexError(
    `${INSTRUCTIONS[opcode].failsAs}: index ${index} at position ${position} is out of range [0, ${limit})`,
  );
}
