/** How often a classifier is right or wrong. Counts have no derivative: they tell how well training did. */

import { argMax, cast, equal, mean, notEqual } from "../../ops/index.js";
import { checkSameDType } from "../../ops/operands.js";
import type { Tensor } from "../../tensor.js";
import { checkLabels, checkLossOptions, checkSameShape, type LossOptions, reduceLosses } from "./reduction.js";

/**
 * Zero-one loss per element: 0 where the predicted label is the true one, 1 otherwise. float32, without derivative.
 * `zeroOneLoss(argMax(scores, { axis: -1 }), labels)` is 1 − `accuracy(scores, labels)`; the mean over no elements is NaN.
 *
 * @param prediction Labels, of any shape and dtype.
 * @param target Of the same shape and dtype.
 * @throws {ShapeError} when the shapes differ.
 * @throws {DTypeError} when the dtypes differ.
 */
export function zeroOneLoss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions("zeroOneLoss", options);
  checkSameShape("zeroOneLoss", prediction, target);
  checkSameDType("zeroOneLoss", [prediction, target]);
  return reduceLosses(cast(notEqual(prediction, target), "float32"), options);
}

/**
 * Share of examples whose largest score is that of the label, in [0, 1]; of equal scores the first counts. NaN
 * without examples. float32, without derivative.
 *
 * @param logits Scores `[…, classes]`.
 * @param labels `[…]`, int32 or uint8.
 * @throws {ShapeError} when they do not fit each other.
 * @throws {DTypeError} for labels of another dtype.
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  const classOf = checkLabels("accuracy", logits, labels);
  return mean(cast(equal(argMax(logits, { axis: -1 }), classOf), "float32"));
}
