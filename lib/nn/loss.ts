/** What training makes small, and what tells how well it did. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { labelLosses } from "../ops/cross-entropy.js";
import { argMax, cast, equal, mean, sum } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { sameShape, showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** How the losses of single examples become one: their mean, their sum, or not at all. */
export type Reduction = "mean" | "sum" | "none";

/** Options of losses. */
export interface LossOptions {
  /** What becomes of the losses of single examples (default `"mean"`). */
  readonly reduction?: Reduction;
}

function reduced(op: string, losses: Tensor, options: LossOptions): Tensor {
  checkOptions(op, options, ["reduction"]);
  const { reduction = "mean" } = options;
  if (reduction === "mean") return mean(losses);
  if (reduction === "sum") return sum(losses);
  if (reduction === "none") return losses;
  throw new OptionError(`${op}: option "reduction" must be "mean", "sum" or "none", got ${show(reduction)}`);
}

/** @throws {ShapeError} unless there is a label for each row of scores. */
function checkLabels(op: string, logits: Tensor, labels: Tensor): void {
  checkTensor(op, logits, "logits");
  checkTensor(op, labels, "labels");
  if (logits.rank > 0 && sameShape(labels.shape, logits.shape.slice(0, -1))) return;
  const given = `logits ${showShape(logits.shape)}, labels ${showShape(labels.shape)}`;
  throw new ShapeError(`${op}: labels do not fit the logits: ${given}; expected […, classes] and […]`);
}

/**
 * Softmax cross-entropy, −ln(e^{s_y} / Σ e^{sⱼ}) per example with the scores s and the label y, in [0, ∞). Computed
 * from the largest score, so that it neither overflows nor loses small losses. NaN where a score is.
 * The mean over no examples is NaN.
 *
 * @param logits Scores before the softmax, `[…, classes]`, float.
 * @param labels Class of each example, `[…]`, int32 or uint8 in [0, classes).
 * @returns A scalar, or `[…]` without reduction.
 * @throws {ShapeError} when logits and labels do not fit each other.
 * @throws {DTypeError} for logits that are not float or labels of another dtype.
 * @throws {IndexError} when it is computed and a label is out of range.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: LossOptions = {}): Tensor {
  checkLabels("crossEntropy", logits, labels);
  return reduced("crossEntropy", labelLosses("crossEntropy", logits, labels), options);
}

/**
 * Share of examples whose largest score is that of the label, in [0, 1]; of equal scores the first counts. NaN
 * without examples. float32, without derivative.
 *
 * @param logits Scores `[…, classes]`.
 * @param labels `[…]`, int32 or uint8.
 * @throws {ShapeError} when they do not fit each other.
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  checkLabels("accuracy", logits, labels);
  return mean(cast(equal(argMax(logits, { axis: -1 }), cast(labels, "int32")), "float32"));
}
