/**
 * Decodes the words of a Program into typed objects.
 *
 * Decoding checks what it must to give every word a meaning: counts, codes and references. Whether the Program
 * makes sense (views inside their buffers, shapes that fit, registers assigned) is what `verifyProgram` checks.
 */

import { DTYPES, type DType } from "../dtype.js";
import { FormatError, OptionError, show } from "../errors.js";
import { MAX_RANK } from "../shape.js";
import {
  BUFFER_KINDS,
  BUFFER_WORDS,
  type BufferKind,
  HEADER_WORDS,
  Header,
  MICRO_WORDS,
  PROGRAM_ABI,
  PROGRAM_MAGIC,
  VIEW_WORDS,
} from "./format.js";
import { INSTRUCTIONS, MICRO_OPCODES, type MicroOp, OPCODES, type Opcode } from "./opcodes.js";

/** Memory that instructions read or write through views. */
export interface ProgramBuffer {
  /** Position in the buffer table. */
  readonly index: number;
  readonly kind: BufferKind;
  readonly dtype: DType;
  /** Number of elements. */
  readonly length: number;
  /** Arena offset in ARENA_BLOCK bytes of a temp; slot of any other kind. */
  readonly place: number;
}

/** A strided window on a buffer. Offset and strides count elements. */
export interface ProgramView {
  /** Position in the view table. */
  readonly index: number;
  readonly buffer: ProgramBuffer;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** One step of a micro-program; `a`, `b`, `c` are registers unless the micro-op says otherwise. */
export interface MicroInstruction {
  readonly op: MicroOp;
  readonly dtype: DType;
  readonly dst: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** What an instruction does to each element. */
export interface MicroProgram {
  /** Number of registers. */
  readonly registers: number;
  /** The register each output takes. */
  readonly results: readonly number[];
  readonly code: readonly MicroInstruction[];
}

/** One instruction with its operands resolved. */
export interface Instruction {
  /** Position in the code. */
  readonly index: number;
  readonly opcode: Opcode;
  readonly outputs: readonly ProgramView[];
  readonly inputs: readonly ProgramView[];
  /** Attribute words by the names `INSTRUCTIONS` gives them. */
  readonly attributes: Readonly<Record<string, number>>;
  /** Absent where the opcode has none. */
  readonly micro: MicroProgram | undefined;
}

/** A decoded Program. */
export interface Program {
  readonly buffers: readonly ProgramBuffer[];
  readonly views: readonly ProgramView[];
  readonly instructions: readonly Instruction[];
  /** Size of the arena in units of ARENA_BLOCK bytes. */
  readonly arenaBlocks: number;
  /** Number of scalars a run binds. */
  readonly scalars: number;
}

/**
 * Decodes a Program.
 *
 * @param words The words described in `format.ts`.
 * @throws {FormatError} naming what cannot be decoded and where it is.
 */
export function readProgram(words: Int32Array): Program {
  if (!(words instanceof Int32Array)) throw new FormatError(`program: must be an Int32Array, got ${show(words)}`);
  const cursor = new Cursor(words);
  const header = readHeader(cursor);
  const buffers = Array.from({ length: header.buffers }, (_, index) => readBuffer(cursor, index));
  const views = Array.from({ length: header.views }, (_, index) => readView(cursor, index, buffers));
  const instructions = Array.from({ length: header.instructions }, (_, index) => readInstruction(cursor, index, views));
  if (cursor.position !== words.length) {
    throw new FormatError(
      `program: instructions end at word ${cursor.position}, but the code ends at word ${words.length}`,
    );
  }
  return { buffers, views, instructions, arenaBlocks: header.arenaBlocks, scalars: header.scalars };
}

/** The number that the operands `a` (low half) and `b` (high half) of a `constant` encode. */
export function constantValue(instruction: MicroInstruction): number {
  if (typeof instruction?.a !== "number" || typeof instruction.b !== "number") {
    throw new OptionError(`constantValue: needs a micro-instruction, got ${show(instruction)}`);
  }
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setInt32(0, instruction.a, true);
  bytes.setInt32(4, instruction.b, true);
  return bytes.getFloat64(0, true);
}

/** Reads words in order and never past the end. */
class Cursor {
  position = 0;

  constructor(readonly words: Int32Array) {}

  next(where: string): number {
    const word = this.words[this.position];
    if (word === undefined) throw new FormatError(`program: ${where} is cut off at word ${this.position}`);
    this.position++;
    return word;
  }

  /** The next word as an index into `table`. */
  pick<T>(table: readonly T[], where: string, what: string): T {
    const word = this.next(where);
    const entry = table[word];
    if (entry === undefined) {
      throw new FormatError(`program: ${where}: unknown ${what}: ${word}; expected one in [0, ${table.length})`);
    }
    return entry;
  }
}

function readHeader(cursor: Cursor) {
  const { words } = cursor;
  const header = Array.from({ length: HEADER_WORDS }, () => cursor.next("header"));
  if (header[Header.magic] !== PROGRAM_MAGIC) {
    throw new FormatError(`program: header: wrong magic number: ${header[Header.magic]}; expected ${PROGRAM_MAGIC}`);
  }
  if (header[Header.abi] !== PROGRAM_ABI) {
    throw new FormatError(`program: header: format version ${header[Header.abi]}; expected ${PROGRAM_ABI}`);
  }
  const count = (name: keyof typeof Header) => {
    const value = header[Header[name]] as number;
    if (value < 0) throw new FormatError(`program: header: negative number of ${name}: ${value}`);
    return value;
  };
  const counts = {
    buffers: count("buffers"),
    views: count("views"),
    instructions: count("instructions"),
    codeWords: count("codeWords"),
    arenaBlocks: count("arenaBlocks"),
    scalars: count("scalars"),
  };
  const length = HEADER_WORDS + counts.buffers * BUFFER_WORDS + counts.views * VIEW_WORDS + counts.codeWords;
  if (length !== words.length) {
    throw new FormatError(`program: header: announces ${length} words, got ${words.length}`);
  }
  // Checked before anything of that length is made: an instruction takes at least two words.
  if (counts.instructions * 2 > counts.codeWords) {
    throw new FormatError(`program: header: ${counts.instructions} instructions in ${counts.codeWords} words of code`);
  }
  return counts;
}

function readBuffer(cursor: Cursor, index: number): ProgramBuffer {
  const where = `buffer ${index}`;
  return {
    index,
    kind: cursor.pick(BUFFER_KINDS, where, "kind"),
    dtype: cursor.pick(DTYPES, where, "dtype"),
    length: cursor.next(where),
    place: cursor.next(where),
  };
}

function readView(cursor: Cursor, index: number, buffers: readonly ProgramBuffer[]): ProgramView {
  const where = `view ${index}`;
  const buffer = cursor.pick(buffers, where, "buffer");
  const offset = cursor.next(where);
  const rank = cursor.next(where);
  if (rank < 0 || rank > MAX_RANK) {
    throw new FormatError(`program: ${where}: rank ${rank}; expected one in [0, ${MAX_RANK}]`);
  }
  const axes = () => {
    const values = Array.from({ length: MAX_RANK }, () => cursor.next(where));
    if (values.slice(rank).some((value) => value !== 0)) {
      throw new FormatError(`program: ${where}: words of unused axes are not 0: [${values.join(", ")}]`);
    }
    return values.slice(0, rank);
  };
  return { index, buffer, offset, shape: axes(), strides: axes() };
}

function readInstruction(cursor: Cursor, index: number, views: readonly ProgramView[]): Instruction {
  const start = cursor.position;
  const first = cursor.next(`instruction ${index}`);
  const opcode = OPCODES[first & 0xffff];
  if (opcode === undefined) throw new FormatError(`program: instruction ${index}: unknown opcode: ${first & 0xffff}`);
  const where = `instruction ${index} (${opcode})`;
  const operands = cursor.next(where);
  const list = (length: number) => Array.from({ length }, () => cursor.pick(views, where, "view"));
  const outputs = list(operands & 0xffff);
  const inputs = list(operands >>> 16);
  const attributes: Record<string, number> = {};
  for (const name of INSTRUCTIONS[opcode].attributes) attributes[name] = cursor.next(where);
  const micro = INSTRUCTIONS[opcode].micro ? readMicro(cursor, where, outputs.length) : undefined;
  const length = cursor.position - start;
  if (length !== first >> 16) {
    throw new FormatError(`program: ${where}: takes ${length} words, but says ${first >> 16}`);
  }
  return { index, opcode, outputs, inputs, attributes, micro };
}

function readMicro(cursor: Cursor, where: string, outputs: number): MicroProgram {
  const registers = cursor.next(where);
  const length = cursor.next(where);
  // Checked before an array of that length is made.
  if (length < 0 || length * MICRO_WORDS > cursor.words.length - cursor.position) {
    throw new FormatError(`program: ${where}: ${length} micro-instructions do not fit the code`);
  }
  const results = Array.from({ length: outputs }, () => cursor.next(where));
  const code = Array.from({ length }, () => ({
    op: cursor.pick(MICRO_OPCODES, where, "micro-op"),
    dtype: cursor.pick(DTYPES, where, "dtype"),
    dst: cursor.next(where),
    a: cursor.next(where),
    b: cursor.next(where),
    c: cursor.next(where),
  }));
  return { registers, results, code };
}
