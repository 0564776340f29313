/**
 * Checks a whole Program, because it may come from a file: what passes can be run without reading or writing
 * outside a buffer, as long as the bound arrays have the stated lengths and indices are checked where they are used.
 *
 * Whether a temp is written before it is read is the compiler's promise and not checked: breaking it gives wrong
 * values, never an access outside a buffer.
 */

import { dtypeInfo } from "../dtype.js";
import { FormatError } from "../errors.js";
import { largestSizeOf, MAX_SIZE, showShape, sizeOf } from "../shape.js";
import { ARENA_BLOCK, BUFFER_KINDS } from "./format.js";
import { type Program, type ProgramBuffer, type ProgramView, readProgram } from "./reader.js";
import { instructionRules } from "./verify-instructions.js";
import { verifyMicro } from "./verify-micro.js";
import { verifyWrites } from "./verify-writes.js";

/** Says whether `condition` holds; the message is made only when it does not. */
export type Check = (condition: boolean, message: () => string) => void;

/**
 * Decodes a Program and checks all of it.
 *
 * @param words The words described in `format.ts`.
 * @throws {FormatError} naming what is wrong and where, e.g.
 *   `program: view 3 reaches outside buffer 1: elements 0 to 12 of 10`.
 */
export function verifyProgram(words: Int32Array): Program {
  const program = readProgram(words);
  for (const buffer of program.buffers) verifyBuffer(buffer, program.arenaBlocks, checkAt(`buffer ${buffer.index}`));
  verifySlots(program.buffers);
  for (const view of program.views) verifyView(view, checkAt(`view ${view.index}`));
  for (const instruction of program.instructions) {
    const check = checkAt(`instruction ${instruction.index} (${instruction.opcode})`);
    verifyWrites(instruction, check);
    const handedIn = instructionRules[instruction.opcode](instruction, check);
    if (instruction.micro) verifyMicro(instruction, instruction.micro, handedIn, program.scalars, check);
  }
  return program;
}

function checkAt(where: string): Check {
  return (condition, message) => {
    if (!condition) throw new FormatError(`program: ${where}: ${message()}`);
  };
}

function verifyBuffer({ kind, dtype, length, place }: ProgramBuffer, arenaBlocks: number, check: Check): void {
  check(length >= 0, () => `negative length: ${length}`);
  check(place >= 0, () => `negative ${kind === "temp" ? "arena offset" : "slot"}: ${place}`);
  if (kind !== "temp") return;
  const end = place * ARENA_BLOCK + length * dtypeInfo[dtype].bytes;
  check(
    end <= arenaBlocks * ARENA_BLOCK,
    () => `ends outside the arena: at byte ${end} of ${arenaBlocks * ARENA_BLOCK}`,
  );
}

/** The slots of each kind that a run binds must be 0, 1, 2, … each once. */
function verifySlots(buffers: readonly ProgramBuffer[]): void {
  for (const kind of BUFFER_KINDS) {
    if (kind === "temp") continue;
    const slots = buffers.filter((buffer) => buffer.kind === kind).map((buffer) => buffer.place);
    slots.sort((a, b) => a - b);
    slots.forEach((slot, expected) => {
      if (slot === expected) return;
      throw new FormatError(
        `program: buffers: slots of kind ${kind} are not 0 … ${slots.length - 1}: ${slots.join(", ")}`,
      );
    });
  }
}

/**
 * Every element of a view lies in its buffer. Sums too large to be exact in a double are far outside any buffer,
 * and rounding does not bring them back.
 */
function verifyView({ buffer, offset, shape, strides }: ProgramView, check: Check): void {
  check(
    shape.every((length) => length >= 0),
    () => `negative length: ${showShape(shape)}`,
  );
  check(largestSizeOf(shape) <= MAX_SIZE, () => `too many elements: ${showShape(shape)}`);
  check(offset >= 0 && offset <= buffer.length, () => `offset ${offset} is outside buffer ${buffer.index}`);
  if (sizeOf(shape) === 0) return;
  let first = offset;
  let last = offset;
  shape.forEach((length, axis) => {
    const span = (length - 1) * (strides[axis] as number);
    if (span < 0) first += span;
    else last += span;
  });
  check(
    first >= 0 && last < buffer.length,
    () => `reaches outside buffer ${buffer.index}: elements ${first} to ${last} of ${buffer.length}`,
  );
}
