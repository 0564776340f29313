/** Hinge losses, of support vector machines: 0 where the right side is ahead by a margin. */

import { checkBoolean } from "../../data/check.js";
import { OptionError, show } from "../../errors.js";
import { expandDims, mul, oneHot, relu, square, sub, sum, takeAlongAxis, where } from "../../ops/index.js";
import { checkFloat } from "../../ops/operands.js";
import type { Tensor } from "../../tensor.js";
import { checkLabels, checkLossOptions, checkPair, type LossOptions, reduceLosses } from "./reduction.js";

/** Options of `hingeLoss`. */
export interface HingeOptions extends LossOptions {
  /** How far ahead is far enough, a number > 0 (default 1). */
  readonly margin?: number;
  /** Whether to square what is missing to the margin (default false). */
  readonly squared?: boolean;
}

/** Options of `multiclassHingeLoss`. */
export interface MulticlassHingeOptions extends HingeOptions {
  /** Whether to divide the sum over the classes by their number, as PyTorch does (default false). */
  readonly meanOverClasses?: boolean;
}

/** What is missing to the margin, squared if asked for; the derivative at the margin is 0. */
function missing(lead: Tensor, { margin = 1, squared = false }: HingeOptions): Tensor {
  const hinge = relu(sub(margin, lead));
  return squared ? square(hinge) : hinge;
}

function checkHinge(op: string, options: MulticlassHingeOptions, more: readonly string[] = []): void {
  checkLossOptions(op, options, ["margin", "squared", ...more]);
  const { margin = 1, squared = false, meanOverClasses = false } = options;
  if (typeof margin !== "number" || !(margin > 0 && margin < Infinity)) {
    throw new OptionError(`${op}: option "margin" must be a number > 0, got ${show(margin)}`);
  }
  checkBoolean(op, "squared", squared);
  checkBoolean(op, "meanOverClasses", meanOverClasses);
}

/**
 * Binary hinge loss max(0, margin − y·ŷ) per element, in [0, ∞). NaN where an operand is; the mean over no elements is
 * NaN.
 *
 * @param prediction Scores ŷ, of any shape, float: positive for one class, negative for the other.
 * @param target Classes y, −1 or 1, of the same shape and dtype.
 * @returns A scalar, or of that shape without reduction.
 * @throws {ShapeError} when the shapes differ.
 * @throws {DTypeError} when the dtypes differ or are not float.
 */
export function hingeLoss(prediction: Tensor, target: Tensor, options: HingeOptions = {}): Tensor {
  checkHinge("hingeLoss", options);
  checkPair("hingeLoss", prediction, target);
  return reduceLosses(missing(mul(prediction, target), options), options);
}

/**
 * Multiclass hinge loss, of the multiclass support vector machine: Σ_{j≠y} max(0, sⱼ − s_y + margin) per example with the
 * scores s and the label y, in [0, ∞). NaN where a score is; the mean over no examples is NaN.
 *
 * @param scores s: `[…, classes]`, float.
 * @param labels y: `[…]`, int32 or uint8 in [0, classes).
 * @returns A scalar, or `[…]` without reduction.
 * @throws {ShapeError} when scores and labels do not fit each other.
 * @throws {DTypeError} for scores that are not float or labels of another dtype.
 * @throws {IndexError} when it is computed and a label is out of range.
 */
export function multiclassHingeLoss(scores: Tensor, labels: Tensor, options: MulticlassHingeOptions = {}): Tensor {
  const op = "multiclassHingeLoss";
  checkHinge(op, options, ["meanOverClasses"]);
  const classOf = checkLabels(op, scores, labels);
  checkFloat(op, scores);
  const classes = scores.shape.at(-1) as number;
  const right = takeAlongAxis(scores, expandDims(classOf, -1));
  const each = where(oneHot(classOf, classes, { dtype: "bool" }), 0, missing(sub(right, scores), options));
  const losses = sum(each, { axes: -1 });
  return reduceLosses(options.meanOverClasses ? mul(losses, 1 / classes) : losses, options);
}
