/** Kernels that move elements without computing. */

import {
  type ConcatAttrs,
  type ConcatInputs,
  type ExpandDimsAttrs,
  type ExpandDimsInputs,
  type IdentityInputs,
  type PadV2Attrs,
  type PadV2Inputs,
  type ReshapeAttrs,
  type ReshapeInputs,
  type SliceAttrs,
  type SliceInputs,
  slice_util,
  type TileAttrs,
  type TileInputs,
  type TransposeAttrs,
  type TransposeInputs,
  util,
} from "@tensorflow/tfjs-core";
import * as ng from "../../index.js";
import type { Range } from "../../index.js";
import { type Kernel, lazyKernel, rawKernel } from "../kernel.js";

/** Kernels that give another shape to the same data id. */
const shared: readonly Kernel[] = [
  rawKernel<IdentityInputs>("Identity", ({ x }, _, backend) => backend.share(x, x.shape)),
  rawKernel<ReshapeInputs, ReshapeAttrs>("Reshape", ({ x }, { shape }, backend) => {
    const size = util.sizeFromShape(x.shape);
    const full = util.inferFromImplicitShape(shape, size);
    if (util.sizeFromShape(full) === size) return backend.share(x, full);
    throw new ng.ShapeError(`Reshape: [${x.shape}] has ${size} elements, [${full}] ${util.sizeFromShape(full)}`);
  }),
  rawKernel<ExpandDimsInputs, ExpandDimsAttrs>("ExpandDims", ({ input }, { dim }, backend) => {
    const rank = input.shape.length;
    const axis = dim < 0 ? rank + 1 + dim : dim;
    util.assert(axis >= 0 && axis <= rank, () => `Axis must be in the interval [${-(rank + 1)}, ${rank}]`);
    return backend.share(input, [...input.shape.slice(0, axis), 1, ...input.shape.slice(axis)]);
  }),
];

const moved: readonly Kernel[] = [
  lazyKernel<ConcatInputs, ConcatAttrs>("Concat", (inputs, { axis }) => {
    const tensors = Object.values(inputs) as unknown as ng.Tensor[];
    const [first] = tensors as [ng.Tensor, ...ng.Tensor[]];
    const [along = 0] = util.parseAxisParam(axis, first.shape as number[]);
    return ng.concat(tensors, { axis: along });
  }),
  lazyKernel<SliceInputs, SliceAttrs>("Slice", ({ x }, { begin, size }) => {
    const [starts = [], sizes = []] = slice_util.parseSliceParams({ shape: x.shape } as never, begin, size);
    slice_util.assertParamsValid({ shape: x.shape } as never, starts, sizes);
    return x.slice(starts.map((start, i): Range => [start, start + (sizes[i] as number)]));
  }),
  lazyKernel<TransposeInputs, TransposeAttrs>("Transpose", ({ x }, { perm }) => x.transpose(perm)),
  lazyKernel<TileInputs, TileAttrs>("Tile", ({ x }, { reps }) => x.tile(reps)),
  lazyKernel<PadV2Inputs, PadV2Attrs>("PadV2", ({ x }, { paddings, constantValue }) =>
    x.pad(paddings, { value: constantValue ?? 0 }),
  ),
];

export const movementKernels: readonly Kernel[] = [...shared, ...moved];
