/** Kernels that move elements without computing. */

import {
  type BatchToSpaceNDAttrs,
  type BatchToSpaceNDInputs,
  type BroadcastArgsInputs,
  backend_util,
  type ConcatAttrs,
  type ConcatInputs,
  type DepthToSpaceAttrs,
  type DepthToSpaceInputs,
  type ExpandDimsAttrs,
  type ExpandDimsInputs,
  type FlipLeftRightInputs,
  type IdentityInputs,
  type MirrorPadAttrs,
  type MirrorPadInputs,
  type PackAttrs,
  type PackInputs,
  type PadV2Attrs,
  type PadV2Inputs,
  type ReshapeAttrs,
  type ReshapeInputs,
  type ReverseAttrs,
  type ReverseInputs,
  type SliceAttrs,
  type SliceInputs,
  type SpaceToBatchNDAttrs,
  type SpaceToBatchNDInputs,
  type SplitVAttrs,
  type SplitVInputs,
  type StridedSliceAttrs,
  type StridedSliceInputs,
  slice_util,
  type TileAttrs,
  type TileInputs,
  type TransposeAttrs,
  type TransposeInputs,
  type UnpackAttrs,
  type UnpackInputs,
  util,
} from "@tensorflow/tfjs-core";
import type { Range, Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, rawKernel } from "../kernel.js";
import { movingKernel } from "../moving-kernel.js";
import { infoOf } from "./values.js";

/** The one axis that an attribute names. */
const axisOf = (x: Tensor, axis: number): number => util.parseAxisParam(axis, x.shape as number[])[0] as number;

const listOf = (inputs: object): Tensor[] => Object.values(inputs);

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

const parts: readonly Kernel[] = [
  movingKernel<SliceInputs, SliceAttrs>("Slice", ({ x }, { begin, size }) => {
    const like = infoOf(x);
    const [starts = [], sizes = []] = slice_util.parseSliceParams(like, begin, size);
    slice_util.assertParamsValid(like, starts, sizes);
    return x.slice(starts.map((start, i): Range => [start, start + (sizes[i] as number)]));
  }),
  movingKernel<StridedSliceInputs, StridedSliceAttrs>("StridedSlice", ({ x }, attributes) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
    const info = slice_util.sliceInfo(
      x.shape as number[],
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    const ranges = info.begin.map((start, i): Range => {
      const [stop, step] = [info.end[i] as number, info.strides[i] as number];
      // A negative end would count from the other side.
      return [start, stop < 0 ? null : stop, step];
    });
    return x.slice(ranges).reshape(info.finalShape);
  }),
  movingKernel<SplitVInputs, SplitVAttrs>("SplitV", ({ x }, { numOrSizeSplits, axis }) => {
    const along = axisOf(x, axis);
    return ng.split(x, backend_util.prepareSplitSize(infoOf(x), numOrSizeSplits, along), { axis: along });
  }),
  movingKernel<UnpackInputs, UnpackAttrs>("Unpack", ({ value }, { axis }) => {
    const along = axis < 0 ? axis + value.rank : axis;
    const before = value.shape.slice(0, along).map((): Range => null);
    return Array.from({ length: value.shape[along] as number }, (_, i) => value.slice([...before, i]));
  }),
];

const wholes: readonly Kernel[] = [
  movingKernel<ConcatInputs, ConcatAttrs>("Concat", (inputs, { axis }) => {
    const tensors = listOf(inputs);
    return ng.concat(tensors, { axis: axisOf(tensors[0] as Tensor, axis) });
  }),
  movingKernel<PackInputs, PackAttrs>("Pack", (inputs, { axis }) => ng.stack(listOf(inputs), { axis })),
  movingKernel<TileInputs, TileAttrs>("Tile", ({ x }, { reps }) => x.tile(reps)),
  movingKernel<PadV2Inputs, PadV2Attrs>("PadV2", ({ x }, { paddings, constantValue }) =>
    x.pad(paddings, { value: x.dtype === "int32" ? Math.trunc(constantValue ?? 0) : (constantValue ?? 0) }),
  ),
  movingKernel<MirrorPadInputs, MirrorPadAttrs>("MirrorPad", ({ x }, { paddings, mode }) =>
    paddings.reduce((y, margins, axis) => mirrorPad(y, axis, margins, mode === "reflect" ? 1 : 0), x),
  ),
];

/** x with its mirror image before and after, along one axis; the outermost `skip` elements are not repeated. */
function mirrorPad(x: Tensor, axis: number, [before, after]: readonly [number, number], skip: number): Tensor {
  const length = x.shape[axis] as number;
  const outer = x.shape.slice(0, axis).map((): Range => null);
  const reversed = (start: number, count: number) => x.slice([...outer, [start, start + count]]).flip({ axes: axis });
  const mirrored = [reversed(skip, before), x, reversed(length - skip - after, after)];
  return ng.concat(
    mirrored.filter((part) => (part.shape[axis] as number) > 0),
    { axis },
  );
}

const turned: readonly Kernel[] = [
  movingKernel<TransposeInputs, TransposeAttrs>("Transpose", ({ x }, { perm }) => x.transpose(perm)),
  movingKernel<ReverseInputs, ReverseAttrs>("Reverse", ({ x }, { dims }) =>
    x.rank === 0 ? x : x.flip({ axes: util.parseAxisParam(dims, x.shape as number[]) }),
  ),
  movingKernel<FlipLeftRightInputs>("FlipLeftRight", ({ image }) => image.flip({ axes: 2 })),
  movingKernel<DepthToSpaceInputs, DepthToSpaceAttrs>("DepthToSpace", ({ x }, { blockSize, dataFormat }) => {
    const isLast = dataFormat === "NHWC";
    const [n, h, w, c] = (isLast ? x : x.transpose([0, 2, 3, 1])).shape as [number, number, number, number];
    const blocks = (isLast ? x : x.transpose([0, 2, 3, 1]))
      .reshape([n, h, w, blockSize, blockSize, c / blockSize ** 2])
      .transpose([0, 1, 3, 2, 4, 5])
      .reshape([n, h * blockSize, w * blockSize, c / blockSize ** 2]);
    return isLast ? blocks : blocks.transpose([0, 3, 1, 2]);
  }),
  movingKernel<BatchToSpaceNDInputs, BatchToSpaceNDAttrs>("BatchToSpaceND", ({ x }, { blockShape, crops }) => {
    const blocks = blockShape.reduce((product, length) => product * length);
    const shape = x.shape as number[];
    const reshaped = backend_util.getReshaped(shape, blockShape, blocks);
    const sliced = x
      .reshape(reshaped)
      .transpose(backend_util.getPermuted(reshaped.length, blockShape.length))
      .reshape(backend_util.getReshapedPermuted(shape, blockShape, blocks));
    const ranges = crops.map(([start, end], i): Range => [start, (sliced.shape[i + 1] as number) - (end as number)]);
    return sliced.slice([null, ...ranges]);
  }),
  movingKernel<SpaceToBatchNDInputs, SpaceToBatchNDAttrs>("SpaceToBatchND", ({ x }, { blockShape, paddings }) => {
    const blocks = blockShape.reduce((product, length) => product * length);
    const margins = x.shape.map((_, i) => (paddings[i - 1] ?? [0, 0]) as [number, number]);
    const padded = x.pad(margins);
    const shape = padded.shape as number[];
    const reshaped = backend_util.getReshaped(shape, blockShape, blocks, false);
    return padded
      .reshape(reshaped)
      .transpose(backend_util.getPermuted(reshaped.length, blockShape.length, false))
      .reshape(backend_util.getReshapedPermuted(shape, blockShape, blocks, false));
  }),
];

const shapes: readonly Kernel[] = [
  rawKernel<BroadcastArgsInputs>("BroadcastArgs", ({ s0, s1 }, _, backend) => {
    const [a, b] = [s0, s1].map(({ dataId }) => Array.from(backend.readSync(dataId) as Int32Array));
    const shape = backend_util.assertAndGetBroadcastShape(a as number[], b as number[]);
    return backend.makeTensorInfo([shape.length], "int32", Int32Array.from(shape));
  }),
];

export const movementKernels: readonly Kernel[] = [...shared, ...parts, ...wholes, ...turned, ...shapes];
