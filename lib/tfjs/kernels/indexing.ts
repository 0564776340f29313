/** Kernels that pick or place elements by index. */

import {
  backend_util,
  type GatherNdInputs,
  type GatherV2Attrs,
  type GatherV2Inputs,
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
import type { NodegradBackend } from "../backend.js";
import { type Kernel, lazyKernel, rawKernel, type Values, valuesKernel } from "../kernel.js";
import { movingKernel } from "../moving-kernel.js";

// ── gather ─────────────────────────────────────────────────────────────────────────────────────────────────────

const gatherV2 = movingKernel<GatherV2Inputs, GatherV2Attrs>("GatherV2", ({ x, indices }, { axis, batchDims }) => {
  const [along = 0] = util.parseAxisParam(axis, x.shape as number[]);
  const positions = indices.cast("int32");
  return batchDims ? gatherInBatches(x, positions, along, batchDims) : x.gather(positions, { axis: along });
});

/** The first `batchDims` axes of x and of the indices are the same: each batch has indices of its own. */
function gatherInBatches(x: Tensor, indices: Tensor, axis: number, batchDims: number): Tensor {
  const info = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, axis, batchDims);
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
  const slices = x.reshape([batchSize * outerSize * dimSize, sliceSize]);
  const starts = ng
    .arange(batchSize * outerSize, { dtype: "int32" })
    .mul(dimSize)
    .reshape([batchSize, outerSize, 1]);
  const positions = indices.reshape([batchSize, 1, indices.size / batchSize]).add(starts);
  return ng.gather(slices, positions).reshape(outputShape);
}

/**
 * Indices that are known already are checked at the caller's line; others when they are used.
 *
 * @throws {IndexError} when one is out of range.
 */
function checkIndices(op: string, indices: ng.TypedArray | undefined, limit: number): void {
  const bad = indices?.find((index) => !(index >= 0 && index < limit));
  if (bad !== undefined) throw new ng.IndexError(`${op}: the index value ${bad} is not in [0, ${limit - 1}]`);
}

/**
 * Points of `depth` indices in the first axes of a shape, as positions in those axes laid out in one: −1 for a point outside,
 * so that using it fails.
 */
function positionsOf(points: Tensor, shape: readonly number[], depth: number): Tensor {
  const rows = points.cast("int32").reshape([points.size / Math.max(1, depth), depth]);
  let position = ng.zeros([rows.shape[0] as number], { dtype: "int32" });
  let isInside = ng.ones(position.shape, { dtype: "bool" });
  for (let axis = 0; axis < depth; axis++) {
    const [index, length] = [rows.slice([null, axis]), shape[axis] as number];
    position = position.mul(length).add(index);
    isInside = isInside.logicalAnd(index.greaterEqual(0)).logicalAnd(index.less(length));
  }
  return ng.where(isInside, position, -1);
}

/** @throws {IndexError} when a point that is known already is outside. */
function checkPoints(backend: NodegradBackend, points: TensorInfo, shape: readonly number[], depth: number): void {
  const known = backend.knownValues(points);
  const bad = known?.findIndex((index, i) => !(index >= 0 && index < (shape[i % depth] as number))) ?? -1;
  if (known === undefined || bad < 0) return;
  const point = known.slice(bad - (bad % depth), bad - (bad % depth) + depth);
  throw new ng.IndexError(`Invalid indices: ${point} does not index into ${shape}`);
}

const gatherNd = rawKernel<GatherNdInputs>("GatherNd", ({ params, indices }, _, backend) => {
  const [shape, , sliceSize] = backend_util.prepareAndValidate(params as never, indices as never);
  const depth = indices.shape.at(-1) as number;
  checkPoints(backend, indices, params.shape, depth);
  const slices = backend.tensorOf(params).reshape([util.sizeFromShape(params.shape) / sliceSize, sliceSize]);
  return backend.adopt(ng.gather(slices, positionsOf(backend.tensorOf(indices), params.shape, depth)).reshape(shape));
});

// ── scatter ────────────────────────────────────────────────────────────────────────────────────────────────────

const scatterNd = rawKernel<ScatterNdInputs, ScatterNdAttrs>(
  "ScatterNd",
  ({ indices, updates }, { shape }, backend) => {
    const plan = backend_util.calculateShapes(updates as never, indices as never, shape);
    const { sliceRank, sliceSize, numUpdates, outputSize } = plan;
    checkPoints(backend, indices, shape, sliceRank);
    const added = backend.tensorOf(updates);
    const dtype = added.dtype === "bool" ? "int32" : added.dtype;
    const sum = ng.scatterAdd(
      ng.zeros([outputSize / sliceSize, sliceSize], { dtype }),
      positionsOf(backend.tensorOf(indices), shape, sliceRank),
      added.cast(dtype).reshape([numUpdates, sliceSize]),
    );
    return backend.adopt(sum.cast(added.dtype).reshape(shape));
  },
);

/** `base` with slices replaced one after the other: of two at one place the last one stays. */
function replaceSlices(indices: Values, updates: Values, base: Values): Values {
  const shape = base.shape as number[];
  const plan = backend_util.calculateShapes(updates as never, indices as never, shape);
  const { sliceRank, sliceSize, numUpdates, strides, outputSize } = plan;
  const places = indices.values as Int32Array;
  const [given, values] = [updates.values, base.values.slice() as Float32Array];
  for (let i = 0; i < numUpdates; i++) {
    const point = places.slice(i * sliceRank, (i + 1) * sliceRank);
    const start = point.reduce((sum, index, axis) => sum + index * (strides[axis] as number), 0) * sliceSize;
    if (!(start >= 0 && start < outputSize)) {
      throw new ng.IndexError(`Invalid indices: ${point} does not index into ${shape}`);
    }
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
    const size = util.sizeFromShape(outputShape);
    const empty =
      sparseValues.dtype === "string" ? new Array(size) : util.makeZerosTypedArray(size, sparseValues.dtype);
    const base = { shape: outputShape, dtype: sparseValues.dtype, values: empty.fill(value as never) as Float32Array };
    return replaceSlices(sparseIndices, sparseValues, base);
  },
);

const tensorScatterUpdate = valuesKernel<TensorScatterUpdateInputs, TensorScatterUpdateAttrs>(
  "TensorScatterUpdate",
  ({ tensor, indices, updates }) => replaceSlices(indices, updates, tensor),
);

/** out[s] = the sum of the x[i] whose segment is s; other segments than those asked for are left out. */
const unsortedSegmentSum = lazyKernel<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs>(
  "UnsortedSegmentSum",
  ({ x, segmentIds }, { numSegments }) => {
    if (segmentIds.rank !== 1) return sumByMask(x, segmentIds, numSegments);
    const ids = segmentIds.cast("int32");
    const isAsked = ids.greaterEqual(0).logicalAnd(ids.less(numSegments));
    const sums = ng.scatterAdd(
      ng.zeros([numSegments + 1, ...x.shape.slice(1)]),
      ng.where(isAsked, ids, numSegments),
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
  rawKernel<GatherV2Inputs, GatherV2Attrs>("GatherV2", (inputs, attrs, backend) => {
    const [along = 0] = util.parseAxisParam(attrs.axis, inputs.x.shape);
    checkIndices("GatherV2", backend.knownValues(inputs.indices), inputs.x.shape[along] as number);
    return gatherV2.kernelFunc({ inputs, attrs: attrs as never, backend });
  }),
  gatherNd,
  scatterNd,
  sparseToDense,
  tensorScatterUpdate,
  unsortedSegmentSum,
];
