/** Cross-entropy of yes-or-no questions. */

import { add, equal, exp, log, log1p, maximum, minimum, mul, neg, sub, where } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { checkLossOptions, checkPair, type LossOptions, reduceLosses } from "./reduction.js";

/** What the logarithm of 0 counts as, as in PyTorch: a wrong answer given with certainty costs much, not everything. */
const LOG_OF_ZERO = -100;

function finiteLog(x: Tensor): Tensor {
  const isZero = equal(x, 0);
  return where(isZero, LOG_OF_ZERO, log(where(isZero, 1, x)));
}

/**
 * Binary cross-entropy −y·ln p − (1 − y)·ln(1 − p) per element, in [0, 100]: ln 0 counts as −100, with derivative 0. Of
 * scores use `binaryCrossEntropyWithLogits`, which is accurate where p is close to 0 or 1 and learns from certain
 * mistakes. NaN where p is outside [0, 1]; the mean over no elements is NaN.
 *
 * @param prediction Probabilities p of a yes, in [0, 1], of any shape, float.
 * @param target y, 0 or 1 or a probability, of the same shape and dtype.
 * @returns A scalar, or of that shape without reduction.
 * @throws {ShapeError} when the shapes differ.
 * @throws {DTypeError} when the dtypes differ or are not float.
 */
export function binaryCrossEntropy(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions("binaryCrossEntropy", options);
  checkPair("binaryCrossEntropy", prediction, target);
  const yes = mul(target, finiteLog(prediction));
  const no = mul(sub(1, target), finiteLog(sub(1, prediction)));
  return reduceLosses(sub(neg(yes), no), options);
}

/**
 * Binary cross-entropy of p = σ(x), computed from the scores as ln(1 + eˣ) − y·x, in [0, ∞): it neither overflows nor
 * loses small losses; its derivative is σ(x) − y. Otherwise as `binaryCrossEntropy`.
 *
 * @param logits Scores x before the sigmoid, of any shape, float.
 * @param target y, 0 or 1 or a probability, of the same shape and dtype.
 */
export function binaryCrossEntropyWithLogits(logits: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions("binaryCrossEntropyWithLogits", options);
  checkPair("binaryCrossEntropyWithLogits", logits, target);
  // max(x, 0) and y·x cancel before the small term is added. −|x| as a minimum has a derivative at 0, which makes ½ − y.
  const large = sub(maximum(logits, 0), mul(target, logits));
  return reduceLosses(add(large, log1p(exp(minimum(neg(logits), logits)))), options);
}
