/** Pooling of images: the maximum or the average of each window. Floats only. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { defineOp, type InstructionDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { POOL_KINDS, type PoolKind } from "../program/opcodes.js";
import { type Shape, showShape } from "../shape.js";
import { checkFloat, checkTensor, first, second } from "./operands.js";
import { max, mean } from "./reduce.js";
import type { ReduceOptions } from "./reduction.js";
import {
  axesOfLayout,
  axesOfOther,
  checkLayout,
  checkPair,
  countWindows,
  imageShape,
  imageSizes,
  type Layout,
  type Lengths,
  type OfShape,
  type Padding,
  type Pair,
  resolvePadding,
  type WindowAttributes,
} from "./window.js";

type PoolAttributes = WindowAttributes & {
  readonly kernel: Lengths;
  /** Whether an average divides by the size of the window, or by the elements that lie inside the image. */
  readonly countIncludePadding: boolean;
};

/** The attributes of the pooling that a node belongs to. */
function poolOf(node: Tensor): PoolAttributes {
  const { layout, kernel, strides, padding, countIncludePadding } = node.attributes as PoolAttributes;
  return { layout, kernel, strides, padding, countIncludePadding };
}

/** What every pooling instruction says of itself; all its operands and its result are images. */
function window(kind: PoolKind) {
  return {
    kind: "window",
    axes: (node: Tensor) => axesOfLayout(poolOf(node).layout),
    otherOrder: (node: Tensor) => axesOfOther(poolOf(node).layout),
    keepsOrder: true,
    // Windows that overlap read channels side by side, or turn them so first.
    gainOfOther(node: Tensor) {
      const { layout, kernel, strides } = poolOf(node);
      if (layout === "NHWC") return -1;
      return kernel[0] > strides[0] || kernel[1] > strides[1] ? 1 : 0;
    },
    words(node: Tensor) {
      const { kernel, strides, padding, countIncludePadding } = poolOf(node);
      return {
        kind: POOL_KINDS.indexOf(kind),
        kernelH: kernel[0],
        kernelW: kernel[1],
        strideH: strides[0],
        strideW: strides[1],
        padTop: padding[0],
        padLeft: padding[2],
        countIncludePadding: countIncludePadding ? 1 : 0,
      };
    },
  } as const;
}

/** The rule of a pooling over `inputs[0]`. */
function inferPool(op: string) {
  return (inputs: readonly Tensor[], { layout, kernel, strides, padding }: PoolAttributes) => {
    const x = inputs[0] as Tensor;
    const { n, c, ...image } = imageSizes(op, x, layout);
    const [h, w] = countWindows(op, { n, c, ...image }, kernel, strides, padding);
    return { shape: imageShape({ n, c, h, w }, layout), dtype: x.dtype };
  };
}

const inferGrad = ([dy]: readonly Tensor[], { shape }: OfShape<PoolAttributes>) => ({
  shape,
  dtype: (dy as Tensor).dtype,
});

const maxPoolOp = defineOp<PoolAttributes, InstructionDeclaration<PoolAttributes>>({
  ...window("max"),
  name: "maxPool2d",
  opcode: "pool",
  infer: inferPool("maxPool2d"),
  vjp: [(t, n) => placeAtMaximum(t, first(n), poolOf(n))],
  jvp: [(t, n) => pickAtMaximum(t, first(n), poolOf(n))],
});

// Where the maximum is moves in jumps, so neither of the next two has a derivative with respect to x.

const selectOp = defineOp<PoolAttributes, InstructionDeclaration<PoolAttributes>>({
  ...window("select"),
  name: "maxPool2dSelect",
  opcode: "pool",
  infer: inferPool("maxPool2dSelect"),
  vjp: [(t, n) => placeAtMaximum(t, second(n), poolOf(n)), null],
  jvp: [(t, n) => pickAtMaximum(t, second(n), poolOf(n)), null],
});

/** The element of `values` where x has its maximum, for each window of x. */
function pickAtMaximum(values: Tensor, x: Tensor, attributes: PoolAttributes): Tensor {
  return apply(selectOp, [values, x], attributes);
}

const maxPoolGradOp = defineOp<OfShape<PoolAttributes>, InstructionDeclaration<OfShape<PoolAttributes>>>({
  ...window("max"),
  name: "maxPool2dGrad",
  opcode: "poolGrad",
  infer: inferGrad,
  vjp: [(t, n) => pickAtMaximum(t, second(n), poolOf(n)), null],
  jvp: [(t, n) => placeAtMaximum(t, second(n), poolOf(n)), null],
});

/** Adds each element of dy to the place where its window of x has its maximum: the transpose of `pickAtMaximum`. */
function placeAtMaximum(dy: Tensor, x: Tensor, attributes: PoolAttributes): Tensor {
  return apply(maxPoolGradOp, [dy, x], { ...attributes, shape: x.shape });
}

const avgPoolOp = defineOp<PoolAttributes, InstructionDeclaration<PoolAttributes>>({
  ...window("average"),
  name: "avgPool2d",
  opcode: "pool",
  infer: inferPool("avgPool2d"),
  vjp: [(t, n) => spread(t, poolOf(n), first(n).shape)],
  jvp: "linear",
});

function average(x: Tensor, attributes: PoolAttributes): Tensor {
  return apply(avgPoolOp, [x], attributes);
}

const avgPoolGradOp = defineOp<OfShape<PoolAttributes>, InstructionDeclaration<OfShape<PoolAttributes>>>({
  ...window("average"),
  name: "avgPool2dGrad",
  opcode: "poolGrad",
  infer: inferGrad,
  vjp: [(t, n) => average(t, poolOf(n))],
  jvp: "linear",
});

/** Spreads each element of dy evenly over its window of an image of `shape`: the transpose of the average. */
function spread(dy: Tensor, attributes: PoolAttributes, shape: Shape): Tensor {
  return apply(avgPoolGradOp, [dy], { ...attributes, shape });
}

/** How the windows of a pooling move over its input. */
export interface Pool2dOptions {
  /** Height and width of a window. */
  readonly kernel: Pair;
  /** Distance between neighbouring windows (default: the kernel, so that they tile the image). */
  readonly stride?: Pair;
  /** Margin around the images, smaller than the kernel (default 0). */
  readonly padding?: Padding;
  /** Order of the axes of x and of the result (default `"NCHW"`). */
  readonly layout?: Layout;
}

/** Checks what all poolings take and resolves the defaults. */
function poolAttributes(op: string, x: Tensor, options: Pool2dOptions, countIncludePadding: boolean): PoolAttributes {
  checkFloat(op, checkTensor(op, x, "x"));
  const layout = checkLayout(op, options.layout ?? "NCHW");
  const kernel = checkPair(op, "kernel", options.kernel);
  const strides = checkPair(op, "stride", options.stride ?? kernel);
  const sizes = imageSizes(op, x, layout);
  if (sizes.h === 0 || sizes.w === 0) throw new ShapeError(`${op}: images are empty: ${showShape(x.shape)}`);
  const padding = resolvePadding(op, options.padding ?? 0, sizes, kernel, strides);
  // A window of nothing but padding would have no maximum.
  if (padding.some((margin, i) => margin >= (kernel[i < 2 ? 0 : 1] as number))) {
    throw new OptionError(
      `${op}: option "padding" must be smaller than the kernel: got ${show(padding)} (top, bottom, left, right) ` +
        `for ${kernel[0]}×${kernel[1]}`,
    );
  }
  return { layout, kernel, strides, padding, countIncludePadding };
}

/**
 * The maximum of each window, NaN if there is one in it; padding never wins. `[n, c, h, w]` → `[n, c, oh, ow]`
 * (NHWC: `[n, h, w, c]` → `[n, oh, ow, c]`) with oh = ⌊(h + top + bottom − kernel) / stride⌋ + 1. The derivative
 * goes to the first maximum of a window in row-major order.
 *
 * @throws {OptionError} for an option that is unknown, missing or out of range.
 * @throws {ShapeError} when a window is larger than the padded images.
 */
export function maxPool2d(x: Tensor, options: Pool2dOptions): Tensor {
  checkOptions("maxPool2d", options, ["kernel", "stride", "padding", "layout"]);
  return apply(maxPoolOp, [x], poolAttributes("maxPool2d", x, options, true));
}

/**
 * The average of each window. Shapes as for `maxPool2d`.
 *
 * @param options `countIncludePadding`: whether padding counts as zeros (default true), or averages are taken over
 *   the elements inside the image.
 * @throws {OptionError} for an option that is unknown, missing or out of range.
 * @throws {ShapeError} when a window is larger than the padded images.
 */
export function avgPool2d(x: Tensor, options: Pool2dOptions & { readonly countIncludePadding?: boolean }): Tensor {
  checkOptions("avgPool2d", options, ["kernel", "stride", "padding", "layout", "countIncludePadding"]);
  const { countIncludePadding = true } = options;
  if (typeof countIncludePadding !== "boolean") {
    throw new OptionError(
      `avgPool2d: option "countIncludePadding" must be a boolean, got ${show(countIncludePadding)}`,
    );
  }
  return average(x, poolAttributes("avgPool2d", x, options, countIncludePadding));
}

/** Options of the poolings over whole images. */
export interface GlobalPool2dOptions {
  /** Order of the axes of x (default `"NCHW"`). */
  readonly layout?: Layout;
  /** Keep the height and the width with length 1 (default false). */
  readonly keepDims?: boolean;
}

function overImages(op: string, x: Tensor, options: GlobalPool2dOptions): ReduceOptions {
  checkFloat(op, checkTensor(op, x, "x"));
  checkOptions(op, options, ["layout", "keepDims"]);
  const layout = checkLayout(op, options.layout ?? "NCHW");
  imageSizes(op, x, layout);
  return { axes: layout === "NHWC" ? [1, 2] : [2, 3], keepDims: options.keepDims ?? false };
}

/** The average of each channel of each image: `[n, c, h, w]` → `[n, c]`, NaN for empty images. */
export function globalAvgPool2d(x: Tensor, options: GlobalPool2dOptions = {}): Tensor {
  return mean(x, overImages("globalAvgPool2d", x, options));
}

/** The maximum of each channel of each image: `[n, c, h, w]` → `[n, c]`, −∞ for empty images. */
export function globalMaxPool2d(x: Tensor, options: GlobalPool2dOptions = {}): Tensor {
  return max(x, overImages("globalMaxPool2d", x, options));
}
