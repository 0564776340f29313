/**
 * What the passes between graph and Program work on: kernels, which become one instruction each, and the
 * values that pass between them, which become buffers.
 */

import type { DType } from "../dtype.js";
import type { Tensor } from "../graph/tensor.js";
import type { BufferKind } from "../program/format.js";
import type { Opcode } from "../program/opcodes.js";
import type { MicroDescription } from "../program/writer.js";
import type { View } from "../view.js";

/** A contiguous run of elements: what a leaf binds, or what a kernel writes. */
export interface Value {
  readonly dtype: DType;
  /** Number of elements. */
  readonly length: number;
  /** Temp until a pass gives it another home. */
  kind: BufferKind;
  /** Slot of a bound buffer; of a temp, its offset in the arena in blocks, once planned. */
  place: number;
  /** A temp that takes over the memory of another one, which dies where this one is made. */
  takesOver: Value | undefined;
}

/** A value as a kernel reads or writes it. */
export interface Operand {
  readonly value: Value;
  readonly view: View;
}

/** An instruction to be. */
export interface Kernel {
  readonly opcode: Opcode;
  readonly outputs: readonly Operand[];
  /** Operands of the instruction itself, then those its micro-program loads. */
  readonly inputs: readonly Operand[];
  readonly words: Readonly<Record<string, number>>;
  readonly micro: MicroDescription | undefined;
  /** The nodes it computes, for prints. */
  readonly nodes: readonly Tensor[];
  /** Kernels that must run earlier although no value says so. */
  readonly after: Set<Kernel>;
}

/** What a kernel is made of; what is not said is empty. */
export type KernelParts = Pick<Kernel, "opcode" | "outputs" | "inputs" | "nodes"> &
  Partial<Pick<Kernel, "words" | "micro">>;

export function newKernel(parts: KernelParts): Kernel {
  return { words: {}, micro: undefined, ...parts, after: new Set() };
}

export function newValue(dtype: DType, length: number): Value {
  return { dtype, length, kind: "temp", place: -1, takesOver: undefined };
}

/** Whether two views of one buffer visit the same elements in the same order. */
export function touchesSameElements(a: View, b: View): boolean {
  return (
    a.offset === b.offset &&
    a.shape.length === b.shape.length &&
    a.shape.every((length, i) => length === b.shape[i] && (length === 1 || a.strides[i] === b.strides[i]))
  );
}

/** The value whose memory a temp uses. */
export function ownerOf(value: Value): Value {
  let owner = value;
  while (owner.takesOver !== undefined) owner = owner.takesOver;
  return owner;
}
