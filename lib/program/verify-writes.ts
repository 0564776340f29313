/**
 * The rules of writing: no output in read-only memory, no two elements of an output at one address, no output
 * over an input except element for element by a micro-program.
 */

import { dtypeInfo } from "../dtype.js";
import { showShape } from "../shape.js";
import { ARENA_BLOCK } from "./format.js";
import { INSTRUCTIONS } from "./opcodes.js";
import type { Instruction, ProgramView } from "./reader.js";
import type { Check } from "./verify.js";

/** Checks where an instruction writes. */
export function verifyWrites({ opcode, outputs, inputs }: Instruction, check: Check): void {
  const { inputs: own, micro } = INSTRUCTIONS[opcode];
  outputs.forEach((output, i) => {
    const { buffer, shape, strides } = output;
    check(buffer.kind !== "input" && buffer.kind !== "constant", () => {
      return `output ${i} lies in buffer ${buffer.index}, which is read-only: ${buffer.kind}`;
    });
    check(hasDistinctElements(output), () => {
      return `output ${i} has several elements at one address: ${showShape(shape)}, strides ${showShape(strides)}`;
    });
    outputs.slice(0, i).forEach((other, j) => {
      check(!mayOverlap(output, other), () => `output ${i} overlaps output ${j}`);
    });
    inputs.forEach((input, j) => {
      // Reductions write each element after reading many; everything else a micro-program does in step.
      const inStep = micro && opcode !== "reduce" && j >= own && coincide(output, input);
      check(inStep || !mayOverlap(output, input), () => `output ${i} overlaps input ${j}`);
    });
  });
}

/**
 * Whether each axis, from the smallest stride up, steps over all that the smaller ones reach. So do all slices
 * and transpositions of a contiguous tensor, and no broadcast axis.
 */
function hasDistinctElements({ shape, strides }: ProgramView): boolean {
  if (shape.includes(0)) return true;
  const axes = shape.map((length, i) => ({ length, stride: Math.abs(strides[i] as number) }));
  let reach = 0;
  for (const { length, stride } of axes.filter((axis) => axis.length > 1).sort((a, b) => a.stride - b.stride)) {
    if (stride <= reach) return false;
    reach += (length - 1) * stride;
  }
  return true;
}

/** A range [low, high). */
interface Extent {
  readonly low: number;
  readonly high: number;
}

/** Bytes a view spans in the memory its buffer lies in: the arena, where it is a temp. */
function extent({ buffer, offset, shape, strides }: ProgramView): Extent {
  const { bytes } = dtypeInfo[buffer.dtype];
  const base = buffer.kind === "temp" ? buffer.place * ARENA_BLOCK : 0;
  let [low, high] = [base + offset * bytes, base + (offset + 1) * bytes];
  shape.forEach((length, axis) => {
    const reach = (length - 1) * (strides[axis] as number) * bytes;
    if (reach < 0) low += reach;
    else high += reach;
  });
  return { low, high };
}

function disjoint(a: Extent, b: Extent): boolean {
  return a.low >= b.high || b.low >= a.high;
}

/**
 * Whether two views may share memory. Exact for slices of one tensor along one axis; otherwise it may say yes
 * where a finer analysis would say no.
 */
function mayOverlap(a: ProgramView, b: ProgramView): boolean {
  if (a.shape.includes(0) || b.shape.includes(0)) return false;
  const sameBuffer = a.buffer === b.buffer;
  if (!sameBuffer && !(a.buffer.kind === "temp" && b.buffer.kind === "temp")) return false;
  if (disjoint(extent(a), extent(b))) return false;
  if (!sameBuffer) return true;
  return !a.strides.some((stride) => {
    const period = Math.abs(stride);
    const [inA, inB] = [residues(a, period), residues(b, period)];
    return inA !== undefined && inB !== undefined && disjoint(inA, inB);
  });
}

/**
 * Where the elements of a view lie within a period of `period` elements, axes that step over whole periods left
 * out: two columns of a matrix differ here. Undefined where they wrap around the end of the period.
 */
function residues({ offset, shape, strides }: ProgramView, period: number): Extent | undefined {
  if (period < 2) return undefined;
  let low = offset;
  let reach = 0;
  shape.forEach((length, axis) => {
    const step = (strides[axis] as number) % period === 0 ? 0 : (length - 1) * (strides[axis] as number);
    if (step < 0) low += step;
    reach += Math.abs(step);
  });
  low = ((low % period) + period) % period;
  return low + reach < period ? { low, high: low + reach + 1 } : undefined;
}

/** Whether element i of both views has the same address, for every i. Two temps may be one piece of the arena. */
function coincide(a: ProgramView, b: ProgramView): boolean {
  if (dtypeInfo[a.buffer.dtype].bytes !== dtypeInfo[b.buffer.dtype].bytes) return false;
  if (extent(a).low !== extent(b).low || a.shape.length !== b.shape.length) return false;
  return a.shape.every((length, i) => length === b.shape[i] && (length === 1 || a.strides[i] === b.strides[i]));
}
