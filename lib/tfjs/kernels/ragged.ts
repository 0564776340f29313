/**
 * Ragged tensors: rows of different lengths, as the values of all rows and the positions where rows end. Their shapes depend on
 * values, so they are computed at once.
 */

import {
  backend_util,
  type RaggedGatherInputs,
  type RaggedRangeInputs,
  type RaggedTensorToTensorAttrs,
  type RaggedTensorToTensorInputs,
  util,
} from "@tensorflow/tfjs-core";
import { IndexError, OptionError, ShapeError, tensor } from "../../index.js";
import { type Kernel, type Values, valuesKernel } from "../kernel.js";
import { integersOf, integerVector } from "./values.js";

/** Rows of a matrix of values, in the given order; of no row an empty one. */
function takeRows(values: Values, rows: readonly number[]): Values {
  const [count = 0, ...rest] = values.shape;
  const width = count === 0 ? 0 : values.values.length / count;
  const taken = util.makeZerosTypedArray(rows.length * width, values.dtype as "float32") as Float32Array;
  const all = values.values as Float32Array;
  for (const [i, row] of rows.entries()) taken.set(all.subarray(row * width, (row + 1) * width), i * width);
  return { shape: [rows.length, ...rest], dtype: values.dtype, values: taken };
}

// ── gather ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** @throws {OptionError} unless the positions of each level ascend, and end within the next one. */
function checkSplits(levels: readonly Int32Array[], size: number): void {
  for (const [i, splits] of levels.entries()) {
    const limit = levels[i + 1]?.length ?? size;
    if (splits.length === 0) throw new OptionError("Ragged splits may not be empty");
    if ((splits[0] as number) < 0) throw new OptionError("Ragged splits must be non-negative");
    if ((splits.at(-1) as number) > limit) throw new OptionError("Ragged splits must not point past values");
    if (splits.some((split, j) => j > 0 && split < (splits[j - 1] as number))) {
      throw new OptionError("Ragged splits must be sorted in ascending order");
    }
  }
}

/** Rows of a ragged tensor at indices of any shape. */
const raggedGather = valuesKernel<RaggedGatherInputs>(
  "RaggedGather",
  ({ paramsNestedSplits, paramsDenseValues, indices }) => {
    const [outermost] = paramsNestedSplits;
    if (outermost === undefined) throw new OptionError("paramsNestedSplits must be non empty");
    if (outermost.shape.length === 0) throw new ShapeError("Split tensors must not be scalars");
    if (paramsDenseValues.shape.length === 0) throw new ShapeError("params.rank must be nonzero");
    const rows = (outermost.shape[0] as number) - 1;
    checkRowIndices(indices, rows);
    const levels = paramsNestedSplits.map(integersOf);
    checkSplits(levels, paramsDenseValues.shape[0] as number);
    // Rows of the axes of the indices are all of one length.
    const regular = indices.shape.slice(1).map((length, axis) => {
      const count = util.sizeFromShape(indices.shape.slice(0, axis + 1) as number[]);
      return Array.from({ length: count + 1 }, (_, i) => i * length);
    });
    const ragged = levels.map(() => [0]);
    const taken: number[] = [];
    for (const index of integersOf(indices)) {
      let [start, end] = [index, index + 1];
      for (const [i, splits] of levels.entries()) {
        const found = ragged[i] as number[];
        const shift = (found.at(-1) as number) - (splits[start] as number);
        for (let j = start + 1; j <= end; j++) found.push((splits[j] as number) + shift);
        [start, end] = [splits[start] as number, splits[end] as number];
      }
      for (let row = start; row < end; row++) taken.push(row);
    }
    // Without an axis of its own an index removes the outermost level.
    const kept = indices.shape.length === 0 ? ragged.slice(1) : ragged;
    return [...[...regular, ...kept].map(integerVector), takeRows(paramsDenseValues, taken)];
  },
);

function checkRowIndices(indices: Values, rows: number): void {
  const values = integersOf(indices);
  const bad = values.findIndex((index) => !(index >= 0 && index < rows));
  if (bad < 0) return;
  const shape = indices.shape as number[];
  const place = util.indexToLoc(bad, shape.length, util.computeStrides(shape));
  throw new IndexError(`indices[${place}] = ${values[bad]} is not in [0, ${rows})`);
}

// ── range ──────────────────────────────────────────────────────────────────────────────────────────────────────

const INT32_MAX = 2 ** 31 - 1;

/** Ranges from starts to limits in steps, one after the other. Numbers count for all rows. */
const raggedRange = valuesKernel<RaggedRangeInputs>("RaggedRange", ({ starts, limits, deltas }) => {
  for (const [name, { shape }] of Object.entries({ starts, limits, deltas })) {
    if (shape.length > 1) throw new ShapeError(`${name} must be a scalar or vector`);
  }
  const lengths = new Set([starts, limits, deltas].flatMap(({ shape }) => shape));
  if (lengths.size > 1) throw new ShapeError("starts, limits, and deltas must have the same shape");
  const [rows = 1] = lengths;
  const at = ({ shape, values }: Values, row: number) => values[shape.length === 0 ? 0 : row] as number;
  const splits = [0];
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [start, limit, delta] = [at(starts, row), at(limits, row), at(deltas, row)];
    if (delta === 0) throw new OptionError("Requires delta != 0");
    const size = Math.max(0, Math.ceil((limit - start) / delta));
    if (size > INT32_MAX) throw new OptionError(`Requires ((limit - start) / delta) <= ${INT32_MAX}`);
    for (let i = 0; i < size; i++) values.push(start + i * delta);
    splits.push(values.length);
  }
  const dense = util.makeZerosTypedArray(values.length, starts.dtype as "float32").map((_, i) => values[i] as number);
  return [integerVector(splits), { shape: [values.length], dtype: starts.dtype, values: dense as Float32Array }];
});

// ── to dense ───────────────────────────────────────────────────────────────────────────────────────────────────

/** For each element of a level the row it belongs to, from one of the two ways to say so. */
function rowsOf(type: string, partition: Int32Array): Int32Array {
  if (type === "VALUE_ROWIDS") return partition;
  if (type !== "ROW_SPLITS") throw new OptionError(`Unsupported partition type: ${type}`);
  const rows = new Int32Array(partition.at(-1) ?? 0);
  for (let row = 0; row + 1 < partition.length; row++) rows.fill(row, partition[row], partition[row + 1]);
  return rows;
}

/** For each element its place in its row. Elements of a row follow each other. */
function columnsOf(rows: Int32Array): Int32Array {
  const columns = new Int32Array(rows.length);
  for (let i = 1; i < rows.length; i++) columns[i] = rows[i] === rows[i - 1] ? (columns[i - 1] as number) + 1 : 0;
  return columns;
}

/** How many rows the outermost level has. */
function countRows(type: string | undefined, partition: Values): number {
  const values = integersOf(partition);
  if (values.length === 0) {
    throw new OptionError("Invalid first partition input. Tensor requires at least one element.");
  }
  if (type === "FIRST_DIM_SIZE") return values[0] as number;
  if (type === "ROW_SPLITS") return values.length - 1;
  throw new OptionError(`Cannot handle ${type} in first dimension.`);
}

/** The lengths that are asked for; −1 is any. */
function partialShape({ shape, values }: Values): number[] {
  const lengths = Array.from(values as Int32Array);
  if (shape.length === 0) {
    if (lengths[0] === -1) return [];
    throw new OptionError("The only valid scalar shape tensor is the fully unknown shape specified as -1.");
  }
  const bad = lengths.find((length) => length < -1);
  if (bad !== undefined) throw new OptionError(`Dimension ${bad} must be >= -1`);
  return lengths;
}

/** A ragged tensor as a dense one: rows are cut off, or filled up with the default value. */
const raggedTensorToTensor = valuesKernel<RaggedTensorToTensorInputs, RaggedTensorToTensorAttrs>(
  "RaggedTensorToTensor",
  ({ shape, values, defaultValue, rowPartitionTensors }, { rowPartitionTypes }) => {
    const first = countRows(rowPartitionTypes[0], rowPartitionTensors[0] as Values);
    const skipped = rowPartitionTypes[0] === "FIRST_DIM_SIZE" ? 1 : 0;
    const levels = rowPartitionTensors.slice(skipped).map((partition, i) => {
      const rows = rowsOf(rowPartitionTypes[i + skipped] as string, integersOf(partition));
      return { rows, columns: columnsOf(rows) };
    });
    backend_util.validateDefaultValueShape(defaultValue.shape as number[], values.shape as number[]);
    const full = backend_util.combineRaggedTensorToTensorShapes(
      levels.length,
      partialShape(shape),
      values.shape as number[],
    );
    const lengths = full.map((length, axis) => {
      if (length >= 0) return length;
      return axis === 0
        ? first
        : (levels[axis - 1]?.columns.reduce((most, column) => Math.max(most, column + 1), 0) ?? 0);
    });
    const inner = lengths.slice(levels.length + 1);
    // Where each element of a level goes in the dense tensor, in elements of the level; −1 for what is cut off.
    let places = Int32Array.from({ length: first }, (_, row) => (row < (lengths[0] as number) ? row : -1));
    for (const [i, { rows, columns }] of levels.entries()) {
      const length = lengths[i + 1] as number;
      const above = places;
      places = rows.map((row, j) => {
        if (row >= above.length) throw new IndexError(`Got a row id of ${row}, which is not less than ${above.length}`);
        const [place, column] = [above[row] as number, columns[j] as number];
        return place < 0 || column >= length ? -1 : place * length + column;
      });
    }
    const width = util.sizeFromShape(inner);
    const dense = filledWith(defaultValue, values.dtype, util.sizeFromShape(lengths) / Math.max(1, width), inner);
    const all = values.values as Float32Array;
    for (const [i, place] of places.entries()) {
      if (place >= 0) dense.set(all.subarray(i * width, (i + 1) * width), place * width);
    }
    return { shape: lengths, dtype: values.dtype, values: dense };
  },
);

/** `count` times the default value, broadcast to the shape of an element. */
function filledWith({ values, shape }: Values, dtype: string, count: number, inner: readonly number[]): Float32Array {
  const element = tensor(Float64Array.from(values as Float32Array), { shape, dtype: "float32" })
    .broadcastTo(inner)
    .dataSync();
  const dense = util.makeZerosTypedArray(count * element.length, dtype as "float32") as Float32Array;
  for (let i = 0; i < count; i++) dense.set(element, i * element.length);
  return dense;
}

export const raggedKernels: readonly Kernel[] = [raggedGather, raggedRange, raggedTensorToTensor];
