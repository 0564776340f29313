/** Runs micro-programs: a block of elements at a time, so that all registers stay in the L1 cache. */

import { DTYPES, type DType, isFloat, type TypedArray } from "../../dtype.js";
import { INSTRUCTIONS, MICRO_OPS } from "../../program/opcodes.js";
import { constantValue, type Instruction, type MicroInstruction, type MicroProgram } from "../../program/reader.js";
import { registerTypes } from "../../program/verify-micro.js";
import type { Memory } from "./kernel.js";
import { type Lanes, type MicroStep, microOps } from "./micro-ops.js";
import { collapse, readBlock, type Strided, writeBlock } from "./strided.js";

/** Elements per block. */
const BLOCK = 512;

/** Takes the first `count` lanes of each result, which are elements `start`, `start + 1`, … in row-major order. */
type Consumer = (start: number, count: number, results: readonly Lanes[]) => void;

interface BlockView {
  readonly buffer: number;
  readonly layout: Strided;
}

/** The micro-program of an instruction, its registers allocated and its views ready to be walked. */
export class MicroMachine {
  /** Dtype of each result. */
  readonly resultTypes: readonly DType[];
  readonly #registers = new RegisterFile();
  readonly #product: Lanes | undefined;
  readonly #inputs: readonly (BlockView & { readonly lanes: Lanes })[];
  readonly #outputs: readonly BlockView[];
  readonly #code: readonly { readonly run: (typeof microOps)[MicroInstruction["op"]]; readonly step: MicroStep }[];
  readonly #results: readonly Lanes[];

  /** @param product Dtype of register 0 where the instruction hands its own result to the micro-program. */
  constructor({ opcode, inputs, outputs, micro }: Instruction, product?: DType) {
    const { results, code } = micro as MicroProgram;
    const first = product === undefined ? 0 : 1;
    const views = inputs.slice(INSTRUCTIONS[opcode].inputs);
    const handedIn = views.map((view) => view.buffer.dtype);
    if (product !== undefined) handedIn.unshift(product);
    const types = registerTypes(micro as MicroProgram, handedIn);
    this.resultTypes = results.map((register) => types[register] as DType);
    this.#product = product && this.#registers.lanes(0, product);
    this.#inputs = views.map((view, i) => ({
      buffer: view.buffer.index,
      layout: collapse(view),
      lanes: this.#registers.lanes(first + i, view.buffer.dtype),
    }));
    this.#code = code.map((instruction) => ({ run: microOps[instruction.op], step: this.#bind(instruction) }));
    this.#results = results.map((register) => this.#registers.lanes(register, types[register] as DType));
    this.#outputs = outputs.map((view) => ({ buffer: view.buffer.index, layout: collapse(view) }));
  }

  /** Runs over `size` elements and hands the results of each block to `consume`. */
  forEachBlock({ arrays, scalars }: Memory, size: number, product: Float64Array | undefined, consume: Consumer): void {
    for (let start = 0; start < size; start += BLOCK) {
      const count = Math.min(BLOCK, size - start);
      if (product) this.#product?.set(product.subarray(start, start + count));
      for (const { buffer, layout, lanes } of this.#inputs) {
        readBlock(arrays[buffer] as TypedArray, layout, start, count, lanes);
      }
      for (const { run, step } of this.#code) run(step, count, scalars);
      consume(start, count, this.#results);
    }
  }

  /** Runs over `size` elements and writes the results to the outputs of the instruction. */
  writeOutputs(memory: Memory, size: number, product?: Float64Array): void {
    this.forEachBlock(memory, size, product, (start, count, results) => {
      this.#outputs.forEach(({ buffer, layout }, i) => {
        writeBlock(memory.arrays[buffer] as TypedArray, layout, start, count, results[i] as Lanes);
      });
    });
  }

  #bind(instruction: MicroInstruction): MicroStep {
    const { op, dtype, dst, a, b, c } = instruction;
    const { operands, result } = MICRO_OPS[op];
    const source = op === "cast" ? (DTYPES[b] as DType) : op === "where" ? "bool" : dtype;
    const operand = (position: number, register: number, type: DType): Lanes =>
      position < operands ? this.#registers.lanes(register, type) : new Float64Array(0);
    return {
      dtype,
      source,
      out: this.#registers.lanes(dst, result === "bool" ? "bool" : dtype),
      a: operand(0, a, source),
      b: operand(1, b, dtype),
      c: operand(2, c, dtype),
      value: op === "constant" ? constantValue(instruction) : 0,
      slot: a,
    };
  }
}

/** The lanes of registers. A register that changes its dtype has different lanes before and after. */
class RegisterFile {
  readonly #lanes = new Map<string, Lanes>();

  lanes(register: number, dtype: DType): Lanes {
    const kind = isFloat(dtype) ? dtype : "int32";
    const key = `${register} ${kind}`;
    const known = this.#lanes.get(key);
    if (known) return known;
    const lanes = newLanes(kind);
    this.#lanes.set(key, lanes);
    return lanes;
  }
}

function newLanes(kind: DType): Lanes {
  if (kind === "float32") return new Float32Array(BLOCK);
  return kind === "float64" ? new Float64Array(BLOCK) : new Int32Array(BLOCK);
}
