/** Cross-entropy of classes: what training a classifier makes small. */

import { checkInteger, checkNumber } from "../../data/check.js";
import { isFloat } from "../../dtype.js";
import { OptionError, ShapeError } from "../../errors.js";
import { labelLosses } from "../../ops/cross-entropy.js";
import {
  add,
  cast,
  expandDims,
  gather,
  logSoftmax,
  mean,
  mul,
  neg,
  notEqual,
  squeeze,
  sum,
  takeAlongAxis,
  where,
} from "../../ops/index.js";
import { checkFloat, checkSameDType, checkTensor } from "../../ops/operands.js";
import { sameShape, showShape } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { checkLabels, checkLossOptions, checkPair, type LossOptions, reduceLosses } from "./reduction.js";

/** Options of losses by label. */
export interface LabelLossOptions extends LossOptions {
  /** How much each class counts, `[classes]` of the scores' dtype; the mean is then the weighted one (default: all 1). */
  readonly classWeights?: Tensor;
  /** Label of examples that do not count: their loss is 0, and the mean is over the others (default: none). */
  readonly ignoreIndex?: number;
}

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends LabelLossOptions {
  /** Share in [0, 1] of the target that is spread equally over all classes (default 0). */
  readonly labelSmoothing?: number;
}

/**
 * Softmax cross-entropy, −ln(e^{s_y} / Σ e^{sⱼ}) per example with the scores s and the label y, in [0, ∞). Computed
 * from the largest score, so that it neither overflows nor loses small losses; its derivative is softmax(s) − onehot(y).
 * NaN where a score is. The mean over no examples is NaN.
 *
 * In place of labels there may be probabilities: then it is −Σ Pⱼ·ln softmax(s)ⱼ. With label smoothing ε the target is
 * (1 − ε)·onehot(y) + ε/classes; with class weights w the term of class j has the factor wⱼ, and the mean over labels
 * is Σ loss / Σ w_y, as in PyTorch.
 *
 * @param logits Scores before the softmax, `[…, classes]`, float.
 * @param target Class of each example, `[…]`, int32 or uint8 in [0, classes) or the `ignoreIndex`; or a distribution over
 *   the classes, `[…, classes]`, of the logits' dtype.
 * @returns A scalar, or `[…]` without reduction.
 * @throws {ShapeError} when logits and target, or the class weights, do not fit each other.
 * @throws {DTypeError} for logits that are not float or a target of another dtype.
 * @throws {OptionError} for an option that is unknown or out of range, and for an `ignoreIndex` beside a distribution.
 * @throws {IndexError} when it is computed and a label is out of range.
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const op = "crossEntropy";
  checkLossOptions(op, options, ["classWeights", "ignoreIndex", "labelSmoothing"]);
  const { labelSmoothing = 0, classWeights } = options;
  checkNumber(op, "labelSmoothing", labelSmoothing, 0, 1);
  checkTensor(op, logits, "logits");
  const isDistribution = isFloat(checkTensor(op, target, "target").dtype) && target.rank === logits.rank;
  if (isDistribution) return distributionLoss(logits, target, options);
  const counted = countedExamples(op, logits, target, options);
  const hard = weighted(labelLosses(op, logits, counted.labels), counted.weights);
  if (labelSmoothing === 0) return reduceLosses(counted.only(hard), options, counted.counts);
  const even = neg(mean(weighted(logSoftmax(logits), classWeights), { axes: -1 }));
  const smooth = add(mul(hard, 1 - labelSmoothing), mul(even, labelSmoothing));
  return reduceLosses(counted.only(smooth), options, counted.counts);
}

/** −Σ wⱼ·Pⱼ·ln softmax(s)ⱼ, with the smoothed P. */
function distributionLoss(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { labelSmoothing = 0, classWeights, ignoreIndex } = options;
  if (ignoreIndex !== undefined) {
    throw new OptionError(`crossEntropy: option "ignoreIndex" needs labels, got a distribution as the target`);
  }
  checkPair("crossEntropy", logits, target);
  checkClassWeights("crossEntropy", logits, classWeights);
  const even = labelSmoothing / (logits.shape.at(-1) as number);
  const smooth = labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), even);
  const terms = weighted(mul(smooth, logSoftmax(logits)), classWeights);
  return reduceLosses(neg(sum(terms, { axes: -1 })), options);
}

/**
 * Negative log-likelihood −x_y per example: the cross-entropy of logarithms of probabilities x, as `logSoftmax` gives
 * them. `crossEntropy` of the scores does both at once.
 *
 * @param logProbabilities x: `[…, classes]`, float.
 * @param labels y: `[…]`, int32 or uint8 in [0, classes) or the `ignoreIndex`.
 * @returns A scalar, or `[…]` without reduction; class weights as in `crossEntropy`.
 * @throws what `crossEntropy` throws.
 */
export function nllLoss(logProbabilities: Tensor, labels: Tensor, options: LabelLossOptions = {}): Tensor {
  checkLossOptions("nllLoss", options, ["classWeights", "ignoreIndex"]);
  const counted = countedExamples("nllLoss", logProbabilities, labels, options);
  checkFloat("nllLoss", logProbabilities);
  const right = squeeze(takeAlongAxis(logProbabilities, expandDims(counted.labels, -1)), { axes: -1 });
  return reduceLosses(counted.only(weighted(neg(right), counted.weights)), options, counted.counts);
}

/** Which examples count, and how much. */
interface CountedExamples {
  /** Labels that are all classes. */
  readonly labels: Tensor;
  /** The weight of the class of each example, if classes have weights. */
  readonly weights: Tensor | undefined;
  /** How much each example counts in the mean; undefined where all count the same. */
  readonly counts: Tensor | undefined;
  /** 0 in place of what does not count. */
  only(losses: Tensor): Tensor;
}

function countedExamples(op: string, scores: Tensor, target: Tensor, options: LabelLossOptions): CountedExamples {
  const { classWeights, ignoreIndex } = options;
  const given = checkLabels(op, scores, target);
  checkClassWeights(op, scores, classWeights);
  const weightsOf = (labels: Tensor) => (classWeights === undefined ? undefined : gather(classWeights, labels));
  if (ignoreIndex === undefined) {
    const weights = weightsOf(given);
    return { labels: given, weights, counts: weights, only: (losses) => losses };
  }
  checkInteger(op, "ignoreIndex", ignoreIndex, -(2 ** 31), 2 ** 31 - 1);
  const counts = notEqual(given, ignoreIndex);
  const only = (x: Tensor) => where(counts, x, 0);
  const labels = only(given);
  const weights = weightsOf(labels);
  return { labels, weights, counts: weights === undefined ? cast(counts, scores.dtype) : only(weights), only };
}

function weighted(losses: Tensor, weights: Tensor | undefined): Tensor {
  return weights === undefined ? losses : mul(losses, weights);
}

function checkClassWeights(op: string, scores: Tensor, weights: Tensor | undefined): void {
  if (weights === undefined) return;
  checkSameDType(op, [scores, checkTensor(op, weights, 'option "classWeights"')]);
  const classes = scores.shape.slice(-1);
  if (sameShape(weights.shape, classes)) return;
  throw new ShapeError(`${op}: class weights must have shape ${showShape(classes)}, got ${showShape(weights.shape)}`);
}
