/**
 * What convolutional networks do to images, on flat arrays of the caller: `[n, c, h, w]`, or `[n, h, w, c]` with the option
 * `layout: "NHWC"`. Each function writes into `out`, which must not share memory with what is read, and returns its shape.
 */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { getAccuracy } from "../ops/accuracy.js";
import {
  checkCount,
  checkLayout,
  checkPair,
  countWindows,
  type ImageSizes,
  imageShape,
  type Layout,
  type Lengths,
  type Margins,
  type Padding,
  type Pair,
  resolvePadding,
} from "../ops/window.js";
import { ACCURACIES, POOL_KINDS, type PoolKind } from "../program/index.js";
import { checkShape, contiguousStrides, type Shape, showShape, sizeOf } from "../shape.js";
import { checkArray } from "./arguments.js";
import { defineKernel, type Operand, run } from "./machine.js";

/** Where windows lie on images. */
export interface WindowOptions {
  /** Steps between windows. */
  readonly stride?: Pair;
  /** Zeros around images: none by default. */
  readonly padding?: Padding;
  /** Order of the axes of images (default `"NCHW"`). */
  readonly layout?: Layout;
}

/** Options of `im2col`. */
export interface Im2colOptions extends WindowOptions {
  /** Rows and columns of a window. */
  readonly kernel: Pair;
  /** Distance of the elements of a window (default 1). */
  readonly dilation?: Pair;
}

/** Options of `conv2d`. */
export interface Conv2dOptions extends WindowOptions {
  /** Distance of the elements of a filter (default 1). */
  readonly dilation?: Pair;
  /** Parts that channels and filters are divided into (default 1). */
  readonly groups?: number;
  /** One number for each filter, added to all that it gives. */
  readonly bias?: Float32Array;
}

/** Options of the poolings; the stride is the kernel by default. */
export interface Pool2dOptions extends WindowOptions {
  /** Rows and columns of a window. */
  readonly kernel: Pair;
}

/** Options of `softmax`. */
export interface SoftmaxOptions {
  /** The axis along which results add up to 1 (default −1, the last). */
  readonly axis?: number;
  /** Whether to give the logarithms (default false). */
  readonly log?: boolean;
}

const passed = { registers: 1, results: [0], code: [] };
const added = { registers: 2, results: [0], code: [{ op: "add", dtype: "float32", dst: 0, a: 0, b: 1 }] } as const;

const convolution = defineKernel("conv2d", { micro: passed });
const biasedConvolution = defineKernel("conv2d", { micro: added });
const pooling = defineKernel("pool");
const softmaxKernel = defineKernel("softmax");

/** A checked array with the lengths of its axes. */
function operand(op: string, name: string, data: Float32Array, shape: Shape): Operand {
  checkArray(op, name, data);
  if (data.length < sizeOf(shape)) {
    const given = data.length === 0 ? "0 elements (as a transferred array has)" : `${data.length} elements`;
    throw new ShapeError(`${op}: ${name} is too short: ${given}, ${showShape(shape)} takes ${sizeOf(shape)}`);
  }
  return { data, offset: 0, shape, strides: contiguousStrides(shape) };
}

/** @throws {OptionError} when a result would overwrite what is read. */
function checkApart(op: string, out: Operand, name: string, input: Operand): void {
  const end = (given: Operand) => given.data.byteOffset + 4 * sizeOf(given.shape);
  const apart =
    out.data.buffer !== input.data.buffer || end(out) <= input.data.byteOffset || end(input) <= out.data.byteOffset;
  if (!apart) throw new OptionError(`${op}: out shares memory with ${name}`);
}

/** Images of a layout, shown as `[n, c, h, w]`. */
function channelsFirst({ data, offset, shape, strides }: Operand, layout: Layout): Operand {
  if (layout === "NCHW") return { data, offset, shape, strides };
  const turn = (numbers: readonly number[]) => [0, 3, 1, 2].map((axis) => numbers[axis] as number);
  return { data, offset, shape: turn(shape), strides: turn(strides) };
}

function imageSizes(op: string, shape: Shape, layout: Layout): ImageSizes {
  const axes = checkShape(op, shape);
  if (axes.length !== 4) {
    const expected = layout === "NHWC" ? "[n, h, w, c]" : "[n, c, h, w]";
    throw new ShapeError(`${op}: x must have 4 axes ${expected}, got ${showShape(axes)}`);
  }
  const [n, a, b, d] = axes as [number, number, number, number];
  return layout === "NHWC" ? { n, h: a, w: b, c: d } : { n, c: a, h: b, w: d };
}

const extentsOf = ([h, w]: Lengths, [down, right]: Lengths): Lengths => [(h - 1) * down + 1, (w - 1) * right + 1];

/**
 * Convolution as in neural networks (the filters are not mirrored), with zeros outside:
 * out[n, o, i, j] = bias[o] + Σ x[n, c, i·stride − top + k·dilation, j·stride − left + l·dilation] · w[o, c, k, l].
 *
 * `setAccuracy` of `nodegrad` decides whether sums may be rearranged.
 *
 * @param shapeX `[n, c, h, w]`, or `[n, h, w, c]`.
 * @param w Filters of shape `shapeW`, `[o, c/groups, kh, kw]` in either layout.
 * @param out Room for the result.
 * @returns The shape of the result: `[n, o, oh, ow]`, or `[n, oh, ow, o]`.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function conv2d(
  x: Float32Array,
  shapeX: Shape,
  w: Float32Array,
  shapeW: Shape,
  out: Float32Array,
  options: Conv2dOptions = {},
): Shape {
  checkOptions("conv2d", options, ["stride", "padding", "dilation", "groups", "layout", "bias"]);
  const layout = checkLayout("conv2d", options.layout ?? "NCHW");
  const strides = checkPair("conv2d", "stride", options.stride ?? 1);
  const dilations = checkPair("conv2d", "dilation", options.dilation ?? 1);
  const groups = checkCount("conv2d", "groups", options.groups ?? 1);
  const sizes = imageSizes("conv2d", shapeX, layout);
  const filters = checkFilters(sizes.c, checkShape("conv2d", shapeW), groups);
  const extents = extentsOf([filters[2], filters[3]], dilations);
  const padding = resolvePadding("conv2d", options.padding ?? 0, sizes, extents, strides);
  const [h, width] = countWindows("conv2d", sizes, extents, strides, padding);
  const shape = imageShape({ n: sizes.n, c: filters[0], h, w: width }, layout);
  const result = operand("conv2d", "out", out, shape);
  const inputs = [operand("conv2d", "x", x, shapeX), operand("conv2d", "w", w, shapeW)] as [Operand, Operand];
  const { bias } = options;
  if (bias !== undefined) inputs.push(operand("conv2d", "bias", bias, [filters[0]]));
  inputs.forEach((input, i) => {
    checkApart("conv2d", result, ["x", "w", "bias"][i] as string, input);
  });
  if (sizeOf(shape) === 0) return shape;
  const target = channelsFirst(result, layout);
  const [images, weights] = [channelsFirst(inputs[0], layout), inputs[1]];
  const operands: Operand[] = [target, images, weights];
  if (bias !== undefined) operands.push({ data: bias, offset: 0, shape: target.shape, strides: [0, 1, 0, 0] });
  run(bias === undefined ? convolution : biasedConvolution, operands, undefined, {
    ...windowWords(strides, padding),
    dilationH: dilations[0],
    dilationW: dilations[1],
    groups,
    accuracy: ACCURACIES.indexOf(getAccuracy()),
  });
  return shape;
}

function windowWords(strides: Lengths, padding: Margins) {
  return { strideH: strides[0], strideW: strides[1], padTop: padding[0], padLeft: padding[2] };
}

function checkFilters(channels: number, shape: Shape, groups: number): readonly [number, number, number, number] {
  const [filters, depth, kernelH, kernelW] = shape as [number, number, number, number];
  const fits =
    shape.length === 4 && kernelH > 0 && kernelW > 0 && depth * groups === channels && filters % groups === 0;
  if (fits) return [filters, depth, kernelH, kernelW];
  throw new ShapeError(
    `conv2d: filters do not fit ${channels} channels in ${groups} group(s): got ${showShape(shape)}, expected ` +
      "[o, c/groups, kh, kw]",
  );
}

function pool(
  op: string,
  kind: PoolKind,
  x: Float32Array,
  shapeX: Shape,
  out: Float32Array,
  options: Pool2dOptions,
  countIncludePadding: boolean,
): Shape {
  const layout = checkLayout(op, options.layout ?? "NCHW");
  const kernel = checkPair(op, "kernel", options.kernel);
  const strides = checkPair(op, "stride", options.stride ?? kernel);
  const sizes = imageSizes(op, shapeX, layout);
  const padding = resolvePadding(op, options.padding ?? 0, sizes, kernel, strides);
  if (padding.some((margin, i) => margin >= (kernel[i < 2 ? 0 : 1] as number))) {
    throw new OptionError(`${op}: option "padding" must be smaller than the kernel, got ${show(options.padding)}`);
  }
  if (sizes.h === 0 || sizes.w === 0) throw new ShapeError(`${op}: images are empty: ${showShape(shapeX)}`);
  const [h, w] = countWindows(op, sizes, kernel, strides, padding);
  const shape = imageShape({ n: sizes.n, c: sizes.c, h, w }, layout);
  const [result, images] = [operand(op, "out", out, shape), operand(op, "x", x, shapeX)];
  checkApart(op, result, "x", images);
  if (sizeOf(shape) === 0) return shape;
  run(pooling, [channelsFirst(result, layout), channelsFirst(images, layout)], undefined, {
    ...windowWords(strides, padding),
    kind: POOL_KINDS.indexOf(kind),
    kernelH: kernel[0],
    kernelW: kernel[1],
    countIncludePadding: countIncludePadding ? 1 : 0,
  });
  return shape;
}

/**
 * The maximum of each window, NaN if there is one in it; padding never wins.
 *
 * @param shapeX `[n, c, h, w]`, or `[n, h, w, c]`.
 * @param out Room for the result.
 * @returns The shape of the result: `[n, c, oh, ow]`, or `[n, oh, ow, c]`.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function maxPool2d(x: Float32Array, shapeX: Shape, out: Float32Array, options: Pool2dOptions): Shape {
  checkOptions("maxPool2d", options, ["kernel", "stride", "padding", "layout"]);
  return pool("maxPool2d", "max", x, shapeX, out, options, true);
}

/**
 * The average of each window.
 *
 * @param options `countIncludePadding`: whether padding counts as zeros (default true), or averages are taken over the
 *   elements inside the image.
 * @returns The shape of the result, as for `maxPool2d`.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function avgPool2d(
  x: Float32Array,
  shapeX: Shape,
  out: Float32Array,
  options: Pool2dOptions & { readonly countIncludePadding?: boolean },
): Shape {
  checkOptions("avgPool2d", options, ["kernel", "stride", "padding", "layout", "countIncludePadding"]);
  const { countIncludePadding = true } = options;
  if (typeof countIncludePadding !== "boolean") {
    throw new OptionError(
      `avgPool2d: option "countIncludePadding" must be a boolean, got ${show(countIncludePadding)}`,
    );
  }
  return pool("avgPool2d", "average", x, shapeX, out, options, countIncludePadding);
}

/**
 * exp(xᵢ) / Σ exp(xⱼ) along an axis, or its logarithm; no exponential overflows.
 *
 * @param shapeX Lengths of the axes of x, at most 8.
 * @param out Room for as many elements as x has.
 * @returns The shape of the result, that of x.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function softmax(x: Float32Array, shapeX: Shape, out: Float32Array, options: SoftmaxOptions = {}): Shape {
  checkOptions("softmax", options, ["axis", "log"]);
  const { axis = -1, log = false } = options;
  const shape = checkShape("softmax", shapeX);
  const last = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(last) || last < 0 || last >= shape.length) {
    throw new OptionError(`softmax: option "axis" must be an axis of ${showShape(shape)}, got ${show(axis)}`);
  }
  if (typeof log !== "boolean") {
    throw new OptionError(`softmax: option "log" must be a boolean, got ${show(log)}`);
  }
  const [result, values] = [operand("softmax", "out", out, shape), operand("softmax", "x", x, shape)];
  checkApart("softmax", result, "x", values);
  if (sizeOf(shape) === 0) return shape;
  const turn = (numbers: readonly number[]) => [...numbers.filter((_, i) => i !== last), numbers[last] as number];
  const turned = (given: Operand) => ({ ...given, shape: turn(given.shape), strides: turn(given.strides) });
  run(softmaxKernel, [turned(result), turned(values)], undefined, { log: log ? 1 : 0 });
  return shape;
}

/**
 * The windows of images as columns of a matrix, so that a convolution is a product: out[n, (c, k, l), (i, j)] =
 * x[n, c, i·stride − top + k·dilation, j·stride − left + l·dilation], 0 outside. NHWC gives windows as rows:
 * out[n, (i, j), (k, l, c)].
 *
 * @param shapeX `[n, c, h, w]`, or `[n, h, w, c]`.
 * @param out Room for the result.
 * @returns The shape of the result: `[n, c·kh·kw, oh·ow]`, or `[n, oh·ow, kh·kw·c]`.
 * @throws {OptionError | DTypeError | ShapeError} for arguments that do not fit.
 */
export function im2col(x: Float32Array, shapeX: Shape, out: Float32Array, options: Im2colOptions): Shape {
  checkOptions("im2col", options, ["kernel", "stride", "padding", "dilation", "layout"]);
  const layout = checkLayout("im2col", options.layout ?? "NCHW");
  const kernel = checkPair("im2col", "kernel", options.kernel);
  const strides = checkPair("im2col", "stride", options.stride ?? 1);
  const dilations = checkPair("im2col", "dilation", options.dilation ?? 1);
  const sizes = imageSizes("im2col", shapeX, layout);
  const extents = extentsOf(kernel, dilations);
  const padding = resolvePadding("im2col", options.padding ?? 0, sizes, extents, strides);
  const windows = countWindows("im2col", sizes, extents, strides, padding);
  const [inWindow, count] = [sizes.c * kernel[0] * kernel[1], windows[0] * windows[1]];
  const shape = checkShape("im2col", layout === "NHWC" ? [sizes.n, count, inWindow] : [sizes.n, inWindow, count]);
  const [result, images] = [operand("im2col", "out", out, shape), operand("im2col", "x", x, shapeX)];
  checkApart("im2col", result, "x", images);
  unfold(channelsFirst(images, layout), result.data as Float32Array, {
    layout,
    kernel,
    strides,
    dilations,
    padding,
    windows,
  });
  return shape;
}

/** How `im2col` goes through images. */
interface Unfolding {
  readonly layout: Layout;
  readonly kernel: Lengths;
  readonly strides: Lengths;
  readonly dilations: Lengths;
  readonly padding: Margins;
  readonly windows: Lengths;
}

/** Copies a row of windows at a time: of one element of each for images `[n, c, h, w]`. */
function unfold(
  x: Operand,
  out: Float32Array,
  { layout, kernel, strides, dilations, padding, windows }: Unfolding,
): void {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [kh, kw] = kernel;
  const [oh, ow] = windows;
  const [stepN, stepC, stepH, stepW] = x.strides as [number, number, number, number];
  const inWindow = c * kh * kw;
  // Distances in the result: of channels, of elements of a window, of windows.
  const [ofC, ofK, ofWindow] = layout === "NHWC" ? [1, c, inWindow] : [kh * kw * oh * ow, oh * ow, 1];
  for (let image = 0; image < n; image++) {
    for (let channel = 0; channel < c; channel++) {
      const plane = image * stepN + channel * stepC;
      for (let k = 0; k < kh * kw; k++) {
        const [down, right] = [Math.floor(k / kw) * dilations[0] - padding[0], (k % kw) * dilations[1] - padding[2]];
        let to = image * inWindow * oh * ow + channel * ofC + k * ofK;
        for (let i = 0; i < oh; i++) {
          const row = i * strides[0] + down;
          const isInside = row >= 0 && row < h;
          for (let j = 0, column = right; j < ow; j++, column += strides[1], to += ofWindow) {
            const at = plane + row * stepH + column * stepW;
            out[to] = isInside && column >= 0 && column < w ? ((x.data as Float32Array)[at] as number) : 0;
          }
        }
      }
    }
  }
}
