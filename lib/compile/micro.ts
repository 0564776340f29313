/** Builds micro-programs: map nodes become register operations. */

import type { DType } from "../dtype.js";
import { dtypeInfo } from "../dtype.js";
import { InternalError } from "../errors.js";
import { numberBelow } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { MICRO_OPS } from "../program/opcodes.js";
import type { MicroDescription, MicroStep } from "../program/writer.js";
import { elementsOf } from "./elements.js";

/** A micro-program that hands on what the instruction computed. */
export const PASS_THROUGH: MicroDescription = { registers: 1, code: [], results: [0] };

/**
 * Registers in static single assignment while steps are added; `finish` renames them so that each is used
 * again after its last read.
 */
export class MicroBuilder {
  private readonly code: MicroStep[] = [];
  private readonly registers = new Map<Tensor, number>();
  private readonly constants = new Map<string, number>();
  private loads = 0;
  private next = 0;

  /** @param numbers Tells the slot of a scalar leaf. */
  constructor(private readonly numbers: { slotOf(leaf: Tensor): number }) {}

  /** Gives the next element the instruction hands over to a node. All loads come before any step. */
  load(node: Tensor): void {
    if (this.code.length > 0) throw new InternalError("micro-program: a load after a step");
    this.registers.set(elementsOf(node), this.next++);
    this.loads++;
  }

  knows(node: Tensor): boolean {
    return this.registers.has(elementsOf(node));
  }

  /** Adds the step that computes a map node from nodes that have registers, or from numbers. */
  apply(node: Tensor): void {
    if (node.op.kind !== "map") throw new InternalError(`micro-program: "${node.op.name}" is not a map`);
    const { micro } = node.op;
    const [a, b, c] = node.inputs.map((input) => this.registerOf(input));
    const step = MICRO_OPS[micro].result === "bool" ? (node.inputs[0] as Tensor).dtype : node.dtype;
    const source = micro === "cast" ? dtypeInfo[(node.inputs[0] as Tensor).dtype].code : b;
    this.registers.set(node, this.push({ op: micro, dtype: step, dst: this.next++, a, b: source, c }));
  }

  /** The register of a node; numbers get one when they are first asked for. */
  registerOf(node: Tensor): number {
    return this.registers.get(elementsOf(node)) ?? this.number(node);
  }

  /** The register of a number. */
  number(node: Tensor): number {
    const base = numberBelow(node);
    if (base.op.kind !== "leaf") throw new InternalError(`micro-program: "${node.op.name}" has no register`);
    if (base.op.source === "constant") return this.constant(base.attributes.value as number, node.dtype);
    if (base.op.source !== "scalar") throw new InternalError(`micro-program: leaf "${base.op.name}" is not loaded`);
    const known = this.registers.get(base);
    if (known !== undefined) return known;
    const register = this.push({ op: "scalar", dtype: node.dtype, dst: this.next++, a: this.numbers.slotOf(base) });
    this.registers.set(base, register);
    return register;
  }

  /** The register of a constant, one per value. */
  constant(value: number, dtype: DType): number {
    const key = `${dtype}:${Object.is(value, -0) ? "-0" : value}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const register = this.push({ op: "constant", dtype, dst: this.next++, value });
    this.constants.set(key, register);
    return register;
  }

  /** @param results The register each output takes. */
  finish(results: readonly number[]): MicroDescription {
    return allocateRegisters(joinProducts(this.code, results), this.loads, results);
  }

  private push(step: MicroStep): number {
    this.code.push(step);
    return step.dst;
  }
}

/** Which of a step's words are registers. */
function reads(step: MicroStep): number[] {
  const words = [step.a, step.b, step.c].slice(0, MICRO_OPS[step.op].operands);
  return words as number[];
}

/** a·b + c in one step, where nothing else reads the product: a register and a pass over it less. */
function joinProducts(code: readonly MicroStep[], results: readonly number[]): MicroStep[] {
  const readers = new Map<number, number>();
  for (const register of [...results, ...code.flatMap(reads)]) readers.set(register, (readers.get(register) ?? 0) + 1);
  const products = new Map(code.filter(({ op }) => op === "mul").map((step) => [step.dst, step]));
  const joined = new Set<MicroStep>();
  const productIn = (register: number | undefined) => {
    const product = register !== undefined && readers.get(register) === 1 ? products.get(register) : undefined;
    if (product !== undefined) joined.add(product);
    return product;
  };
  const steps = code.map((step): MicroStep => {
    if (step.op !== "add") return step;
    const { dtype, dst, a, b } = step;
    const left = productIn(a);
    if (left !== undefined) return { op: "mulAdd", dtype, dst, a: left.a, b: left.b, c: b };
    const right = productIn(b);
    return right === undefined ? step : { op: "mulAdd", dtype, dst, a: right.a, b: right.b, c: a };
  });
  return steps.filter((step) => !joined.has(step));
}

/** Linear scan: a register is free again after the last step that reads it. */
function allocateRegisters(code: readonly MicroStep[], loads: number, results: readonly number[]): MicroDescription {
  const lastRead = new Map<number, number>();
  code.forEach((step, i) => {
    for (const register of reads(step)) lastRead.set(register, i);
  });
  for (const register of results) lastRead.set(register, code.length);

  const renamed = new Map<number, number>();
  const free: number[] = [];
  let registers = loads;
  for (let i = 0; i < loads; i++) {
    renamed.set(i, i);
    if (!lastRead.has(i)) free.push(i);
  }
  const rename = (register: number | undefined) => (register === undefined ? undefined : renamed.get(register));
  const steps = code.map((step, i): MicroStep => {
    const operands = reads(step);
    const [a, b, c] = [step.a, step.b, step.c].map((word, k) => (k < operands.length ? rename(word) : word));
    for (const register of new Set(operands)) {
      if (lastRead.get(register) === i) free.push(renamed.get(register) as number);
    }
    const dst = free.pop() ?? registers++;
    renamed.set(step.dst, dst);
    return { ...step, dst, a, b, c };
  });
  return { registers: Math.max(1, registers), code: steps, results: results.map((r) => renamed.get(r) as number) };
}
