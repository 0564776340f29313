/** `gather` and `scatterAdd`: elements picked and added by index along an axis. */

import { allocate, type TypedArray } from "../../dtype.js";
import type { Opcode } from "../../program/opcodes.js";
import type { Instruction, ProgramView } from "../../program/reader.js";
import { sizeOf } from "../../shape.js";
import { indexOutOfRange } from "../index-error.js";
import type { Step } from "./kernel.js";
import { Operand } from "./strided.js";

export function gather({ opcode, inputs, outputs, attributes }: Instruction): Step {
  const [source, picks] = inputs as [ProgramView, ProgramView];
  const out = outputs[0] as ProgramView;
  const place = addresser(source, picks, attributes.axis as number);
  const [from, chosen, to] = [new Operand(source), new Operand(picks), new Operand(out)];
  const distinct = new Operand(withoutRepeats(picks));
  return (memory) => {
    const values = from.read(memory);
    checkIndices(opcode, distinct.read(memory), place.limit);
    const indices = chosen.read(memory);
    const result = allocate(out.buffer.dtype, indices.length);
    for (let i = 0; i < indices.length; i++) result[i] = values[place.at(i, indices[i] as number)] as number;
    to.write(memory, result);
  };
}

export function scatterAdd({ opcode, inputs, outputs, attributes }: Instruction): Step {
  const [base, picks, updates] = inputs as [ProgramView, ProgramView, ProgramView];
  const place = addresser(base, picks, attributes.axis as number);
  const [start, chosen, added] = [new Operand(base), new Operand(picks), new Operand(updates)];
  const distinct = new Operand(withoutRepeats(picks));
  const to = new Operand(outputs[0] as ProgramView);
  return (memory) => {
    checkIndices(opcode, distinct.read(memory), place.limit);
    const indices = chosen.read(memory);
    const values = added.read(memory);
    // Added in the dtype of the output, one after the other: the order is part of the meaning.
    const result = start.read(memory).slice();
    for (let i = 0; i < indices.length; i++) {
      const at = place.at(i, indices[i] as number);
      result[at] = (result[at] as number) + (values[i] as number);
    }
    to.write(memory, result);
  };
}

/** Finds elements of `source` for elements of `indices`, both in row-major order. */
interface Addresser {
  /** Number of elements along the axis: indices lie in [0, limit). */
  readonly limit: number;
  /** The element of source at the coordinates of element `i` of indices, with `index` along the axis. */
  at(i: number, index: number): number;
}

function addresser(source: ProgramView, indices: ProgramView, axis: number): Addresser {
  const limit = source.shape[axis] as number;
  const inner = sizeOf(source.shape.slice(axis + 1));
  const slab = (indices.shape[axis] as number) * inner;
  return {
    limit,
    at: (i, index) => (Math.floor(i / slab) * limit + index) * inner + (i % inner),
  };
}

/** The tensor that was broadcast: axes of stride 0 once. A bad index is reported at its position there. */
export function withoutRepeats(view: ProgramView): ProgramView {
  return { ...view, shape: view.shape.map((length, i) => (view.strides[i] === 0 ? Math.min(length, 1) : length)) };
}

/** @throws {IndexError} for the first index outside [0, limit). */
export function checkIndices(opcode: Opcode, indices: TypedArray, limit: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (index >= 0 && index < limit) continue;
    throw indexOutOfRange(opcode, index, i, limit);
  }
}
