/** Classifiers of two classes, and how several of them tell more. */

import { OptionError, show } from "../errors.js";
import { argMax, cast, greater, stack } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Classifier } from "./estimator.js";
import type { Examples } from "./examples.js";

/** Base class of classifiers that tell class 1 from class 0 by the sign of a number, the margin. */
export abstract class BinaryClassifier extends Classifier {
  /**
   * How clearly each example belongs to class 1: float32 `[n]`, > 0 for class 1.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  margins(x: Examples): Tensor {
    return this.margin(this.check("margins", x));
  }

  protected override learn(x: Tensor, labels: Int32Array, classes: number): void {
    if (classes > 2) {
      throw new OptionError(`${this.operation("fit")}: tells 2 classes apart, got ${classes}; use OneVsRest for more`);
    }
    this.separate(
      x,
      labels.map((label) => 2 * label - 1),
    );
  }

  protected override decide(x: Tensor): Tensor {
    return cast(greater(this.margin(x), 0), "int32");
  }

  /**
   * @param x Float32 `[n, d]`.
   * @param signs 1 for examples of class 1 and −1 for others, `[n]`.
   */
  protected abstract separate(x: Tensor, signs: Int32Array): void;

  /** @returns float32 `[n]` for float32 `[n, d]`. */
  protected abstract margin(x: Tensor): Tensor;
}

/**
 * Several classes told apart by one binary classifier each, that tells its class from all others; an example has the
 * class of the largest margin.
 *
 * ```ts
 * new OneVsRest(() => new Perceptron()).fit(x, labels); // one perceptron per class
 * ```
 */
export class OneVsRest extends Classifier {
  readonly #make: () => BinaryClassifier;
  #members: readonly BinaryClassifier[] = [];

  /** @param make Makes the classifier of a class. */
  constructor(make: () => BinaryClassifier) {
    super();
    if (typeof make !== "function") throw new OptionError(`OneVsRest: needs a function, got ${show(make)}`);
    this.#make = make;
  }

  /** The classifier of each class; none before `fit`. */
  get members(): readonly BinaryClassifier[] {
    return this.#members;
  }

  /**
   * The margin of each class: float32 `[n, classes]`.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  scores(x: Examples): Tensor {
    return this.marginsOf(this.check("scores", x));
  }

  protected override learn(x: Tensor, labels: Int32Array, classes: number): void {
    this.#members = Array.from({ length: classes }, (_, label) => {
      const member = this.#make();
      if (!(member instanceof BinaryClassifier)) {
        throw new OptionError(`OneVsRest.fit: the function must make binary classifiers, got ${show(member)}`);
      }
      return member.fit(
        x,
        labels.map((other) => Number(other === label)),
      );
    });
  }

  protected override decide(x: Tensor): Tensor {
    return argMax(this.marginsOf(x), { axis: 1 });
  }

  private marginsOf(x: Tensor): Tensor {
    return stack(
      this.#members.map((member) => member.margins(x)),
      { axis: 1 },
    );
  }
}
