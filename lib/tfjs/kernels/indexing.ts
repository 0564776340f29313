/** Kernels that pick elements by index. */

import { backend_util, type GatherV2Attrs, type GatherV2Inputs, util } from "@tensorflow/tfjs-core";
import * as ng from "../../index.js";
import type { Tensor } from "../../index.js";
import { type Kernel, rawKernel } from "../kernel.js";

export const indexingKernels: readonly Kernel[] = [
  rawKernel<GatherV2Inputs, GatherV2Attrs>("GatherV2", (inputs, { axis, batchDims }, backend) => {
    const { x, indices } = backend.tensorsOf(inputs);
    const [along = 0] = util.parseAxisParam(axis, x.shape as number[]);
    checkIndices("GatherV2", backend.knownValues(inputs.indices), x.shape[along] as number);
    const positions = ng.cast(indices, "int32");
    const gather = batchDims ? gatherInBatches(x, positions, along, batchDims) : ng.gather(x, positions, { axis: along });
    return backend.adopt(gather);
  }),
];

/**
 * Indices that are known already are checked at the caller's line, others when they are used.
 *
 * @throws {IndexError} when one is out of range.
 */
function checkIndices(op: string, indices: ng.TypedArray | undefined, limit: number): void {
  const bad = indices?.find((index) => !(index >= 0 && index < limit));
  if (bad !== undefined) throw new ng.IndexError(`${op}: the index value ${bad} is not in [0, ${limit - 1}]`);
}

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
