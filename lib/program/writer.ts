/** Encodes a Program: the compiler's last pass writes through this class, and so do hand-written tests. */

import { type DType, dtypeInfo } from "../dtype.js";
import { InternalError } from "../errors.js";
import { MAX_RANK } from "../shape.js";
import {
  BUFFER_KINDS,
  type BufferKind,
  HEADER_WORDS,
  Header,
  MAX_INSTRUCTION_WORDS,
  PROGRAM_ABI,
  PROGRAM_MAGIC,
} from "./format.js";
import { INSTRUCTIONS, MICRO_OPCODES, type MicroOp, OPCODES, type Opcode } from "./opcodes.js";

/** A strided window on a buffer; offset and strides count elements. */
export interface ViewDescription {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** One step of a micro-program. */
export interface MicroStep {
  readonly op: MicroOp;
  readonly dtype: DType;
  /** Register written. */
  readonly dst: number;
  readonly a?: number;
  readonly b?: number;
  readonly c?: number;
  /** The number of a `constant`, which has no operands. */
  readonly value?: number;
}

/** What an instruction does to each element. */
export interface MicroDescription {
  /** Number of registers. */
  readonly registers: number;
  /** The register each output takes. */
  readonly results: readonly number[];
  readonly code: readonly MicroStep[];
}

/** Operands of an instruction: views by the numbers that `view` returned. */
export interface InstructionDescription {
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  /** One number per attribute of the opcode. */
  readonly attributes?: Readonly<Record<string, number>>;
  /** For opcodes with a micro-program. */
  readonly micro?: MicroDescription;
}

/** Collects buffers, views and instructions and turns them into words. `verifyProgram` judges the result. */
export class ProgramWriter {
  /** Number of scalars a run binds. */
  scalars = 0;
  /** Size of the arena in units of ARENA_BLOCK bytes. */
  arenaBlocks = 0;

  readonly #buffers: number[] = [];
  readonly #views: number[] = [];
  readonly #viewNumbers = new Map<string, number>();
  readonly #code: number[] = [];
  #bufferCount = 0;
  #instructionCount = 0;

  /**
   * Adds a buffer of `length` elements and returns its number.
   *
   * @param place Arena offset in ARENA_BLOCK bytes of a temp; the slot among its kind otherwise.
   */
  buffer(kind: BufferKind, dtype: DType, length: number, place: number): number {
    this.#buffers.push(BUFFER_KINDS.indexOf(kind), dtypeInfo[dtype].code, length, place);
    return this.#bufferCount++;
  }

  /** The number of a view of `buffer`; the same window is stored once. */
  view(buffer: number, { offset, shape, strides }: ViewDescription): number {
    const unused = new Array<number>(MAX_RANK - shape.length).fill(0);
    const words = [buffer, offset, shape.length, ...shape, ...unused, ...strides, ...unused];
    const key = words.join();
    const known = this.#viewNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.#viewNumbers.size;
    this.#viewNumbers.set(key, number);
    this.#views.push(...words);
    return number;
  }

  /** Adds an instruction after those added before. */
  instruction(opcode: Opcode, { outputs, inputs, attributes = {}, micro }: InstructionDescription): void {
    const words = [0, outputs.length | (inputs.length << 16), ...outputs, ...inputs];
    for (const name of INSTRUCTIONS[opcode].attributes) {
      const value = attributes[name];
      if (value === undefined) throw new InternalError(`program: ${opcode}: attribute "${name}" is missing`);
      words.push(value);
    }
    if ((micro !== undefined) !== INSTRUCTIONS[opcode].micro) {
      throw new InternalError(`program: ${opcode}: micro-program ${micro ? "not expected" : "is missing"}`);
    }
    if (micro) words.push(...microWords(micro));
    if (words.length > MAX_INSTRUCTION_WORDS) {
      throw new InternalError(`program: ${opcode}: takes ${words.length} words (> ${MAX_INSTRUCTION_WORDS})`);
    }
    words[0] = OPCODES.indexOf(opcode) | (words.length << 16);
    for (const word of words) this.#code.push(word);
    this.#instructionCount++;
  }

  /** The Program written so far. */
  finish(): Int32Array {
    const header = new Array<number>(HEADER_WORDS).fill(0);
    header[Header.magic] = PROGRAM_MAGIC;
    header[Header.abi] = PROGRAM_ABI;
    header[Header.buffers] = this.#bufferCount;
    header[Header.views] = this.#viewNumbers.size;
    header[Header.instructions] = this.#instructionCount;
    header[Header.codeWords] = this.#code.length;
    header[Header.arenaBlocks] = this.arenaBlocks;
    header[Header.scalars] = this.scalars;
    const words = new Int32Array(header.length + this.#buffers.length + this.#views.length + this.#code.length);
    let position = 0;
    for (const part of [header, this.#buffers, this.#views, this.#code]) {
      words.set(part, position);
      position += part.length;
    }
    return words;
  }
}

function microWords({ registers, results, code }: MicroDescription): number[] {
  const words = [registers, code.length, ...results];
  for (const { op, dtype, dst, a = 0, b = 0, c = 0, value } of code) {
    const operands = value === undefined ? [a, b, c] : [...halves(value), 0];
    words.push(MICRO_OPCODES.indexOf(op), dtypeInfo[dtype].code, dst, ...operands);
  }
  return words;
}

/** Low and high word of a float64. */
function halves(value: number): [low: number, high: number] {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value, true);
  return [bytes.getInt32(0, true), bytes.getInt32(4, true)];
}
