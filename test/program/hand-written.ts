/** Programs of one instruction, written by hand for tests. */

import { ReferenceBackend } from "../../lib/backends/reference/index.js";
import { allocate, type DType, dtypeInfo, type TypedArray } from "../../lib/dtype.js";
import type { Opcode } from "../../lib/program/opcodes.js";
import { type MicroDescription, ProgramWriter } from "../../lib/program/writer.js";
import { contiguousStrides, sizeOf } from "../../lib/shape.js";

/** A view of a buffer of its own; contiguous and at offset 0 unless it says otherwise. */
export interface TestView {
  readonly dtype?: DType;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  /** Elements of the buffer; an output's buffer has exactly as many as its shape unless `length` is given. */
  readonly data?: readonly number[];
  readonly length?: number;
}

export interface TestInstruction {
  readonly opcode: Opcode;
  readonly outputs: readonly TestView[];
  readonly inputs: readonly TestView[];
  readonly attributes?: Readonly<Record<string, number>>;
  readonly micro?: MicroDescription;
  readonly scalars?: readonly number[];
}

function lengthOf(view: TestView): number {
  return view.data?.length ?? view.length ?? sizeOf(view.shape);
}

/** The words of a Program whose inputs and outputs are bound in order. */
export function writeInstruction({ opcode, outputs, inputs, attributes, micro, scalars }: TestInstruction): Int32Array {
  const writer = new ProgramWriter();
  const add = (kind: "input" | "output") => (view: TestView, slot: number) => {
    const buffer = writer.buffer(kind, view.dtype ?? "float32", lengthOf(view), slot);
    const { shape, strides = contiguousStrides(shape), offset = 0 } = view;
    return writer.view(buffer, { offset, shape, strides });
  };
  writer.scalars = scalars?.length ?? 0;
  const operands = { outputs: outputs.map(add("output")), inputs: inputs.map(add("input")) };
  writer.instruction(opcode, { ...operands, attributes, micro });
  return writer.finish();
}

export function arrayOf(dtype: DType, values: readonly number[]): TypedArray {
  const array = allocate(dtype, values.length);
  array.set(values);
  return array;
}

/** Runs one instruction on the reference machine; returns the elements of the output buffers. */
export function runInstruction(instruction: TestInstruction): number[][] {
  const outputs = instruction.outputs.map((view) => new dtypeInfo[view.dtype ?? "float32"].Array(lengthOf(view)));
  new ReferenceBackend().prepare(writeInstruction(instruction), []).run({
    inputs: instruction.inputs.map((view) => arrayOf(view.dtype ?? "float32", view.data ?? [])),
    outputs,
    states: [],
    scalars: Float64Array.from(instruction.scalars ?? []),
  });
  return outputs.map((output) => Array.from(output));
}

/** The micro-program that passes register 0 through. */
export const passThrough: MicroDescription = { registers: 1, results: [0], code: [] };

/** 0, 1, …, length − 1. */
export function ascending(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** Small integers without an obvious pattern: products and sums of them are exact in every float dtype. */
export function smallIntegers(length: number, seed: number): number[] {
  return ascending(length).map((i) => ((i * 7 + seed * 13 + i * i * 3) % 11) - 5);
}
