/** Linear classifiers: the softmax classifier and the linear support vector machine. */

import { checkBoolean } from "../data/check.js";
import { checkOptions, ShapeError } from "../errors.js";
import { crossEntropy, Linear, multiclassHingeLoss } from "../nn/index.js";
import { argMax, concat, expandDims, ones, reshape, tensor } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { checkShape, type Shape, showShape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { checkDescent, DESCENT_OPTIONS, type Descent, type DescentOptions, descend } from "./descent.js";
import { Classifier } from "./estimator.js";
import type { Examples } from "./examples.js";

/** Options of linear classifiers. */
export interface LinearClassifierOptions extends DescentOptions {
  /** Whether there is a bias b (default true). */
  readonly bias?: boolean;
}

/** Convex losses forgive much: these learn images with values in [0, 1]. */
const defaults: Descent = {
  epochs: 10,
  batchSize: 128,
  learningRate: 0.1,
  momentum: 0.9,
  weightDecay: 0,
  seed: 0,
};

/**
 * Base class of linear classifiers: scores f(x, W) = Wx + b, and the class of the largest. W and b are learned by
 * stochastic gradient descent; features should be of about the same size, between −1 and 1 best.
 */
export abstract class LinearClassifier extends Classifier {
  readonly #hasBias: boolean;
  readonly #descent: Descent;
  #model: Linear | undefined;
  #losses: readonly number[] = [];

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: LinearClassifierOptions = {}) {
    super();
    const op = new.target.name;
    checkOptions(op, options, [...DESCENT_OPTIONS, "bias"]);
    const { bias = true, ...descent } = options;
    this.#hasBias = checkBoolean(op, "bias", bias);
    this.#descent = checkDescent(op, descent, defaults);
  }

  /**
   * W and b, as the layer that computes the scores.
   *
   * @throws {OptionError} before `fit`.
   */
  get model(): Linear {
    return this.learned(this.#model);
  }

  /** The mean loss of each epoch of `fit`. */
  get losses(): readonly number[] {
    return this.#losses;
  }

  /**
   * Wx + b: float32 `[n, classes]`.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  scores(x: Examples): Tensor {
    return this.model.forward(this.check("scores", x));
  }

  /**
   * The template of each class: its row of W, in the shape of an example: `[classes, ...shape]`.
   *
   * @param shape Of an example: `[3, 32, 32]`.
   * @throws {OptionError} before `fit`, {ShapeError} when the shape has another size than there are features.
   */
  templates(shape: Shape): Tensor {
    const { weight } = this.model;
    const op = this.operation("templates");
    if (sizeOf(checkShape(op, shape)) !== this.features) {
      throw new ShapeError(`${op}: ${showShape(shape)} is not of ${this.features} features`);
    }
    return reshape(weight, [weight.shape[0] as number, ...shape]);
  }

  /** The mean loss over a batch of scores `[b, classes]` and labels `[b]`. */
  protected abstract loss(scores: Tensor, labels: Tensor): Tensor;

  protected override learn(x: Tensor, labels: Int32Array, classes: number): void {
    const model = new Linear(x.shape[1] as number, classes, { bias: this.#hasBias, seed: this.#descent.seed });
    const loss = (examples: Tensor, known: Tensor) => this.loss(model.forward(examples), known);
    this.#losses = descend(Object.values(model.parameters()), loss, x, tensor(labels), this.#descent);
    this.#model = model;
  }

  protected override decide(x: Tensor): Tensor {
    return argMax(this.model.forward(x), { axis: 1 });
  }
}

/** The softmax classifier, or multinomial logistic regression: the linear classifier with the smallest cross-entropy. */
export class SoftmaxClassifier extends LinearClassifier {
  protected override loss(scores: Tensor, labels: Tensor): Tensor {
    return crossEntropy(scores, labels);
  }
}

/**
 * The linear support vector machine: the linear classifier with the smallest multiclass hinge loss
 * L = Σ_{j≠y} max(0, sⱼ − s_y + 1) (J. Weston and C. Watkins, 1999).
 */
export class LinearSVM extends LinearClassifier {
  protected override loss(scores: Tensor, labels: Tensor): Tensor {
    return multiclassHingeLoss(scores, labels);
  }
}

/**
 * The bias trick: a feature of ones added to examples, `[n, d]` → `[n, d + 1]`, so that W′ = [W b] has the scores
 * W′[x 1] = Wx + b; see `absorbBias`.
 *
 * @throws {ShapeError} unless there are 2 axes.
 */
export function appendOnes(x: Tensor): Tensor {
  checkTensor("appendOnes", x, "x");
  if (x.rank !== 2) throw new ShapeError(`appendOnes: needs 2 axes [n, d], got ${showShape(x.shape)}`);
  return concat([x, ones([x.shape[0] as number, 1], { dtype: x.dtype })], { axis: 1 });
}

/**
 * W′ = [W b]: weights `[classes, d]` and a bias `[classes]` as the weights `[classes, d + 1]` of `appendOnes(x)`.
 *
 * @throws {ShapeError} when the two do not fit each other.
 */
export function absorbBias(weight: Tensor, bias: Tensor): Tensor {
  checkTensor("absorbBias", weight, "weight");
  checkTensor("absorbBias", bias, "bias");
  if (weight.rank !== 2 || bias.rank !== 1 || weight.shape[0] !== bias.shape[0]) {
    const given = `weight ${showShape(weight.shape)}, bias ${showShape(bias.shape)}`;
    throw new ShapeError(`absorbBias: bias does not fit the weight: ${given}; expected [classes, d] and [classes]`);
  }
  return concat([weight, expandDims(bias, 1)], { axis: 1 });
}
