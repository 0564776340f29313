/** What classical systems have in common: they learn from examples at once, and then are asked about others. */

import { OptionError, ShapeError } from "../errors.js";
import { showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import {
  checkExamples,
  checkFinite,
  checkLabels,
  checkTargets,
  type Examples,
  type Extent,
  type Labels,
  type Targets,
} from "./examples.js";

/** What every system knows after `fit`: how many features an example has. */
abstract class Estimator {
  #features: number | undefined;

  /**
   * How many features an example has.
   *
   * @throws {OptionError} before `fit`.
   */
  get features(): number {
    return this.learned(this.#features);
  }

  /** @throws {OptionError} where there is no value yet: before `fit`. */
  protected learned<T>(value: T | undefined): T {
    if (value !== undefined) return value;
    throw new OptionError(`${this.constructor.name}: knows nothing yet; call fit() first`);
  }

  /** @internal Checks examples to learn from, and lets `learn` do so. */
  protected fitWith(x: Examples, extent: Extent, learn: (x: Tensor) => void): this {
    const op = this.operation("fit");
    const rows = checkExamples(op, x, extent);
    const [count, features] = rows.shape as [number, number];
    if (count === 0) throw new ShapeError(`${op}: no examples: ${showShape(rows.shape)}`);
    checkFinite(op, rows);
    learn(rows);
    this.#features = features;
    return this;
  }

  /** Examples to answer for: float32 `[n, features]`. */
  protected check(method: string, x: Examples): Tensor {
    return checkExamples(this.operation(method), x, { features: this.features });
  }

  /** What a method is called in messages. */
  protected operation(method: string): string {
    return `${this.constructor.name}.${method}`;
  }
}

/** Base class of systems that tell the class of an example. */
export abstract class Classifier extends Estimator {
  #classes = 0;

  /** How many classes there are: one more than the largest label of `fit`; 0 before. */
  get classes(): number {
    return this.#classes;
  }

  /**
   * Learns from examples with labels; what was learned before is forgotten.
   *
   * @param x Examples `[n, …]`; of a typed array, y tells how many it holds.
   * @param y Class of each, `[n]`.
   * @throws {ShapeError} when the two do not fit each other, and when there are no examples.
   * @throws {OptionError} for labels that are no integers ≥ 0, and for features that are NaN or infinite.
   */
  fit(x: Examples, y: Labels): this {
    const labels = checkLabels(this.operation("fit"), y);
    const classes = labels.reduce((most, label) => Math.max(most, label + 1), 0);
    return this.fitWith(x, { count: labels.length }, (examples) => {
      this.learn(examples, labels, classes);
      this.#classes = classes;
    });
  }

  /**
   * The class of each example: int32 `[n]`.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  predict(x: Examples): Tensor {
    return this.decide(this.check("predict", x));
  }

  /**
   * Share of examples whose class is predicted right, in [0, 1]; NaN without examples.
   *
   * @throws what `predict` throws, and {ShapeError} unless there is a label for each example.
   */
  score(x: Examples, y: Labels): number {
    const op = this.operation("score");
    const labels = checkLabels(op, y);
    const predicted = this.decide(this.check("score", x)).dataSync();
    checkCount(op, predicted.length, labels.length);
    return predicted.filter((label, i) => label === labels[i]).length / labels.length;
  }

  /** @param x Float32 `[n, d]`, n > 0. */
  protected abstract learn(x: Tensor, labels: Int32Array, classes: number): void;

  /** @returns int32 `[n]` for float32 `[n, d]`. */
  protected abstract decide(x: Tensor): Tensor;
}

/** Base class of systems that tell a number for each example. */
export abstract class Regressor extends Estimator {
  /**
   * Learns from examples with the number of each; what was learned before is forgotten.
   *
   * @param x Examples `[n, …]`; of a typed array, y tells how many it holds.
   * @param y Number to predict for each, `[n]`, finite.
   * @throws {ShapeError} when the two do not fit each other, and when there are no examples.
   * @throws {OptionError} for a number or a feature that is NaN or infinite.
   */
  fit(x: Examples, y: Targets): this {
    const targets = checkTargets(this.operation("fit"), y);
    return this.fitWith(x, { count: targets.length }, (examples) => this.learn(examples, targets));
  }

  /**
   * The number of each example: float32 `[n]`.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  predict(x: Examples): Tensor {
    return this.estimate(this.check("predict", x));
  }

  /**
   * Coefficient of determination R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²: 1 where all is predicted, 0 as good as always the mean,
   * below 0 worse. NaN without examples, NaN or −∞ where all y are the same.
   *
   * @throws what `predict` throws, and {ShapeError} unless there is a number for each example.
   */
  score(x: Examples, y: Targets): number {
    const op = this.operation("score");
    const targets = checkTargets(op, y);
    const predicted = this.estimate(this.check("score", x)).dataSync();
    checkCount(op, predicted.length, targets.length);
    const mean = targets.reduce((sum, target) => sum + target, 0) / targets.length;
    const squares = (error: (target: number, i: number) => number) =>
      targets.reduce((sum, target, i) => sum + error(target, i) ** 2, 0);
    return 1 - squares((target, i) => target - (predicted[i] as number)) / squares((target) => target - mean);
  }

  /** @param x Float32 `[n, d]`, n > 0. */
  protected abstract learn(x: Tensor, targets: Float64Array): void;

  /** @returns float32 `[n]` for float32 `[n, d]`. */
  protected abstract estimate(x: Tensor): Tensor;
}

/** Base class of systems that learn, without labels, to describe examples by other features. */
export abstract class Transform extends Estimator {
  /**
   * Learns from examples; what was learned before is forgotten.
   *
   * @param x Examples: a tensor `[n, …]`.
   * @throws {ShapeError} when there are no examples.
   * @throws {OptionError} for features that are NaN or infinite.
   */
  fit(x: Tensor): this {
    return this.fitWith(x, undefined, (examples) => this.learn(examples));
  }

  /**
   * The new features of each example: float32 `[n, k]`.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  transform(x: Examples): Tensor {
    return this.describe(this.check("transform", x));
  }

  /** @param x Float32 `[n, d]`, n > 0. */
  protected abstract learn(x: Tensor): void;

  /** @returns float32 `[n, k]` for float32 `[n, d]`. */
  protected abstract describe(x: Tensor): Tensor;
}

function checkCount(op: string, examples: number, labels: number): void {
  if (examples !== labels) throw new ShapeError(`${op}: ${examples} examples but ${labels} labels`);
}
