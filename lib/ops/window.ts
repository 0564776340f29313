/** What convolution and pooling share: the order of axes of images, strides, padding, and the size of the result. */

import { OptionError, ShapeError, show } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { MAX_SIZE, type Shape, showShape } from "../shape.js";

/** Order of the axes of images: `[n, c, h, w]` or `[n, h, w, c]`. */
export type Layout = "NCHW" | "NHWC";

/** A value for both directions, or one for the height and one for the width. */
export type Pair = number | readonly [height: number, width: number];

/**
 * Zeros around an image: none (`"valid"`), as many as make the result ⌈size / stride⌉ long (`"same"`, the odd
 * one at the bottom and right), or given numbers.
 */
export type Padding =
  | Pair
  | "same"
  | "valid"
  | readonly [vertical: readonly [top: number, bottom: number], horizontal: readonly [left: number, right: number]];

/** Lengths of the axes of images. */
export interface ImageSizes {
  readonly n: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
}

/** Along the height and along the width. */
export type Lengths = readonly [height: number, width: number];

/** Rows and columns of zeros around an image. */
export type Margins = readonly [top: number, bottom: number, left: number, right: number];

/** What says how windows move over images. */
export type WindowAttributes = {
  readonly layout: Layout;
  readonly strides: Lengths;
  readonly padding: Margins;
};

/** Attributes of a gradient, which does not know the size of what it is a gradient of: strides leave it open. */
export type OfShape<A> = A & { readonly shape: Shape };

const CHANNELS_FIRST = [0, 3, 1, 2] as const;
const CHANNELS_LAST = [0, 2, 3, 1] as const;

/** The permutation that shows images of a layout as `[n, c, h, w]`; undefined where they are already. */
export function axesOfLayout(layout: Layout): readonly number[] | undefined {
  return layout === "NHWC" ? CHANNELS_FIRST : undefined;
}

/** The permutation that brings images of a layout into the other one. */
export function axesOfOther(layout: Layout): readonly number[] {
  return layout === "NHWC" ? CHANNELS_FIRST : CHANNELS_LAST;
}

/** The shape of images in a layout. */
export function imageShape({ n, c, h, w }: ImageSizes, layout: Layout): Shape {
  return layout === "NHWC" ? [n, h, w, c] : [n, c, h, w];
}

/**
 * The lengths of the axes of x.
 *
 * @throws {ShapeError} unless it has four axes.
 */
export function imageSizes(op: string, x: Tensor, layout: Layout): ImageSizes {
  if (x.rank !== 4) {
    const expected = layout === "NHWC" ? "[n, h, w, c]" : "[n, c, h, w]";
    throw new ShapeError(`${op}: x must have 4 axes ${expected}, got ${showShape(x.shape)}`);
  }
  const [n, a, b, d] = x.shape as [number, number, number, number];
  return layout === "NHWC" ? { n, h: a, w: b, c: d } : { n, c: a, h: b, w: d };
}

/** @throws {OptionError} unless `value` is a layout. */
export function checkLayout(op: string, value: unknown): Layout {
  if (value === "NCHW" || value === "NHWC") return value;
  throw new OptionError(`${op}: option "layout" must be "NCHW" or "NHWC", got ${show(value)}`);
}

/** @throws {OptionError} unless `value` is a positive integer. */
export function checkCount(op: string, option: string, value: unknown): number {
  if (isLength(value) && value > 0) return value;
  throw new OptionError(`${op}: option "${option}" must be a positive integer, got ${show(value)}`);
}

/**
 * The height and width an option stands for.
 *
 * @throws {OptionError} unless it is a positive integer or a pair of them.
 */
export function checkPair(op: string, option: string, value: unknown): Lengths {
  const pair = both(value);
  if (isLengths(pair) && pair[0] > 0 && pair[1] > 0) return pair;
  throw new OptionError(`${op}: option "${option}" must be a positive integer or a pair of them, got ${show(value)}`);
}

/** A single value stands for both directions. */
function both(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value, value];
}

function isLengths(pair: readonly unknown[]): pair is Lengths {
  return pair.length === 2 && pair.every(isLength);
}

/** Attribute words are int32, and nothing longer than a tensor makes sense. */
function isLength(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_SIZE;
}

/**
 * The zeros a padding option stands for.
 *
 * @param extents Rows and columns a window spans.
 * @throws {OptionError} for anything that is no padding.
 */
export function resolvePadding(
  op: string,
  padding: unknown,
  { h, w }: ImageSizes,
  extents: Lengths,
  strides: Lengths,
): Margins {
  if (padding === "same") {
    return [...sameMargins(h, extents[0], strides[0]), ...sameMargins(w, extents[1], strides[1])];
  }
  const given = both(padding === "valid" ? 0 : padding).map(both);
  if (given.length === 2 && given.every(isLengths)) return given.flat() as unknown as Margins;
  throw new OptionError(
    `${op}: option "padding" must be "same", "valid", a non-negative integer, [height, width] or ` +
      `[[top, bottom], [left, right]], got ${show(padding)}`,
  );
}

/** The padding for which ⌈length / stride⌉ windows cover the image. */
function sameMargins(length: number, extent: number, stride: number): [before: number, after: number] {
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + extent - length, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/**
 * How many windows fit over a padded image: the size of the result.
 *
 * @throws {ShapeError} when a window is larger than the padded image.
 */
export function countWindows(
  op: string,
  { h, w }: ImageSizes,
  extents: Lengths,
  strides: Lengths,
  [top, bottom, left, right]: Margins,
): Lengths {
  const [height, width] = [h + top + bottom, w + left + right];
  if (extents[0] > height || extents[1] > width) {
    const sizes = `${extents[0]}×${extents[1]} over ${height}×${width}`;
    throw new ShapeError(`${op}: kernel is larger than the padded input: ${sizes}`);
  }
  const count = (length: number, i: 0 | 1) => Math.floor((length - extents[i]) / strides[i]) + 1;
  return [count(height, 0), count(width, 1)];
}
