/** `reduce`: sums, products, extrema and variances of a micro-program's results, floats accumulated in float64. */

import { type DType, isFloat, type TypedArray } from "../../dtype.js";
import { givesPositions, type PositionKind, REDUCE_KINDS, type ReduceKind } from "../../program/opcodes.js";
import type { Instruction, ProgramView } from "../../program/reader.js";
import { contiguousStrides, sizeOf } from "../../shape.js";
import type { Step } from "./kernel.js";
import { MicroMachine } from "./micro.js";
import { collapse, Operand, type Strided, walk } from "./strided.js";

/** Gathers what becomes of the elements that are reduced to each place. */
interface Gatherer {
  /** Takes values[from … to), which go to the places at, at + stride, …; values[0] is element `start` of all. */
  take(at: number, stride: number, values: TypedArray, from: number, to: number, start: number): void;
  /** What the outputs hold. */
  readonly results: readonly TypedArray[];
}

/** Reductions that combine values with one another. */
type ValueKind = Exclude<ReduceKind, PositionKind | "variance">;

export function reduce(instruction: Instruction): Step {
  const input = instruction.inputs[0] as ProgramView;
  const machine = new MicroMachine(instruction);
  const layout = accumulatorLayout(input.shape, (instruction.outputs[0] as ProgramView).shape);
  const size = sizeOf(input.shape);
  const outs = instruction.outputs.map((view) => new Operand(view));
  const newGatherers = gatherersOf(instruction, machine.resultTypes);
  return (memory) => {
    const gatherers = newGatherers();
    machine.forEachBlock(memory, size, undefined, (start, count, values) => {
      for (const [k, gatherer] of gatherers.entries()) {
        walk(layout, start, count, (at, stride, from, to) =>
          gatherer.take(at, stride, values[k] as TypedArray, from, to, start),
        );
      }
    });
    const results = gatherers.flatMap((gatherer) => gatherer.results);
    for (const [k, out] of outs.entries()) out.write(memory, results[k] as TypedArray);
  };
}

/** Makes what gathers each result of the micro-program; a variance gathers its sum too. */
function gatherersOf({ inputs, outputs, attributes }: Instruction, dtypes: readonly DType[]): () => Gatherer[] {
  const { shape } = inputs[0] as ProgramView;
  const size = sizeOf((outputs[0] as ProgramView).shape);
  const kind = REDUCE_KINDS[attributes.kind as number] as ReduceKind;
  if (kind === "variance") return () => [new Spread(size)];
  if (!givesPositions(kind)) return () => dtypes.map((dtype) => new Totals(kind, dtype, size));
  const axis = attributes.axis as number;
  const inner = sizeOf(shape.slice(axis + 1));
  return () => [new Winners(kind, dtypes[0] as DType, size, inner, shape[axis] as number)];
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

/** Sums, products or extrema; int32 wraps as it is stored. */
class Totals implements Gatherer {
  readonly #kind: ValueKind;
  readonly #totals: Float64Array | Int32Array;

  constructor(kind: ValueKind, dtype: DType, size: number) {
    this.#kind = kind;
    this.#totals = isFloat(dtype) ? new Float64Array(size) : new Int32Array(size);
    this.#totals.fill(identity(kind, dtype));
  }

  take(at: number, stride: number, values: TypedArray, from: number, to: number): void {
    combiners[this.#kind](this.#totals, at, stride, values, from, to);
  }

  get results() {
    return [this.#totals];
  }
}

/** Mean squared distances to the mean, and sums: Welford's method, which subtracts no large numbers. */
class Spread implements Gatherer {
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;

  constructor(size: number) {
    this.#counts = new Float64Array(size);
    this.#sums = new Float64Array(size);
    this.#means = new Float64Array(size);
    this.#squares = new Float64Array(size);
  }

  take(at: number, stride: number, values: TypedArray, from: number, to: number): void {
    for (let i = from, place = at; i < to; i++, place += stride) {
      const value = values[i] as number;
      const count = (this.#counts[place] as number) + 1;
      const distance = value - (this.#means[place] as number);
      const mean = (this.#means[place] as number) + distance / count;
      this.#counts[place] = count;
      this.#sums[place] = (this.#sums[place] as number) + value;
      this.#means[place] = mean;
      this.#squares[place] = (this.#squares[place] as number) + distance * (value - mean);
    }
  }

  get results() {
    return [this.#squares.map((squares, place) => squares / (this.#counts[place] as number)), this.#sums];
  }
}

/** Combines values[from … to) into totals[at], totals[at + stride], …; int32 wraps as it is stored. */
type Combiner = (
  totals: Float64Array | Int32Array,
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
class Winners implements Gatherer {
  readonly #positions: Int32Array;
  readonly #values: Float64Array;
  readonly #sign: 1 | -1;

  /** @param inner How many elements apart neighbours on the reduced axis are, which is `length` long. */
  constructor(
    kind: PositionKind,
    dtype: DType,
    size: number,
    private readonly inner: number,
    private readonly length: number,
  ) {
    this.#sign = kind === "argMax" ? 1 : -1;
    // The identity may be a value itself: position 0 is then right, because it is the first one.
    this.#values = new Float64Array(size).fill(identity(kind === "argMax" ? "max" : "min", dtype) * this.#sign);
    this.#positions = new Int32Array(size);
  }

  take(at: number, stride: number, values: TypedArray, from: number, to: number, start: number): void {
    for (let i = from, place = at; i < to; i++, place += stride) {
      const signed = (values[i] as number) * this.#sign;
      const best = this.#values[place] as number;
      if (signed > best || (Number.isNaN(signed) && !Number.isNaN(best))) {
        this.#values[place] = signed;
        this.#positions[place] = Math.floor((start + i) / this.inner) % this.length;
      }
    }
  }

  get results() {
    return [this.#positions];
  }
}
