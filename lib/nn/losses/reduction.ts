/** What losses share: how those of single examples become one, and operands that fit each other. */

import { checkOptions, DTypeError, OptionError, ShapeError, show } from "../../errors.js";
import { cast, div, mean, sum } from "../../ops/index.js";
import { checkFloat, checkSameDType, checkTensor } from "../../ops/operands.js";
import { sameShape, showShape } from "../../shape.js";
import type { Tensor } from "../../tensor.js";

/** How the losses of single examples become one: their mean, their sum, or not at all. */
export type Reduction = "mean" | "sum" | "none";

/** Options of losses. */
export interface LossOptions {
  /** What becomes of the losses of single examples (default `"mean"`). */
  readonly reduction?: Reduction;
}

/** @throws {OptionError} for an option that is neither `reduction` nor one of `more`, or a reduction that is none. */
export function checkLossOptions(op: string, options: LossOptions, more: readonly string[] = []): void {
  checkOptions(op, options, ["reduction", ...more]);
  const { reduction = "mean" } = options;
  if (["mean", "sum", "none"].includes(reduction)) return;
  throw new OptionError(`${op}: option "reduction" must be "mean", "sum" or "none", got ${show(reduction)}`);
}

/**
 * Reduces as the options say.
 *
 * @param weights How much each loss counts in the mean, where they do not count the same; the losses have that factor.
 */
export function reduceLosses(losses: Tensor, options: LossOptions, weights?: Tensor): Tensor {
  const { reduction = "mean" } = options;
  if (reduction === "none") return losses;
  if (reduction === "sum") return sum(losses);
  return weights === undefined ? mean(losses) : div(sum(losses), sum(weights));
}

/**
 * Checks a prediction and its target, element by element. They must have one shape: broadcasting `[n]` against `[n, 1]`
 * would silently compare everything with everything.
 *
 * @throws {ShapeError} when the shapes differ.
 * @throws {DTypeError} when the dtypes differ or are not float.
 */
export function checkPair(op: string, prediction: Tensor, target: Tensor): void {
  checkSameShape(op, prediction, target);
  checkFloat(op, prediction);
  checkSameDType(op, [prediction, target]);
}

/** @throws {ShapeError} when the shapes differ. */
export function checkSameShape(op: string, prediction: Tensor, target: Tensor): void {
  checkTensor(op, prediction, "prediction");
  checkTensor(op, target, "target");
  if (sameShape(prediction.shape, target.shape)) return;
  const given = `prediction ${showShape(prediction.shape)}, target ${showShape(target.shape)}`;
  throw new ShapeError(`${op}: shapes differ: ${given}`);
}

/**
 * Checks a prediction and its target, row by row.
 *
 * @throws as `checkPair`, and {ShapeError} for scalars, which have no rows.
 */
export function checkRows(op: string, prediction: Tensor, target: Tensor): void {
  checkPair(op, prediction, target);
  if (prediction.rank === 0) throw new ShapeError(`${op}: needs at least 1 axis, got ${showShape(prediction.shape)}`);
}

/**
 * The labels as int32.
 *
 * @throws {ShapeError} unless there is a label for each row of scores.
 * @throws {DTypeError} unless they are int32 or uint8.
 */
export function checkLabels(op: string, logits: Tensor, labels: Tensor): Tensor {
  checkTensor(op, logits, "logits");
  checkTensor(op, labels, "labels");
  if (logits.rank === 0 || !sameShape(labels.shape, logits.shape.slice(0, -1))) {
    const given = `logits ${showShape(logits.shape)}, labels ${showShape(labels.shape)}`;
    throw new ShapeError(`${op}: labels do not fit the logits: ${given}; expected […, classes] and […]`);
  }
  if (labels.dtype === "int32" || labels.dtype === "uint8") return cast(labels, "int32");
  throw new DTypeError(`${op}: labels must be int32 or uint8, got ${labels.dtype}`);
}
