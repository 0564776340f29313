/** Convolution of sequences: one of images of a single row. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { showShape } from "../shape.js";
import type { Accuracy } from "./accuracy.js";
import { conv2d } from "./conv.js";
import { expandDims, squeeze } from "./movement.js";
import { checkFactors } from "./operands.js";
import { checkCount, type Padding } from "./window.js";

/** How the filters of a convolution move over sequences. */
export interface Conv1dOptions {
  /** Distance between neighbouring windows (default 1). */
  readonly stride?: number;
  /**
   * Zeros at both ends: as many as make the result ⌈length / stride⌉ long (`"same"`, the odd one at the end), none
   * (`"valid"`), a number for each end or one for both (default 0).
   */
  readonly padding?: number | "same" | "valid" | readonly [before: number, after: number];
  /** Distance between neighbouring elements of a window (default 1: they touch). */
  readonly dilation?: number;
  /** Channels are cut into this many groups, and each filter sees one of them (default 1). */
  readonly groups?: number;
  /** Whether sums may be rearranged where that is faster: see `setAccuracy`. */
  readonly accuracy?: Accuracy;
}

/** @internal The names of those options. */
export const CONV1D_OPTIONS = ["stride", "padding", "dilation", "groups", "accuracy"] as const;

/**
 * Convolution of sequences (a cross-correlation: the filters are not mirrored):
 *
 * y[n, o, i] = Σ x[n, c, i·stride − before + k·dilation] · w[o, c, k]
 *
 * over the channels c of the filter's group and the taps k, with x = 0 outside. The result is `[n, o, m]` with
 * m = ⌊(length + before + after − dilation·(taps − 1) − 1) / stride⌋ + 1. Floats only.
 *
 * @param x Sequences `[n, c, length]`.
 * @param w Filters `[o, c/groups, taps]`.
 * @throws {OptionError} for an option that is unknown or out of range.
 * @throws {ShapeError} when channels and filters do not fit, or a filter is longer than the padded sequences.
 * @throws {DTypeError} unless both are floats of one dtype.
 */
export function conv1d(x: Tensor, w: Tensor, options: Conv1dOptions = {}): Tensor {
  const op = "conv1d";
  checkFactors(op, x, w, ["x", "weights"]);
  checkOptions(op, options, CONV1D_OPTIONS);
  const [stride, dilation, groups] = (["stride", "dilation", "groups"] as const).map((option) =>
    checkCount(op, option, options[option] ?? 1),
  ) as [number, number, number];
  checkSequences(op, x, w, groups);
  const images = conv2d(expandDims(x, 2), expandDims(w, 2), {
    stride: [1, stride],
    padding: paddingOfRows(op, options.padding ?? 0),
    dilation: [1, dilation],
    groups,
    accuracy: options.accuracy,
  });
  return squeeze(images, { axes: 2 });
}

/** Padding along a sequence as padding of images of one row. */
function paddingOfRows(op: string, padding: NonNullable<Conv1dOptions["padding"]>): Padding {
  if (padding === "same" || padding === "valid") return padding;
  const ends = Array.isArray(padding) ? padding : [padding, padding];
  if (ends.length === 2 && ends.every((zeros) => Number.isSafeInteger(zeros) && zeros >= 0)) {
    return [[0, 0], ends as unknown as readonly [number, number]];
  }
  throw new OptionError(
    `${op}: option "padding" must be "same", "valid", a non-negative integer or a pair of them, got ${show(padding)}`,
  );
}

function checkSequences(op: string, x: Tensor, w: Tensor, groups: number): void {
  if (x.rank !== 3) throw new ShapeError(`${op}: x must have 3 axes [n, c, length], got ${showShape(x.shape)}`);
  if (w.rank !== 3) {
    throw new ShapeError(`${op}: weights must have 3 axes [o, c/groups, taps], got ${showShape(w.shape)}`);
  }
  const [filters, depth] = w.shape as [number, number, number];
  if (depth * groups !== x.shape[1] || filters % groups !== 0) {
    throw new ShapeError(
      `${op}: channels differ: x ${showShape(x.shape)}, weights ${showShape(w.shape)} in ${groups} group(s)`,
    );
  }
}
