/** Linear regression by least squares or least absolute deviations. */

import { checkBoolean } from "../data/check.js";
import { checkOptions, OptionError, show } from "../errors.js";
import { Linear, l1Loss, mseLoss } from "../nn/index.js";
import { add, matmul, squeeze, tensor } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { checkDescent, DESCENT_OPTIONS, type Descent, type DescentOptions, descend } from "./descent.js";
import { Regressor } from "./estimator.js";
import { leastSquares, Matrix, toMatrix } from "./linear-algebra.js";

/** Options of `LinearRegression`; those of gradient descent count for the solver `"descent"` only. */
export interface LinearRegressionOptions extends DescentOptions {
  /** What is made small: the mean of (y − ŷ)² (`"l2"`, the default) or of |y − ŷ| (`"l1"`), which outliers move less. */
  readonly loss?: "l1" | "l2";
  /** In closed form, in float64 (`"exact"`, the default), or by gradient descent. `"exact"` L1 is for y = wx only. */
  readonly solver?: "exact" | "descent";
  /** Whether there is a b (default true). */
  readonly bias?: boolean;
}

const defaults: Descent = { epochs: 1000, batchSize: 32, learningRate: 0.01, momentum: 0, weightDecay: 0, seed: 0 };

/**
 * Linear regression: ŷ = w·x + b. In closed form, L2 takes O(n·d²): of several solutions, which there are where features are
 * redundant, the one with the shortest (w, b).
 */
export class LinearRegression extends Regressor {
  readonly #loss: "l1" | "l2";
  readonly #solver: "exact" | "descent";
  readonly #hasBias: boolean;
  readonly #descent: Descent;
  #weight: Float64Array = new Float64Array();
  #bias = 0;

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: LinearRegressionOptions = {}) {
    super();
    const op = "LinearRegression";
    checkOptions(op, options, [...DESCENT_OPTIONS, "loss", "solver", "bias"]);
    const { loss = "l2", solver = "exact", bias = true, ...descent } = options;
    if (loss !== "l1" && loss !== "l2")
      throw new OptionError(`${op}: option "loss" must be "l1" or "l2", got ${show(loss)}`);
    if (solver !== "exact" && solver !== "descent") {
      throw new OptionError(`${op}: option "solver" must be "exact" or "descent", got ${show(solver)}`);
    }
    this.#loss = loss;
    this.#solver = solver;
    this.#hasBias = checkBoolean(op, "bias", bias);
    this.#descent = checkDescent(op, descent, defaults);
  }

  /** w: `[d]`; empty before `fit`. A copy. */
  get weight(): Float64Array {
    return this.#weight.slice();
  }

  /** b; 0 before `fit` and where there is none. */
  get bias(): number {
    return this.#bias;
  }

  protected override learn(x: Tensor, targets: Float64Array): void {
    if (this.#solver === "descent") this.descend(x, targets);
    else if (this.#loss === "l2") this.leastSquares(x, targets);
    else this.leastDeviations(x, targets);
  }

  protected override estimate(x: Tensor): Tensor {
    return add(matmul(x, tensor(this.#weight, { dtype: "float32" })), this.#bias);
  }

  private leastSquares(x: Tensor, targets: Float64Array): void {
    const examples = toMatrix(x);
    if (this.#hasBias) examples.addColumn(new Array(examples.rows).fill(1));
    const solution = leastSquares(examples, Matrix.columnVector(targets)).to1DArray();
    this.#bias = this.#hasBias ? (solution.pop() as number) : 0;
    this.#weight = Float64Array.from(solution);
  }

  /** Σ|yᵢ − wxᵢ| = Σ|xᵢ|·|yᵢ/xᵢ − w| is smallest at the median of yᵢ/xᵢ, weighted by |xᵢ|. */
  private leastDeviations(x: Tensor, targets: Float64Array): void {
    if (this.#hasBias || x.shape[1] !== 1) {
      throw new OptionError(
        `LinearRegression.fit: no closed form of L1 with ${x.shape[1]} features${this.#hasBias ? " and a bias" : ""}; ` +
          'expected 1 feature and no bias, or the solver "descent"',
      );
    }
    const values = Float64Array.from(x.dataSync());
    const slopes = targets.map((target, i) => target / (values[i] as number));
    this.#weight = Float64Array.of(weightedMedian(slopes, values.map(Math.abs)));
    this.#bias = 0;
  }

  private descend(x: Tensor, targets: Float64Array): void {
    const model = new Linear(x.shape[1] as number, 1, { bias: this.#hasBias, seed: this.#descent.seed });
    const lossOf = this.#loss === "l2" ? mseLoss : l1Loss;
    const loss = (examples: Tensor, known: Tensor) => lossOf(squeeze(model.forward(examples), { axes: 1 }), known);
    descend(Object.values(model.parameters()), loss, x, tensor(targets, { dtype: "float32" }), this.#descent);
    this.#weight = Float64Array.from(model.weight.dataSync());
    this.#bias = model.bias?.dataSync()[0] ?? 0;
  }
}

/** The smallest value such that those up to it have half of the weight, of values of weight > 0; 0 without any. */
function weightedMedian(values: Float64Array, weights: Float64Array): number {
  const order = [...values.keys()].filter((i) => (weights[i] as number) > 0);
  order.sort((a, b) => (values[a] as number) - (values[b] as number));
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  let weight = 0;
  const median = order.find((i) => {
    weight += weights[i] as number;
    return weight >= half;
  });
  return median === undefined ? 0 : (values[median] as number);
}
