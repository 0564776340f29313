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
import { seenBy, windowOptions } from "./window.js";

/** Which value of a window. */
export type PoolKind = "max" | "avg";

/** How windows lie on images. */
type Windows = ReturnType<typeof windowOptions> & { readonly kernel: readonly [height: number, width: number] };

/**
 * Pooling of images `[n, h, w, c]` by windows that may lie outside of them, or be larger. Averages are taken over the
 * elements inside the image, unless `areFull`. A NaN is never the maximum.
 */
export function poolImages(kind: PoolKind, x: Tensor, windows: Windows, areFull: boolean): Tensor {
  const { padding, ...options } = windows;
  const image = kind === "avg" ? x : ng.where(ng.equal(x, x), x, Number.NEGATIVE_INFINITY);
  const [vertical, horizontal] = padding;
  const [height, width] = options.kernel;
  if (Math.max(...vertical) < height && Math.max(...horizontal) < width) {
    if (kind === "avg") return ng.avgPool2d(x, { ...options, padding, countIncludePadding: areFull });
    return ng.maxPool2d(image, { ...options, padding });
  }
  const padded = (y: Tensor, value: number) => y.pad([[0, 0], vertical, horizontal, [0, 0]], { value });
  if (kind === "max") return ng.maxPool2d(padded(image, Number.NEGATIVE_INFINITY), options);
  const average = (y: Tensor) => ng.avgPool2d(padded(y, 0), options);
  if (areFull) return average(x);
  const shares = average(ng.onesLike(x));
  return ng.where(shares.equal(0), 0, ng.div(average(x), shares));
}

function pool(kind: PoolKind, x: Tensor, attributes: MaxPoolAttrs, areFull = false): Tensor {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const shape = x.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  if (info.filterHeight * info.filterWidth === 1 && util.arraysEqual(info.inShape, info.outShape)) return x;
  if (util.sizeFromShape(info.outShape) === 0) return ng.zeros(info.outShape);
  return poolImages(
    kind,
    seenBy(info, x),
    { ...windowOptions(info), kernel: [info.filterHeight, info.filterWidth] },
    areFull,
  );
}

/** dx for dy, at the image x. TF.js spreads averages over all of a window, padding included. */
function poolGrad(kind: PoolKind, dy: Tensor, x: Tensor, attributes: MaxPoolAttrs): Tensor {
  return ng.vjp((image) => pool(kind, image as Tensor, attributes, true), [x]).vjp(dy)[0] as Tensor;
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
