/** How far apart two distributions are. */

import { equal, log, mul, sub, sum, where } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { checkLossOptions, checkRows, type LossOptions, reduceLosses } from "./reduction.js";

/**
 * Kullback–Leibler divergence Σ P·ln(P/Q) per example, in [0, ∞] for distributions; 0·ln 0 is 0. For P that is 1 at a
 * label y and 0 elsewhere it is −ln Q(y), the cross-entropy. The mean over no examples is NaN.
 *
 * @param logPrediction ln Q: `[…, classes]`, float, as `logSoftmax` gives it: small probabilities keep their digits.
 * @param target Probabilities P, of the same shape and dtype.
 * @returns A scalar, the mean or sum over examples (in PyTorch `"batchmean"` and `"sum"`); or `[…]` without reduction.
 * @throws {ShapeError} when the shapes differ or have no axis.
 * @throws {DTypeError} when the dtypes differ or are not float.
 */
export function klDivergence(logPrediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions("klDivergence", options);
  checkRows("klDivergence", logPrediction, target);
  // Where P is 0 nothing is added, whatever Q is; the inner choices keep infinities out of the derivative too.
  const isZero = equal(target, 0);
  const ratio = sub(log(where(isZero, 1, target)), where(isZero, 0, logPrediction));
  return reduceLosses(sum(where(isZero, 0, mul(target, ratio)), { axes: -1 }), options);
}
