/** Convolution of images, and the two operations that are its derivatives and each other's. */

import { checkOptions, ShapeError } from "../errors.js";
import { defineOp, type InstructionDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { ACCURACIES } from "../program/opcodes.js";
import { checkShape, MAX_SIZE, type Shape, showShape } from "../shape.js";
import { type Accuracy, checkAccuracy, getAccuracy } from "./accuracy.js";
import { checkFactors, first, second } from "./operands.js";
import {
  axesOfLayout,
  axesOfOther,
  checkCount,
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

type ConvAttributes = WindowAttributes & {
  readonly dilations: Lengths;
  readonly groups: number;
  readonly accuracy: Accuracy;
};

/** The attributes of the convolution that a node belongs to. */
function convOf(node: Tensor): ConvAttributes {
  const { layout, strides, padding, dilations, groups, accuracy } = node.attributes as ConvAttributes;
  return { layout, strides, padding, dilations, groups, accuracy };
}

function words(node: Tensor): Readonly<Record<string, number>> {
  const { strides, padding, dilations, groups, accuracy } = convOf(node);
  return {
    strideH: strides[0],
    strideW: strides[1],
    padTop: padding[0],
    padLeft: padding[2],
    dilationH: dilations[0],
    dilationW: dilations[1],
    groups,
    accuracy: ACCURACIES.indexOf(accuracy),
  };
}

/** Images are shown to the instruction as `[n, c, h, w]`; weights always are `[o, c/groups, kh, kw]`. */
function imageAxes(weights: number) {
  return (node: Tensor, operand: number) => (operand === weights ? undefined : axesOfLayout(convOf(node).layout));
}

/** Channels from which on whole vectors of them make up for the longer way of what is done to each of them. */
const MANY_CHANNELS = 32;

/** What a convolution gains where an image lies in the other layout, by the place of its weights. */
function gainOfOther(weights: number) {
  return (node: Tensor, operand: number) => {
    const { layout, groups } = convOf(node);
    const image = operand < 0 ? node : (node.inputs[operand] as Tensor);
    if (operand === weights || layout === "NHWC") return -1;
    const channels = image.shape[1] as number;
    if (groups > 1) return channels === groups ? 2 : channels / groups < 8 ? -1 : 0;
    return channels >= MANY_CHANNELS ? 1 : channels > 8 ? 0 : -1;
  };
}

/** Rows and columns that a filter spans with its dilation. */
function extents(w: Tensor, dilations: Lengths): Lengths {
  return [((w.shape[2] as number) - 1) * dilations[0] + 1, ((w.shape[3] as number) - 1) * dilations[1] + 1];
}

const RESULT = -1;

const conv2dOp = defineOp<ConvAttributes, InstructionDeclaration<ConvAttributes>>({
  name: "conv2d",
  kind: "window",
  opcode: "conv2d",
  words,
  axes: imageAxes(1),
  otherOrder: (node) => axesOfOther(convOf(node).layout),
  gainOfOther: gainOfOther(1),
  infer(inputs, { layout, strides, padding, dilations }) {
    const [x, filters] = inputs as [Tensor, Tensor];
    const sizes = imageSizes("conv2d", x, layout);
    const spans = extents(filters, dilations);
    const [h, w] = countWindows("conv2d", sizes, spans, strides, padding);
    const c = filters.shape[0] as number;
    const shape = checkShape("conv2d", imageShape({ n: sizes.n, c, h, w }, layout));
    const seen = [sizes.h + padding[0] + padding[1] + spans[0], sizes.w + padding[2] + padding[3] + spans[1]] as const;
    if (seen[0] * seen[1] * Math.max(sizes.c, c) > MAX_SIZE) {
      throw new ShapeError(
        `conv2d: image is too large with its padding and dilation: ${seen[0]}×${seen[1]} (> 2³¹ − 1)`,
      );
    }
    return { shape, dtype: x.dtype };
  },
  vjp: [
    (t, n) => gradInput(t, second(n), convOf(n), first(n).shape),
    (t, n) => gradWeight(first(n), t, convOf(n), second(n).shape),
  ],
  jvp: "linear",
});

function convolve(x: Tensor, w: Tensor, attributes: ConvAttributes): Tensor {
  return apply(conv2dOp, [x, w], attributes);
}

const gradInputOp = defineOp<OfShape<ConvAttributes>, InstructionDeclaration<OfShape<ConvAttributes>>>({
  name: "conv2dGradInput",
  kind: "window",
  opcode: "conv2dGradInput",
  words,
  axes: imageAxes(1),
  otherOrder: (node) => axesOfOther(convOf(node).layout),
  gainOfOther: gainOfOther(1),
  infer: ([dy], { shape }) => ({ shape, dtype: (dy as Tensor).dtype }),
  vjp: [(t, n) => convolve(t, second(n), convOf(n)), (t, n) => gradWeight(t, first(n), convOf(n), second(n).shape)],
  jvp: "linear",
});

/** @internal dx of shape `shape` from dy and w: the transpose of the convolution as a function of x. */
export function gradInput(dy: Tensor, w: Tensor, attributes: ConvAttributes, shape: Shape): Tensor {
  return apply(gradInputOp, [dy, w], { ...attributes, shape });
}

const gradWeightOp = defineOp<OfShape<ConvAttributes>, InstructionDeclaration<OfShape<ConvAttributes>>>({
  name: "conv2dGradWeight",
  kind: "window",
  opcode: "conv2dGradWeight",
  words,
  axes: imageAxes(RESULT),
  gainOfOther: gainOfOther(RESULT),
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  vjp: [(t, n) => gradInput(second(n), t, convOf(n), first(n).shape), (t, n) => convolve(first(n), t, convOf(n))],
  jvp: "linear",
});

/** dw of shape `shape` from x and dy: the transpose of the convolution as a function of w. */
function gradWeight(x: Tensor, dy: Tensor, attributes: ConvAttributes, shape: Shape): Tensor {
  return apply(gradWeightOp, [x, dy], { ...attributes, shape });
}

/** How the filters of a convolution move over its input. */
export interface Conv2dOptions {
  /** Distance between neighbouring windows (default 1). */
  readonly stride?: Pair;
  /** Zeros around the images (default 0). */
  readonly padding?: Padding;
  /** Distance between neighbouring elements of a window (default 1: they touch). */
  readonly dilation?: Pair;
  /** Channels are cut into this many groups, and each filter sees one of them (default 1). */
  readonly groups?: number;
  /** Order of the axes of x and of the result (default `"NCHW"`). */
  readonly layout?: Layout;
  /**
   * Whether sums may be rearranged where that is faster, in this convolution and in its gradients: see `setAccuracy`,
   * which is also where the default comes from.
   */
  readonly accuracy?: Accuracy;
}

/**
 * Convolution as in neural networks (a cross-correlation: the filters are not mirrored):
 *
 * y[n, o, i, j] = Σ x[n, c, i·stride − top + k·dilation, j·stride − left + l·dilation] · w[o, c, k, l]
 *
 * over the channels c of the filter's group and the kernel's rows k and columns l, with x = 0 outside. The result
 * is `[n, o, oh, ow]` (NHWC: `[n, oh, ow, o]`) with oh = ⌊(h + top + bottom − dilation·(kh − 1) − 1) / stride⌋ + 1.
 * Floats only.
 *
 * @param x Images `[n, c, h, w]` (NHWC: `[n, h, w, c]`).
 * @param w Filters `[o, c/groups, kh, kw]`, in either layout.
 * @throws {OptionError} for an option that is unknown or out of range.
 * @throws {ShapeError} when channels and filters do not fit, or a filter is larger than the padded images.
 * @throws {DTypeError} unless both are floats of one dtype.
 */
export function conv2d(x: Tensor, w: Tensor, options: Conv2dOptions = {}): Tensor {
  checkFactors("conv2d", x, w, ["x", "weights"]);
  checkOptions("conv2d", options, ["stride", "padding", "dilation", "groups", "layout", "accuracy"]);
  const layout = checkLayout("conv2d", options.layout ?? "NCHW");
  const strides = checkPair("conv2d", "stride", options.stride ?? 1);
  const dilations = checkPair("conv2d", "dilation", options.dilation ?? 1);
  const groups = checkCount("conv2d", "groups", options.groups ?? 1);
  const accuracy = checkAccuracy('conv2d: option "accuracy"', options.accuracy ?? getAccuracy());
  const sizes = imageSizes("conv2d", x, layout);
  checkFilters(sizes.c, x, w, groups);
  const padding = resolvePadding("conv2d", options.padding ?? 0, sizes, extents(w, dilations), strides);
  return convolve(x, w, { layout, strides, padding, dilations, groups, accuracy });
}

function checkFilters(channels: number, x: Tensor, w: Tensor, groups: number): void {
  if (w.rank !== 4) {
    throw new ShapeError(`conv2d: weights must have 4 axes [o, c/groups, kh, kw], got ${showShape(w.shape)}`);
  }
  const [filters, depth, kernelH, kernelW] = w.shape as [number, number, number, number];
  if (kernelH === 0 || kernelW === 0) throw new ShapeError(`conv2d: kernel is empty: weights ${showShape(w.shape)}`);
  if (depth * groups !== channels) {
    throw new ShapeError(
      `conv2d: channels differ: x ${showShape(x.shape)} has ${channels}, weights ${showShape(w.shape)} ` +
        `in ${groups} group(s) expect ${depth * groups}`,
    );
  }
  if (filters % groups !== 0) {
    throw new ShapeError(`conv2d: filters do not divide into ${groups} groups: weights ${showShape(w.shape)}`);
  }
}
