/** Losses of predicted numbers: how far they are from the target. */

import { abs, equal, sqrt, square, sub, sum, where } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { checkLossOptions, checkPair, checkRows, type LossOptions, reduceLosses } from "./reduction.js";

/**
 * Absolute error |ŷ − y| per element, in [0, ∞); its derivative at ŷ = y is taken as 0. NaN where an operand is; the
 * mean over no elements is NaN.
 *
 * @param prediction ŷ, of any shape, float.
 * @param target y, of the same shape and dtype.
 * @returns A scalar, or of that shape without reduction.
 * @throws {ShapeError} when the shapes differ.
 * @throws {DTypeError} when the dtypes differ or are not float.
 */
export function l1Loss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions("l1Loss", options);
  checkPair("l1Loss", prediction, target);
  return reduceLosses(abs(sub(prediction, target)), options);
}

/** Squared error (ŷ − y)² per element, the L2 loss; otherwise as `l1Loss`. */
export function mseLoss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions("mseLoss", options);
  checkPair("mseLoss", prediction, target);
  return reduceLosses(square(sub(prediction, target)), options);
}

/**
 * Euclidean distance √(Σ (ŷⱼ − yⱼ)²) per example, in [0, ∞); its derivative at ŷ = y is taken as 0. With the reduction
 * `"sum"` it is the total cost C(θ) = Σ Lʳ(θ) of the examples r.
 *
 * @param prediction ŷ: `[…, outputs]`, float.
 * @param target y, of the same shape and dtype.
 * @returns A scalar, or `[…]` without reduction.
 * @throws {ShapeError} when the shapes differ or have no axis.
 * @throws {DTypeError} when the dtypes differ or are not float.
 */
export function euclideanLoss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions("euclideanLoss", options);
  checkRows("euclideanLoss", prediction, target);
  const squared = sum(square(sub(prediction, target)), { axes: -1 });
  // The root has no derivative at 0: there it is that of a constant.
  const isZero = equal(squared, 0);
  return reduceLosses(where(isZero, 0, sqrt(where(isZero, 1, squared))), options);
}
