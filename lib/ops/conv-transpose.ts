/** Transposed convolution: the derivative of a convolution with respect to its input, as an operation of its own. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { checkShape, showShape } from "../shape.js";
import { type Accuracy, checkAccuracy, getAccuracy } from "./accuracy.js";
import { gradInput } from "./conv.js";
import { checkFactors } from "./operands.js";
import {
  checkCount,
  checkLayout,
  checkPair,
  imageShape,
  imageSizes,
  type Layout,
  type Lengths,
  type Padding,
  type Pair,
  resolvePadding,
} from "./window.js";

/** How a transposed convolution lays its windows out. */
export interface ConvTranspose2dOptions {
  /** Distance between neighbouring windows of the result (default 1). */
  readonly stride?: Pair;
  /** Rows and columns that are cut off around the result (default 0). */
  readonly padding?: Exclude<Padding, "same">;
  /** Rows and columns added at the bottom and right of the result, fewer than the stride (default 0). */
  readonly outputPadding?: Pair;
  /** Distance between neighbouring elements of a window (default 1: they touch). */
  readonly dilation?: Pair;
  /** Channels are cut into this many groups, which do not mix (default 1). */
  readonly groups?: number;
  /** Order of the axes of x and of the result (default `"NCHW"`). */
  readonly layout?: Layout;
  /** Whether sums may be rearranged where that is faster: see `setAccuracy`. */
  readonly accuracy?: Accuracy;
}

/** @internal The names of those options. */
export const CONV_TRANSPOSE_OPTIONS = [
  "stride",
  "padding",
  "outputPadding",
  "dilation",
  "groups",
  "layout",
  "accuracy",
] as const;

/**
 * Transposed convolution, also called deconvolution: each pixel of x adds its multiple of a filter to the result,
 *
 * y[n, o, i·stride − top + k·dilation, j·stride − left + l·dilation] += x[n, c, i, j] · w[c, o, k, l],
 *
 * where what falls outside is lost. As a linear map it is the transpose of `conv2d` with the same weights and options. The
 * result is `[n, o, oh, ow]` (NHWC: `[n, oh, ow, o]`) with
 * oh = (h − 1)·stride − top − bottom + dilation·(kh − 1) + outputPadding + 1, as in PyTorch. Floats only.
 *
 * @param x Images `[n, c, h, w]` (NHWC: `[n, h, w, c]`).
 * @param w Filters `[c, o/groups, kh, kw]`, in either layout.
 * @throws {OptionError} for an option that is unknown or out of range.
 * @throws {ShapeError} when channels and filters do not fit, or nothing is left of the result.
 * @throws {DTypeError} unless both are floats of one dtype.
 */
export function convTranspose2d(x: Tensor, w: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  const op = "convTranspose2d";
  checkFactors(op, x, w, ["x", "weights"]);
  checkOptions(op, options, CONV_TRANSPOSE_OPTIONS);
  const layout = checkLayout(op, options.layout ?? "NCHW");
  const strides = checkPair(op, "stride", options.stride ?? 1);
  const dilations = checkPair(op, "dilation", options.dilation ?? 1);
  const groups = checkCount(op, "groups", options.groups ?? 1);
  const accuracy = checkAccuracy(`${op}: option "accuracy"`, options.accuracy ?? getAccuracy());
  const more = checkOutputPadding(op, options.outputPadding ?? 0, strides);
  const sizes = imageSizes(op, x, layout);
  checkFilters(op, sizes.c, x, w, groups);
  const given: Padding = options.padding ?? 0;
  if ((given as unknown) === "same") {
    throw new OptionError(`${op}: option "padding" must be numbers or "valid", got "same"`);
  }
  const padding = resolvePadding(op, given, sizes, [1, 1], strides);
  const length = (i: 0 | 1) => {
    const extent = ((w.shape[i + 2] as number) - 1) * dilations[i] + 1;
    const pixels = i === 0 ? sizes.h : sizes.w;
    const cut = i === 0 ? padding[0] + padding[1] : padding[2] + padding[3];
    return (pixels - 1) * strides[i] + extent + more[i] - cut;
  };
  const [h, width] = [length(0), length(1)];
  if (h < 1 || width < 1) {
    throw new ShapeError(`${op}: padding leaves nothing of the result: ${h}×${width} for x ${showShape(x.shape)}`);
  }
  const c = (w.shape[1] as number) * groups;
  const shape = checkShape(op, imageShape({ n: sizes.n, c, h, w: width }, layout));
  return gradInput(x, w, { layout, strides, padding, dilations, groups, accuracy }, shape);
}

/** Rows and columns beyond a stride would be another row of windows, which x does not have. */
function checkOutputPadding(op: string, given: unknown, strides: Lengths): Lengths {
  const pair = Array.isArray(given) ? given : [given, given];
  const fits = (value: number, i: number) => Number.isInteger(value) && value >= 0 && value < (strides[i] as number);
  if (pair.length === 2 && pair.every(fits)) return pair as unknown as Lengths;
  throw new OptionError(
    `${op}: option "outputPadding" must be a non-negative integer below the stride, or a pair of them, got ${show(given)}`,
  );
}

function checkFilters(op: string, channels: number, x: Tensor, w: Tensor, groups: number): void {
  if (w.rank !== 4 || w.size === 0) {
    throw new ShapeError(`${op}: weights must have 4 axes [c, o/groups, kh, kw], got ${showShape(w.shape)}`);
  }
  if (w.shape[0] === channels && channels % groups === 0) return;
  throw new ShapeError(
    `${op}: channels differ: x ${showShape(x.shape)} has ${channels}, weights ${showShape(w.shape)} ` +
      `in ${groups} group(s) expect ${w.shape[0]}`,
  );
}
