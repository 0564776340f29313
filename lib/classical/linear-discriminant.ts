/** Linear discriminant analysis. */

import { checkNumber } from "../data/check.js";
import { checkOptions } from "../errors.js";
import {
  add,
  argMax,
  div,
  gather,
  matmul,
  maximum,
  mean,
  scatterAdd,
  sub,
  tensor,
  transpose,
  zeros,
} from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Classifier } from "./estimator.js";
import type { Examples } from "./examples.js";
import { eigh, fromMatrix, Matrix, solvePositive, toMatrix } from "./linear-algebra.js";

/** Options of `LinearDiscriminant`. */
export interface LinearDiscriminantOptions {
  /**
   * λ in [0, 1]: how far the covariance is drawn towards equal variances in all directions, (1 − λ)Σ + λ·(tr Σ/d)·I
   * (default 0.1). It must be > 0 where features are redundant or always the same.
   */
  readonly shrinkage?: number;
}

/** What `fit` has found. */
interface Discriminants {
  /** Scores: (x − mean)·weight + bias. `[d, classes]` and `[classes]`. */
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** Coordinates: (x − mean)·directions, `[d, k]`. */
  readonly directions: Tensor;
}

/**
 * Linear discriminant analysis: takes the examples of each class c to be normal around its mean μ_c, with a covariance Σ
 * that all classes share, and gives the most probable class. With its share π_c of the examples, its score is
 *
 * x·Σ⁻¹μ_c − ½ μ_c·Σ⁻¹μ_c + ln π_c,
 *
 * linear in x; x and μ_c are seen from the mean of all examples, which adds the same to the score of every class and keeps
 * rounding errors small. `transform` gives the coordinates of examples in which the means of classes lie furthest apart, seen in
 * units of Σ (R. A. Fisher, 1936; C. R. Rao, 1948).
 */
export class LinearDiscriminant extends Classifier {
  readonly #shrinkage: number;
  /** The mean of the examples, `[d]`. */
  #mean: Tensor | undefined;
  #found: Discriminants | undefined;

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: LinearDiscriminantOptions = {}) {
    super();
    checkOptions("LinearDiscriminant", options, ["shrinkage"]);
    const { shrinkage = 0.1 } = options;
    this.#shrinkage = checkNumber("LinearDiscriminant", "shrinkage", shrinkage, 0, 1);
  }

  /**
   * The score of each class: float32 `[n, classes]`; their softmax is the probability of each.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  scores(x: Examples): Tensor {
    return this.discriminate(this.check("scores", x));
  }

  /**
   * Coordinates that tell classes apart, the best first: float32 `[n, min(classes − 1, d)]`. Within classes, each has variance
   * 1 (of the shrunk Σ) and none correlates with another.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  transform(x: Examples): Tensor {
    const examples = this.check("transform", x);
    return matmul(this.centred(examples), this.learned(this.#found).directions);
  }

  protected override learn(x: Tensor, labels: Int32Array, classes: number): void {
    const [count, features] = x.shape as [number, number];
    const known = tensor(labels);
    const counts = scatterAdd(zeros([classes]), known, 1).realize();
    const middle = mean(x, { axes: 0 }).realize();
    const centred = sub(x, middle);
    const sums = scatterAdd(zeros([classes, features]), known, centred);
    // A class may have no example. Its score is −∞, whatever its mean.
    const means = div(sums, maximum(counts, 1).reshape([classes, 1])).realize();
    const within = sub(centred, gather(means, known));
    const covariance = this.shrunk(toMatrix(div(matmul(transpose(within), within), count)));
    const shares = [...counts.dataSync()].map((number) => number / count);
    this.#found = discriminantsOf(covariance, toMatrix(transpose(means)), shares);
    this.#mean = middle;
  }

  protected override decide(x: Tensor): Tensor {
    return argMax(this.discriminate(x), { axis: 1 });
  }

  private discriminate(x: Tensor): Tensor {
    const { weight, bias } = this.learned(this.#found);
    return add(matmul(this.centred(x), weight), bias);
  }

  private centred(x: Tensor): Tensor {
    return sub(x, this.learned(this.#mean));
  }

  private shrunk(covariance: Matrix): Matrix {
    const variance = covariance.trace() / covariance.rows;
    return Matrix.add(
      Matrix.mul(covariance, 1 - this.#shrinkage),
      Matrix.diag(new Array(covariance.rows).fill(this.#shrinkage * variance)),
    );
  }
}

/** @param means Of a class each column, `[d, classes]`, seen from that of all. @param shares π of each class. */
function discriminantsOf(covariance: Matrix, means: Matrix, shares: readonly number[]): Discriminants {
  const [features, classes] = [means.rows, means.columns];
  const weight = solvePositive("LinearDiscriminant.fit", covariance, means);
  const bias = shares.map((share, c) => Math.log(share) - means.getColumnVector(c).dot(weight.getColumnVector(c)) / 2);

  // Directions w with the largest wᵀDDᵀw where wᵀΣw = 1, D the distances √π_c·μ_c: w = Σ⁻¹Dv/√λ for the eigenvectors v of
  // DᵀΣ⁻¹D, which has as many rows as there are classes only.
  const [apart, solved] = [means, weight].map((columns) => columns.clone().mulRowVector(shares.map(Math.sqrt))) as [
    Matrix,
    Matrix,
  ];
  const { values, vectors } = eigh(apart.transpose().mmul(solved));
  const k = Math.min(classes - 1, features);
  const scales = values.slice(0, k).map((value) => (value > 0 ? 1 / Math.sqrt(value) : 0));
  const directions =
    k === 0 ? undefined : solved.mmul(vectors.subMatrix(0, classes - 1, 0, k - 1)).mulRowVector(scales);
  return {
    weight: fromMatrix(weight),
    bias: tensor(Float32Array.from(bias)),
    directions: directions === undefined ? zeros([features, 0]) : fromMatrix(directions),
  };
}
