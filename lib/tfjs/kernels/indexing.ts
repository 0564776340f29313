/** Kernels that pick or place elements by index. */

import {
  backend_util,
  type GatherNdInputs,
  type GatherV2Attrs,
  type GatherV2Inputs,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type ScatterNdAttrs,
  type ScatterNdInputs,
  type SparseToDenseAttrs,
  type SparseToDenseInputs,
  type TensorInfo,
  type TensorScatterUpdateAttrs,
  type TensorScatterUpdateInputs,
  type UnsortedSegmentSumAttrs,
  type UnsortedSegmentSumInputs,
  util,
} from "@tensorflow/tfjs-core";
import type { Range, Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type InfosOf, type Kernel, lazyKernel, rawKernel, type Values, valuesKernel } from "../kernel.js";
import { movingKernel } from "../moving-kernel.js";
import { numeric } from "./dtypes.js";
import { arrayOf, infoOf, integersOf } from "./values.js";

// ── indices ────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A kernel that looks at indices first. Those whose values are known are checked at the caller's line; others when the
 * tensor is read, by nodegrad: kernels make −1 of an index that is out of range but would read something.
 */
function withIndices<I extends object, A>(
  kernel: Kernel,
  check: (inputs: InfosOf<I>, attributes: A, known: Known) => void,
): Kernel {
  return rawKernel<I, A>(kernel.kernelName, (inputs, attributes, backend) => {
    check(inputs, attributes, (info) => backend.knownValues(info));
    return kernel.kernelFunc({ inputs: inputs as NamedTensorInfoMap, attrs: attributes as NamedAttrMap, backend });
  });
}

/** The values of a tensor, if they have been computed. */
type Known = (info: TensorInfo) => ng.TypedArray | undefined;

/** @throws {IndexError} when a point, of which each has an index for each of the first axes of a shape, is outside. */
function checkPoints(op: string, indices: ng.TypedArray, shape: readonly number[], depth: number): void {
  const bad = indices.findIndex((index, i) => !(index >= 0 && index < (shape[i % depth] as number)));
  if (bad < 0) return;
  const start = bad - (bad % depth);
  throw new ng.IndexError(`${op}: indices [${indices.slice(start, start + depth)}] are outside of [${shape}]`);
}

/** `positions` where the indices are inside, −1 elsewhere. */
function placed(isInside: Tensor, positions: Tensor): Tensor {
  return ng.where(isInside, positions, -1);
}

/** Whether indices are in an axis of some length. */
const isWithin = (indices: Tensor, length: number): Tensor => indices.greaterEqual(0).logicalAnd(indices.less(length));

/** Points of `depth` indices in the first axes of a shape, as positions in those axes laid out in one. */
function positionsOf(points: Tensor, shape: readonly number[], depth: number): Tensor {
  const rows = points.cast("int32").reshape([points.size / Math.max(1, depth), depth]);
  let position = ng.zeros([rows.shape[0] as number], { dtype: "int32" });
  let isInside = ng.ones(position.shape, { dtype: "bool" });
  for (let axis = 0; axis < depth; axis++) {
    const [index, length] = [rows.slice([null, axis]), shape[axis] as number];
    position = position.mul(length).add(index);
    isInside = isInside.logicalAnd(isWithin(index, length));
  }
  return placed(isInside, position);
}

// ── gather ─────────────────────────────────────────────────────────────────────────────────────────────────────

const axisOf = (axis: number, shape: readonly number[]): number =>
  util.parseAxisParam(axis, shape as number[])[0] as number;

const gatherV2 = withIndices<GatherV2Inputs, GatherV2Attrs>(
  movingKernel<GatherV2Inputs, GatherV2Attrs>("GatherV2", ({ x, indices }, { axis, batchDims }) => {
    const along = axisOf(axis, x.shape);
    const positions = indices.cast("int32");
    return batchDims ? gatherInBatches(x, positions, along, batchDims) : x.gather(positions, { axis: along });
  }),
  ({ x, indices }, { axis }, known) => {
    const length = x.shape[axisOf(axis, x.shape)] as number;
    const bad = known(indices)?.find((index) => !(index >= 0 && index < length));
    if (bad !== undefined) throw new ng.IndexError(`GatherV2: the index value ${bad} is not in [0, ${length - 1}]`);
  },
);

/** The first `batchDims` axes of x and of the indices are the same: each batch has indices of its own. */
function gatherInBatches(x: Tensor, indices: Tensor, axis: number, batchDims: number): Tensor {
  const info = backend_util.segment_util.collectGatherOpShapeInfo(infoOf(x), infoOf(indices), axis, batchDims);
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
  const slices = x.reshape([batchSize * outerSize * dimSize, sliceSize]);
  const starts = ng
    .arange(batchSize * outerSize, { dtype: "int32" })
    .mul(dimSize)
    .reshape([batchSize, outerSize, 1]);
  const rows = indices.reshape([batchSize, 1, indices.size / batchSize]);
  return ng.gather(slices, placed(isWithin(rows, dimSize), rows.add(starts))).reshape(outputShape);
}

const gatherNd = withIndices<GatherNdInputs, unknown>(
  movingKernel<GatherNdInputs>("GatherNd", ({ params, indices }) => {
    const [shape, , sliceSize] = backend_util.prepareAndValidate(infoOf(params), infoOf(indices));
    const slices = params.reshape([params.size / sliceSize, sliceSize]);
    return ng.gather(slices, positionsOf(indices, params.shape, indices.shape.at(-1) as number)).reshape(shape);
  }),
  ({ params, indices }, _, known) => {
    const values = known(indices);
    if (values !== undefined) checkPoints("GatherNd", values, params.shape, indices.shape.at(-1) as number);
  },
);

// ── scatter ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Sums of slices at places, and 0 elsewhere. */
const scatterNd = withIndices<ScatterNdInputs, ScatterNdAttrs>(
  lazyKernel<ScatterNdInputs, ScatterNdAttrs>("ScatterNd", ({ indices, updates }, { shape }) => {
    const plan = backend_util.calculateShapes(infoOf(updates), infoOf(indices), shape);
    const { sliceRank, sliceSize, numUpdates, outputSize } = plan;
    const added = numeric(updates).reshape([numUpdates, sliceSize]);
    const zeros = ng.zeros([outputSize / sliceSize, sliceSize], { dtype: added.dtype });
    const sum = ng.scatterAdd(zeros, positionsOf(indices, shape, sliceRank), added);
    return sum.cast(updates.dtype).reshape(shape);
  }),
  ({ indices }, { shape }, known) => {
    const values = known(indices);
    // A vector is a list of points of one index.
    const depth = indices.shape.length > 1 ? (indices.shape.at(-1) as number) : 1;
    if (values !== undefined) checkPoints("ScatterNd", values, shape, depth);
  },
);

/** `base` with slices replaced one after the other: of two at one place the last one stays. */
function replaceSlices(op: string, indices: Values, updates: Values, base: Values): Values {
  const shape = base.shape as number[];
  const { sliceRank, sliceSize, numUpdates, strides } = backend_util.calculateShapes(
    infoOf(updates),
    infoOf(indices),
    shape,
  );
  const places = integersOf(indices);
  checkPoints(op, places, shape, sliceRank);
  const [given, values] = [updates.values, base.values.slice() as Float32Array];
  for (let i = 0; i < numUpdates; i++) {
    const point = places.subarray(i * sliceRank, (i + 1) * sliceRank);
    const start = point.reduce((sum, index, axis) => sum + index * (strides[axis] as number), 0) * sliceSize;
    for (let j = 0; j < sliceSize; j++) {
      values[start + j] = given[updates.shape.length === 0 ? 0 : i * sliceSize + j] as number;
    }
  }
  return { ...base, values };
}

const sparseToDense = valuesKernel<SparseToDenseInputs, SparseToDenseAttrs>(
  "SparseToDense",
  ({ sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
    const [value] = defaultValue.values;
    const values = new Array<unknown>(util.sizeFromShape(outputShape)).fill(value);
    const { dtype } = sparseValues;
    const base = { shape: outputShape, dtype, values: arrayOf(values, dtype) };
    return replaceSlices("SparseToDense", sparseIndices, sparseValues, base);
  },
);

const tensorScatterUpdate = valuesKernel<TensorScatterUpdateInputs, TensorScatterUpdateAttrs>(
  "TensorScatterUpdate",
  ({ tensor, indices, updates }) => replaceSlices("TensorScatterUpdate", indices, updates, tensor),
);

/** out[s] = the sum of the x[i] whose segment is s; other segments than those asked for are left out. */
const unsortedSegmentSum = lazyKernel<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs>(
  "UnsortedSegmentSum",
  ({ x, segmentIds }, { numSegments }) => {
    if (segmentIds.rank !== 1) return sumByMask(x, segmentIds, numSegments);
    const ids = segmentIds.cast("int32");
    const sums = ng.scatterAdd(
      ng.zeros([numSegments + 1, ...x.shape.slice(1)]),
      ng.where(isWithin(ids, numSegments), ids, numSegments),
      x.cast("float32"),
    );
    const kept: Range = [0, numSegments];
    return sums.slice([kept]);
  },
);

/** The same for segments of single elements; sums go over the first axis. */
function sumByMask(x: Tensor, segmentIds: Tensor, numSegments: number): Tensor {
  const ids = segmentIds.reshape([1, ...segmentIds.shape, ...x.shape.slice(segmentIds.rank).map(() => 1)]);
  const segments = ng.arange(numSegments, { dtype: "int32" }).reshape([numSegments, ...x.shape.map(() => 1)]);
  return ng.where(ids.cast("int32").equal(segments), x.cast("float32"), 0).sum({ axes: 1 });
}

export const indexingKernels: readonly Kernel[] = [
  gatherV2,
  gatherNd,
  scatterNd,
  sparseToDense,
  tensorScatterUpdate,
  unsortedSegmentSum,
];
