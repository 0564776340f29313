/** Pooling of images and its gradients. */

import {
  type AvgPoolGradInputs,
  backend_util,
  type MaxPoolAttrs,
  type MaxPoolGradInputs,
  type MaxPoolInputs,
  type MaxPoolWithArgmaxAttrs,
  type MaxPoolWithArgmaxInputs,
  util,
} from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";
import { float, numeric } from "./dtypes.js";
import { elementsOf, seenBy, type WindowInfo, windowOptions } from "./window.js";

/** Which value of a window. */
export type PoolKind = "max" | "avg";

/** x with −∞ for every NaN, so that none is the maximum of a window in which there is a number. */
export const withoutNaN = (x: Tensor): Tensor => ng.where(ng.equal(x, x), x, NOTHING);

/** One leaf for all, so that the compiler finds what pooling and its gradient have in common. */
const NOTHING = ng.full([], Number.NEGATIVE_INFINITY);

/**
 * Pooling of images by windows that may lie outside of them, or be larger. Averages are taken over the elements inside the
 * image, unless `areFull`.
 */
export function poolImages(kind: PoolKind, images: Tensor, info: PoolInfo, areFull: boolean): Tensor {
  const x = seenBy(info, images);
  const kernel = [info.filterHeight, info.filterWidth] as const;
  const { padding, ...moves } = windowOptions(info);
  const options = { ...moves, kernel };
  const [vertical, horizontal] = padding;
  if (Math.max(...vertical) < kernel[0] && Math.max(...horizontal) < kernel[1]) {
    if (kind === "avg") return ng.avgPool2d(x, { ...options, padding, countIncludePadding: areFull });
    return ng.maxPool2d(x, { ...options, padding });
  }
  const padded = (y: Tensor, value: number) => y.pad([[0, 0], vertical, horizontal, [0, 0]], { value });
  if (kind === "max") return ng.maxPool2d(padded(x, Number.NEGATIVE_INFINITY), options);
  const average = (y: Tensor) => ng.avgPool2d(padded(y, 0), options);
  if (areFull) return average(x);
  const shares = average(ng.onesLike(x));
  return ng.where(shares.equal(0), 0, ng.div(average(x), shares));
}

/** What pooling asks of TF.js's description of windows. */
type PoolInfo = WindowInfo & Pick<backend_util.Conv2DInfo, "filterHeight" | "filterWidth">;

function infoOf(x: Tensor, { filterSize, strides, pad, dimRoundingMode }: MaxPoolAttrs): backend_util.Conv2DInfo {
  const shape = x.shape as [number, number, number, number];
  return backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

/** Whether every window is one element, and every element a window: TF.js then gives back the image, NaN and all. */
const isIdentity = ({ filterHeight, filterWidth, inShape, outShape }: backend_util.Conv2DInfo): boolean =>
  filterHeight * filterWidth === 1 && util.arraysEqual(inShape, outShape);

function pool(kind: PoolKind, x: Tensor, attributes: MaxPoolAttrs): Tensor {
  const info = infoOf(x, attributes);
  if (isIdentity(info)) return x;
  if (util.sizeFromShape(info.outShape) === 0) return ng.zeros(info.outShape, { dtype: x.dtype });
  if (kind === "avg") return poolImages(kind, float(x), info, false);
  return x.dtype === "float32" ? poolImages(kind, withoutNaN(x), info, false) : maximumOfWindows(numeric(x), info);
}

/** The maxima of integers, of which floats would hold the first 24 bits only. */
function maximumOfWindows(images: Tensor, info: PoolInfo): Tensor {
  const [vertical, horizontal] = windowOptions(info).padding;
  const padded = seenBy(info, images).pad([[0, 0], vertical, horizontal, [0, 0]], { value: -(2 ** 31) });
  const parts: Tensor[] = [];
  for (let k = 0; k < info.filterHeight; k++) {
    for (let l = 0; l < info.filterWidth; l++) {
      const rows = elementsOf(k, info.outHeight, info.strideHeight);
      const columns = elementsOf(l, info.outWidth, info.strideWidth);
      parts.push(padded.slice([null, rows, columns]));
    }
  }
  return parts.reduce(ng.maximum);
}

/** dx for dy, at the image x. TF.js spreads averages over all of a window, padding included. */
function poolGrad(kind: PoolKind, dy: Tensor, x: Tensor, attributes: MaxPoolAttrs): Tensor {
  const info = infoOf(x, attributes);
  if (isIdentity(info)) return dy;
  if (util.sizeFromShape(info.outShape) === 0) return ng.zeros(x.shape);
  const image = kind === "max" ? withoutNaN(float(x)) : float(x);
  return ng.vjp((y) => poolImages(kind, y as Tensor, info, true), [image]).vjp(dy)[0] as Tensor;
}

/**
 * The maximum of each window, and where in its image (in the batch, if asked to) it was: positions go through the pooling as
 * tangents, in two parts that a float holds exactly.
 */
function poolWithPositions(x: Tensor, attributes: MaxPoolWithArgmaxAttrs): readonly [Tensor, Tensor] {
  const count = attributes.includeBatchInIndex ? x.size : x.size / Math.max(1, x.shape[0] as number);
  const shown = attributes.includeBatchInIndex ? x.shape : [1, ...x.shape.slice(1)];
  const positions = ng.arange(count, { dtype: "int32" }).reshape(shown).broadcastTo(x.shape);
  const high = positions.cast("float32").div(PART).floor();
  const low = positions.sub(high.cast("int32").mul(PART)).cast("float32");
  const image = x.cast("float32");
  const pick = (part: Tensor) =>
    ng.jvp((y) => pool("max", y as Tensor, attributes), [image], [part]).tangents[0] as Tensor;
  const found = pick(high).cast("int32").mul(PART).add(pick(low).cast("int32"));
  return [pool("max", image, attributes).cast(x.dtype), found];
}

/** Parts of a position are below 2²⁴ for images of up to 2³¹ elements. */
const PART = 2 ** 12;

export const poolingKernels: readonly Kernel[] = [
  lazyKernel<MaxPoolWithArgmaxInputs, MaxPoolWithArgmaxAttrs>("MaxPoolWithArgmax", ({ x }, attributes) =>
    poolWithPositions(x, attributes),
  ),
  lazyKernel<MaxPoolInputs, MaxPoolAttrs>("MaxPool", ({ x }, attributes) => pool("max", x, attributes)),
  lazyKernel<MaxPoolInputs, MaxPoolAttrs>("AvgPool", ({ x }, attributes) => pool("avg", x, attributes)),
  lazyKernel<MaxPoolGradInputs, MaxPoolAttrs>("MaxPoolGrad", ({ dy, input }, attributes) =>
    poolGrad("max", dy, input, attributes),
  ),
  lazyKernel<AvgPoolGradInputs, MaxPoolAttrs>("AvgPoolGrad", ({ dy, input }, attributes) =>
    poolGrad("avg", dy, input, attributes),
  ),
];
