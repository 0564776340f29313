/**
 * Convolution and pooling of volumes `[n, d, h, w, c]`, from those of images: what a window sees at one depth is an image, and
 * a volume is the sum, or the maximum, over the depths of a window.
 */

import {
  type AvgPool3DGradInputs,
  backend_util,
  type Conv3DAttrs,
  type Conv3DBackpropFilterV2Attrs,
  type Conv3DBackpropFilterV2Inputs,
  type Conv3DBackpropInputV2Attrs,
  type Conv3DBackpropInputV2Inputs,
  type Conv3DInputs,
  type MaxPool3DAttrs,
  type MaxPool3DGradInputs,
  type MaxPool3DInputs,
  util,
} from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";
import { float } from "./dtypes.js";
import { type PoolKind, poolImages, withoutNaN } from "./pooling.js";
import { type AxisWindows, elementsOf, marginsOf, seenBy, seenOf, windowOptions } from "./window.js";

type Shape5 = [number, number, number, number, number];
type DepthInfo = Pick<
  backend_util.Conv3DInfo,
  "inDepth" | "outDepth" | "strideDepth" | "dilationDepth" | "filterDepth" | "effectiveFilterDepth" | "padInfo"
>;

/** What windows see of a volume in depth, with `value` before and after it, so that every window lies inside. */
function padDepth(x: Tensor, info: DepthInfo, value: number): Tensor {
  const axis: AxisWindows = {
    before: info.padInfo.front,
    count: info.outDepth,
    stride: info.strideDepth,
    extent: info.effectiveFilterDepth,
    length: info.inDepth,
  };
  const margins = x.shape.map((_, i) => (i === 1 ? marginsOf(axis) : ([0, 0] as const)));
  return x.slice([null, seenOf(axis)]).pad(margins, { value });
}

/** What the windows of a padded volume see at their k-th depth: `[n, outDepth, h, w, c]`. */
function atDepth(x: Tensor, info: DepthInfo, k: number): Tensor {
  return x.slice([null, elementsOf(k * info.dilationDepth, info.outDepth, info.strideDepth)]);
}

/** A function of images `[n, h, w, c]` applied to every depth of a volume. */
function eachDepth(x: Tensor, compute: (images: Tensor) => Tensor): Tensor {
  const [n, depth, ...image] = x.shape as Shape5;
  const y = compute(x.reshape([n * depth, ...image]));
  return y.reshape([n, depth, ...y.shape.slice(1)]);
}

/** The results for the depths of a window, combined. */
function overDepths(
  info: DepthInfo,
  compute: (k: number) => Tensor,
  combine: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  return Array.from({ length: info.filterDepth }, (_, k) => compute(k)).reduce((a, b) => combine(b, a));
}

type ConvAttributes = Pick<Conv3DAttrs, "strides" | "pad"> & Partial<Conv3DAttrs>;

function convolve(x: Tensor, filter: Tensor, { strides, pad, dilations }: ConvAttributes): Tensor {
  const info = backend_util.computeConv3DInfo(x.shape as Shape5, filter.shape as Shape5, strides, dilations ?? 1, pad);
  const padded = padDepth(x, info, 0);
  const options = { ...windowOptions(info), dilation: [info.dilationHeight, info.dilationWidth] as const };
  const part = (k: number) =>
    eachDepth(atDepth(padded, info, k), (images) =>
      ng.conv2d(seenBy(info, images), filter.slice([k]).transpose([3, 2, 0, 1]), options),
    );
  return overDepths(info, part, ng.add);
}

/** How many elements of an axis each window sees, at least 1. */
function counts(length: number, before: number, stride: number, extent: number, windows: number): number[] {
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return Math.max(1, Math.min(length, start + extent) - Math.max(0, start));
  });
}

/** Pooling. Averages are taken over the elements inside the volume, unless `areFull`. */
function pool(kind: PoolKind, x: Tensor, attributes: MaxPool3DAttrs, areFull = false): Tensor {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const info = backend_util.computePool3DInfo(x.shape as Shape5, filterSize, strides, 1, pad, dimRoundingMode);
  if (util.sizeFromShape(info.outShape) === 0) return ng.zeros(info.outShape);
  if (kind === "max") {
    const images = eachDepth(padDepth(withoutNaN(x), info, Number.NEGATIVE_INFINITY), (y) =>
      poolImages("max", y, info, true),
    );
    // Of equal ones the first counts: `maximum` gives the derivative to its second operand.
    return overDepths(info, (k) => atDepth(images, info, k), ng.maximum);
  }
  const area = info.filterHeight * info.filterWidth;
  const images = eachDepth(padDepth(x, info, 0), (y) => poolImages("avg", y, info, true).mul(area));
  const sums = overDepths(info, (k) => atDepth(images, info, k), ng.add);
  if (areFull) return sums.div(area * info.filterDepth);
  const { padInfo } = info;
  const depths = counts(info.inDepth, padInfo.front, info.strideDepth, info.filterDepth, info.outDepth);
  const rows = counts(info.inHeight, padInfo.top, info.strideHeight, info.filterHeight, info.outHeight);
  const columns = counts(info.inWidth, padInfo.left, info.strideWidth, info.filterWidth, info.outWidth);
  const axis = (values: number[], shape: number[]) => ng.tensor(Float32Array.from(values), { shape });
  return sums
    .div(axis(depths, [depths.length, 1, 1, 1]))
    .div(axis(rows, [rows.length, 1, 1]))
    .div(axis(columns, [columns.length, 1]));
}

/** dx for dy, at the volume x. TF.js spreads averages over all of a window, padding included. */
function poolGrad(kind: PoolKind, dy: Tensor, x: Tensor, attributes: MaxPool3DAttrs): Tensor {
  return ng.vjp((volume) => pool(kind, volume as Tensor, attributes, true), [x]).vjp(dy)[0] as Tensor;
}

export const depthKernels: readonly Kernel[] = [
  lazyKernel<Conv3DInputs, Conv3DAttrs>("Conv3D", ({ x, filter }, attributes) =>
    convolve(float(x), float(filter), attributes).cast(x.dtype === "int32" ? "int32" : "float32"),
  ),
  lazyKernel<Conv3DBackpropInputV2Inputs, Conv3DBackpropInputV2Attrs>(
    "Conv3DBackpropInputV2",
    ({ dy, filter }, attributes) => {
      const { vjp } = ng.vjp((x) => convolve(x as Tensor, filter, attributes), [ng.zeros(attributes.inputShape)]);
      return vjp(dy)[0] as Tensor;
    },
  ),
  lazyKernel<Conv3DBackpropFilterV2Inputs, Conv3DBackpropFilterV2Attrs>(
    "Conv3DBackpropFilterV2",
    ({ x, dy }, attributes) => {
      const { vjp } = ng.vjp((filter) => convolve(x, filter as Tensor, attributes), [ng.zeros(attributes.filterShape)]);
      return vjp(dy)[0] as Tensor;
    },
  ),
  lazyKernel<MaxPool3DInputs, MaxPool3DAttrs>("MaxPool3D", ({ x }, attributes) => pool("max", float(x), attributes)),
  lazyKernel<MaxPool3DInputs, MaxPool3DAttrs>("AvgPool3D", ({ x }, attributes) => pool("avg", float(x), attributes)),
  lazyKernel<MaxPool3DGradInputs, MaxPool3DAttrs>("MaxPool3DGrad", ({ dy, input }, attributes) =>
    poolGrad("max", dy, input, attributes),
  ),
  lazyKernel<AvgPool3DGradInputs, MaxPool3DAttrs>("AvgPool3DGrad", ({ dy, input }, attributes) =>
    poolGrad("avg", dy, input, attributes),
  ),
];
