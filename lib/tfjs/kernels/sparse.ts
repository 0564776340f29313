/** Sparse tensors: coordinates and values. Their shapes depend on values, so they are computed at once. */

import {
  backend_util,
  type SparseFillEmptyRowsInputs,
  type SparseReshapeInputs,
  type SparseSegmentSumInputs,
  util,
} from "@tensorflow/tfjs-core";
import { IndexError, OptionError, ShapeError } from "../../index.js";
import { type Kernel, type Values, valuesKernel } from "../kernel.js";
import { arrayOf, integersOf } from "./values.js";

/** @throws {ShapeError} unless the tensor has so many axes. */
function checkRank({ shape }: Values, rank: number, what: string): void {
  if (shape.length !== rank) throw new ShapeError(`${what}: ${shape}`);
}

/** The shape asked for, with one −1 in it replaced by what is left of the size. */
function fullShape(from: readonly number[], target: Int32Array): number[] {
  const unknown = target.indexOf(-1);
  const second = target.indexOf(-1, unknown + 1);
  if (unknown >= 0 && second >= 0) {
    throw new OptionError(backend_util.getSparseReshapeMultipleNegativeOneOutputDimErrorMessage(unknown, second));
  }
  const negative = target.findIndex((length) => length < -1);
  if (negative >= 0) {
    const message = backend_util.getSparseReshapeNegativeOutputDimErrorMessage(negative, target[negative] as number);
    throw new OptionError(message);
  }
  const size = util.sizeFromShape(from as number[]);
  const shape = Array.from(target, (length) => (length === -1 ? 1 : length));
  const known = util.sizeFromShape(shape);
  if (unknown >= 0) {
    if (known <= 0) throw new OptionError(backend_util.getSparseReshapeEmptyTensorZeroOutputDimErrorMessage());
    if (size % known !== 0) {
      throw new ShapeError(backend_util.getSparseReshapeInputOutputMultipleErrorMessage(from as number[], shape));
    }
    shape[unknown] = size / known;
  } else if (known !== size) {
    throw new ShapeError(backend_util.getSparseReshapeInputOutputMismatchErrorMessage(from as number[], shape));
  }
  return shape;
}

/** The same elements at their coordinates in another shape of the same size. */
const sparseReshape = valuesKernel<SparseReshapeInputs>("SparseReshape", ({ inputIndices, inputShape, newShape }) => {
  checkRank(inputIndices, 2, "Input indices should be a matrix but received shape");
  checkRank(inputShape, 1, "Input shape should be a vector but received shape");
  checkRank(newShape, 1, "Target shape should be a vector but received shape");
  const from = Array.from(integersOf(inputShape));
  const shape = fullShape(from, integersOf(newShape));
  const count = inputIndices.shape[0] as number;
  const coordinates = integersOf(inputIndices);
  const moved = new Int32Array(count * shape.length);
  for (let i = 0; i < count; i++) {
    let position = from.reduce(
      (sum, length, axis) => sum * length + (coordinates[i * from.length + axis] as number),
      0,
    );
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = shape[axis] as number;
      moved[i * shape.length + axis] = position % length;
      position = Math.floor(position / length);
    }
  }
  return [
    { shape: [count, shape.length], dtype: inputIndices.dtype, values: moved },
    { shape: [shape.length], dtype: newShape.dtype, values: Int32Array.from(shape) },
  ];
});

/** The same matrix with a default value in the first column of every row that had none; rows in order. */
const sparseFillEmptyRows = valuesKernel<SparseFillEmptyRowsInputs>("SparseFillEmptyRows", (inputs) => {
  const { indices, values, denseShape, defaultValue } = inputs;
  checkRank(denseShape, 1, "Dense shape must be a vector, saw");
  checkRank(indices, 2, "Indices must be a matrix, saw");
  checkRank(values, 1, "Values must be a vector, saw");
  checkRank(defaultValue, 0, "Default value must be a scalar, saw");
  const [count, rank] = indices.shape as [number, number];
  const rows = integersOf(denseShape)[0] as number;
  const coordinates = integersOf(indices);
  if (rows === 0 && count > 0) {
    throw new ShapeError(backend_util.getSparseFillEmptyRowsIndicesDenseShapeMismatch(count));
  }
  const elementsOf: number[][] = Array.from({ length: rows }, () => []);
  for (let i = 0; i < count; i++) {
    const row = coordinates[i * rank] as number;
    if (row < 0) throw new IndexError(backend_util.getSparseFillEmptyRowsNegativeIndexErrorMessage(i, row));
    if (row >= rows) throw new IndexError(backend_util.getSparseFillEmptyRowsOutOfRangeIndexErrorMessage(i, row, rows));
    (elementsOf[row] as number[]).push(i);
  }
  const [filled, elements, places]: [number[], unknown[], number[]] = [[], [], []];
  elementsOf.forEach((list, row) => {
    for (const i of list) {
      places[i] = elements.length;
      filled.push(...coordinates.subarray(i * rank, (i + 1) * rank));
      elements.push(values.values[i]);
    }
    if (list.length > 0) return;
    filled.push(row, ...new Array<number>(rank - 1).fill(0));
    elements.push(defaultValue.values[0]);
  });
  return [
    { shape: [elements.length, rank], dtype: indices.dtype, values: Int32Array.from(filled) },
    { shape: [elements.length], dtype: values.dtype, values: arrayOf(elements, values.dtype) },
    { shape: [rows], dtype: "bool", values: Uint8Array.from(elementsOf, ({ length }) => (length === 0 ? 1 : 0)) },
    { shape: [count], dtype: indices.dtype, values: Int32Array.from(places) },
  ];
});

/** Sums or means of the rows of `data` that belong to the same segment; segments are in order, empty ones give 0. */
function segments(name: "Sum" | "Mean"): Kernel {
  return valuesKernel<SparseSegmentSumInputs>(`SparseSegment${name}`, ({ data, indices, segmentIds }) => {
    if (data.shape.length < 1) throw new ShapeError("Data should be at least 1 dimensional but received scalar");
    checkRank(indices, 1, "Indices should be a vector but received shape");
    checkRank(segmentIds, 1, "Segment ids should be a vector but received shape");
    const [rows, ids] = [integersOf(indices), integersOf(segmentIds)];
    if (rows.length !== ids.length) throw new ShapeError("segmentIds and indices should have same size.");
    const [limit, ...rest] = data.shape as [number, ...number[]];
    const width = util.sizeFromShape(rest);
    const count = ids.length === 0 ? 0 : (ids.at(-1) as number) + 1;
    if (ids.length > 0 && count <= 0)
      throw new OptionError(backend_util.getSparseSegmentReductionNegativeSegmentIdsErrorMessage());
    const sums = new Float64Array(count * width);
    const members = new Int32Array(count);
    ids.forEach((id, i) => {
      const row = rows[i] as number;
      if (i > 0 && id < (ids[i - 1] as number)) {
        throw new OptionError(backend_util.getSparseSegmentReductionNonIncreasingSegmentIdsErrorMessage());
      }
      if (!(id >= 0 && id < count)) {
        throw new IndexError(backend_util.getSparseSegmentReductionSegmentIdOutOfRangeErrorMessage(id, count));
      }
      if (!(row >= 0 && row < limit)) {
        throw new IndexError(backend_util.getSparseSegmentReductionIndicesOutOfRangeErrorMessage(i, row, limit));
      }
      members[id] = (members[id] as number) + 1;
      for (let j = 0; j < width; j++) {
        sums[id * width + j] = (sums[id * width + j] as number) + (data.values[row * width + j] as number);
      }
    });
    const share = (i: number) => (name === "Mean" ? Math.max(1, members[Math.floor(i / width)] as number) : 1);
    const values = util
      .makeZerosTypedArray(sums.length, data.dtype as "float32")
      .map((_, i) => (sums[i] as number) / share(i));
    return { shape: [count, ...rest], dtype: data.dtype, values: values as Float32Array };
  });
}

export const sparseKernels: readonly Kernel[] = [sparseReshape, sparseFillEmptyRows, segments("Sum"), segments("Mean")];
