/** Encodes a Program: the compiler's last pass writes through this class, and so do hand-written tests. */

import { checkDType, type DType, dtypeInfo } from "../dtype.js";
import { OptionError, show } from "../errors.js";
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
    const op = "ProgramWriter.buffer";
    const code = dtypeInfo[checkDType(op, dtype)].code;
    if (!BUFFER_KINDS.includes(kind)) {
      throw new OptionError(`${op}: unknown kind ${show(kind)}; expected one of ${BUFFER_KINDS.join(", ")}`);
    }
    this.#buffers.push(...checkWords(op, [BUFFER_KINDS.indexOf(kind), code, length, place]));
    return this.#bufferCount++;
  }

  /** The number of a view of `buffer`; the same window is stored once. */
  view(buffer: number, description: ViewDescription): number {
    const op = "ProgramWriter.view";
    const { offset, shape, strides } = description ?? {};
    if (
      !Array.isArray(shape) ||
      !Array.isArray(strides) ||
      !(shape.length === strides.length) ||
      shape.length > MAX_RANK
    ) {
      throw new OptionError(
        `${op}: needs { offset, shape, strides } of at most ${MAX_RANK} axes, got ${show(description)}`,
      );
    }
    const unused = new Array<number>(MAX_RANK - shape.length).fill(0);
    const words = checkWords(op, [buffer, offset, shape.length, ...shape, ...unused, ...strides, ...unused]);
    const key = words.join();
    const known = this.#viewNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.#viewNumbers.size;
    this.#viewNumbers.set(key, number);
    this.#views.push(...words);
    return number;
  }

  /** Adds an instruction after those added before. */
  instruction(opcode: Opcode, description: InstructionDescription): void {
    const op = "ProgramWriter.instruction";
    if (!Object.hasOwn(INSTRUCTIONS, opcode)) throw new OptionError(`${op}: unknown opcode ${show(opcode)}`);
    const { outputs, inputs, attributes = {}, micro } = description ?? {};
    if (!Array.isArray(outputs) || !Array.isArray(inputs)) {
      throw new OptionError(`${op}: ${opcode} needs lists of outputs and inputs, got ${show(description)}`);
    }
    if ((micro !== undefined) !== INSTRUCTIONS[opcode].micro) {
      throw new OptionError(`${op}: micro-program ${micro ? "not expected" : "is missing"}: ${opcode}`);
    }
    const values = INSTRUCTIONS[opcode].attributes.map((name) => {
      const value = attributes?.[name];
      if (value !== undefined) return value;
      throw new OptionError(`${op}: attribute "${name}" is missing: ${opcode}`);
    });
    const words = [0, outputs.length | (inputs.length << 16), ...outputs, ...inputs, ...values];
    if (micro) words.push(...microWords(op, micro));
    if (words.length > MAX_INSTRUCTION_WORDS) {
      throw new OptionError(`${op}: ${opcode} takes ${words.length} words (> ${MAX_INSTRUCTION_WORDS})`);
    }
    words[0] = OPCODES.indexOf(opcode) | (words.length << 16);
    for (const word of checkWords(op, words)) this.#code.push(word);
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

/** @throws {OptionError} unless they are integers of 32 bits. */
function checkWords(op: string, words: readonly number[]): readonly number[] {
  for (const word of words) {
    if (!Number.isInteger(word) || (word | 0) !== word) {
      throw new OptionError(`${op}: a Program holds integers of 32 bits, got ${show(word)}`);
    }
  }
  return words;
}

function microWords(op: string, micro: MicroDescription): number[] {
  const { registers, results, code } = micro ?? {};
  if (!Array.isArray(results) || !Array.isArray(code)) {
    throw new OptionError(`${op}: a micro-program is { registers, results, code }, got ${show(micro)}`);
  }
  return codeWords(op, registers, results, code);
}

function codeWords(op: string, registers: number, results: readonly number[], code: readonly MicroStep[]): number[] {
  const words = [registers, code.length, ...results];
  for (const step of code) {
    const { op: name, dtype, dst, a = 0, b = 0, c = 0, value } = step ?? {};
    if (!MICRO_OPCODES.includes(name)) throw new OptionError(`${op}: unknown micro-op ${show(name)}`);
    if (value !== undefined && typeof value !== "number") {
      throw new OptionError(`${op}: value of a constant must be a number, got ${show(value)}`);
    }
    const operands = value === undefined ? [a, b, c] : [...halves(value), 0];
    words.push(MICRO_OPCODES.indexOf(name), dtypeInfo[checkDType(op, dtype)].code, dst, ...operands);
  }
  return words;
}

/** Low and high word of a float64. */
function halves(value: number): [low: number, high: number] {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value, true);
  return [bytes.getInt32(0, true), bytes.getInt32(4, true)];
}
