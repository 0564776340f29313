/** `reduce`: sums, products and extrema of a micro-program's results, floats accumulated in float64. */

import { type DType, isFloat, type TypedArray } from "../../dtype.js";
import { givesPositions, type PositionKind, REDUCE_KINDS, type ReduceKind } from "../../program/opcodes.js";
import type { Instruction, ProgramView } from "../../program/reader.js";
import { contiguousStrides, sizeOf } from "../../shape.js";
import type { Step } from "./kernel.js";
import { MicroMachine } from "./micro.js";
import type { Lanes } from "./micro-ops.js";
import { collapse, Operand, type Strided, walk } from "./strided.js";

type Accumulators = Float64Array | Int32Array;

/** Reductions that keep a value; argMax and argMin keep a value and where it was. */
type ValueKind = Exclude<ReduceKind, PositionKind>;

export function reduce(instruction: Instruction): Step {
  const input = instruction.inputs[0] as ProgramView;
  const output = instruction.outputs[0] as ProgramView;
  const kind = REDUCE_KINDS[instruction.attributes.kind as number] as ReduceKind;
  const machine = new MicroMachine(instruction);
  const dtype = machine.resultTypes[0] as DType;
  const layout = accumulatorLayout(input.shape, output.shape);
  const size = sizeOf(input.shape);
  const out = new Operand(output);
  if (givesPositions(kind)) {
    const axis = instruction.attributes.axis as number;
    const inner = sizeOf(input.shape.slice(axis + 1));
    const length = input.shape[axis] as number;
    return (memory) => {
      const winners = new Winners(kind, dtype, out.size);
      machine.forEachBlock(memory, size, undefined, (start, count, [values]) => {
        walk(layout, start, count, (at, stride, from, to) => {
          for (let i = from; i < to; i++, at += stride) {
            winners.offer(at, (values as Lanes)[i] as number, Math.floor((start + i) / inner) % length);
          }
        });
      });
      out.write(memory, winners.positions);
    };
  }
  const combine = combiners[kind];
  return (memory) => {
    const totals: Accumulators = isFloat(dtype) ? new Float64Array(out.size) : new Int32Array(out.size);
    totals.fill(identity(kind, dtype));
    machine.forEachBlock(memory, size, undefined, (start, count, [values]) => {
      walk(layout, start, count, (at, stride, from, to) => combine(totals, at, stride, values as Lanes, from, to));
    });
    out.write(memory, totals);
  };
}

/** Where in the contiguous accumulators each input element goes: stride 0 along reduced axes. */
function accumulatorLayout(input: readonly number[], output: readonly number[]): Strided {
  const strides = contiguousStrides(output).map((stride, axis) => (output[axis] === 1 ? 0 : stride));
  return collapse({ offset: 0, shape: input, strides });
}

/** The value that changes nothing when combined with any other. */
function identity(kind: ValueKind, dtype: DType): number {
  if (kind === "sum") return 0;
  if (kind === "prod") return 1;
  const [least, largest] = range(dtype);
  return kind === "max" ? least : largest;
}

function range(dtype: DType): [least: number, largest: number] {
  switch (dtype) {
    case "float32":
    case "float64":
      return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    case "int32":
      return [-(2 ** 31), 2 ** 31 - 1];
    case "uint8":
      return [0, 255];
    case "bool":
      return [0, 1];
  }
}

/** Combines values[from … to) into totals[at], totals[at + stride], …; int32 wraps as it is stored. */
type Combiner = (
  totals: Accumulators,
  at: number,
  stride: number,
  values: TypedArray,
  from: number,
  to: number,
) => void;

const combiners: { readonly [K in ValueKind]: Combiner } = {
  sum: (totals, at, stride, values, from, to) => {
    for (let i = from; i < to; i++, at += stride) totals[at] = (totals[at] as number) + (values[i] as number);
  },
  prod: (totals, at, stride, values, from, to) => {
    const exact = totals instanceof Int32Array ? Math.imul : (a: number, b: number) => a * b;
    for (let i = from; i < to; i++, at += stride) totals[at] = exact(totals[at] as number, values[i] as number);
  },
  max: (totals, at, stride, values, from, to) => {
    for (let i = from; i < to; i++, at += stride) totals[at] = Math.max(totals[at] as number, values[i] as number);
  },
  min: (totals, at, stride, values, from, to) => {
    for (let i = from; i < to; i++, at += stride) totals[at] = Math.min(totals[at] as number, values[i] as number);
  },
};

/** The first extremum met at each place; NaN beats every number, and the first NaN stays. */
class Winners {
  readonly positions: Int32Array;
  readonly #values: Float64Array;
  readonly #sign: 1 | -1;

  constructor(kind: PositionKind, dtype: DType, size: number) {
    this.#sign = kind === "argMax" ? 1 : -1;
    // The identity may be a value itself: position 0 is then right, because it is the first one.
    this.#values = new Float64Array(size).fill(identity(kind === "argMax" ? "max" : "min", dtype) * this.#sign);
    this.positions = new Int32Array(size);
  }

  offer(at: number, value: number, position: number): void {
    const signed = value * this.#sign;
    const best = this.#values[at] as number;
    if (signed > best || (Number.isNaN(signed) && !Number.isNaN(best))) {
      this.#values[at] = signed;
      this.positions[at] = position;
    }
  }
}
