/** Principal component analysis. */

import { checkInteger } from "../data/check.js";
import { checkOptions, OptionError, ShapeError } from "../errors.js";
import { add, div, matmul, mean, square, sub, sum, transpose } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { MAX_SIZE, showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { Transform } from "./estimator.js";
import type { Examples } from "./examples.js";
import { eigh, fromMatrix, toMatrix } from "./linear-algebra.js";

/** Options of `PCA`. */
export interface PCAOptions {
  /** How many components are kept, at most as many as there are features. */
  readonly components: number;
}

/** What `fit` has found. */
interface Components {
  /** `[d]`. */
  readonly mean: Tensor;
  /** Orthonormal rows, `[k, d]`. */
  readonly directions: Tensor;
  readonly variances: readonly number[];
}

/**
 * Principal component analysis: examples by their coordinates along the k orthogonal directions in which they vary most,
 * z = V(x − mean). V has the eigenvectors of the covariance as rows, those of the largest eigenvalues first. No other
 * linear map to k features loses less of the squared lengths.
 *
 * Takes O(n·d²) to find the covariance, in float32, and O(d³) in float64 for its eigenvectors.
 */
export class PCA extends Transform {
  readonly #count: number;
  #found: Components | undefined;

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: PCAOptions) {
    super();
    checkOptions("PCA", options, ["components"]);
    this.#count = checkInteger("PCA", "components", options.components, 1, MAX_SIZE);
  }

  /** The mean of the examples: float32 `[d]`. @throws {OptionError} before `fit`. */
  get mean(): Tensor {
    return this.found.mean;
  }

  /** V, a direction of length 1 a row: float32 `[k, d]`. @throws {OptionError} before `fit`. */
  get directions(): Tensor {
    return this.found.directions;
  }

  /** The variance of the examples along each direction, the largest first. @throws {OptionError} before `fit`. */
  get variances(): readonly number[] {
    return this.found.variances;
  }

  /**
   * The examples that coordinates stand for: Vᵀz + mean, float32 `[n, d]`.
   *
   * @param z Float32 `[n, k]`.
   * @throws {OptionError} before `fit`, {ShapeError} for other coordinates.
   */
  reconstruct(z: Tensor): Tensor {
    const { mean, directions } = this.found;
    checkTensor("PCA.reconstruct", z, "z");
    if (z.rank !== 2 || z.shape[1] !== directions.shape[0]) {
      throw new ShapeError(`PCA.reconstruct: z must be [n, ${directions.shape[0]}], got ${showShape(z.shape)}`);
    }
    return add(matmul(z, directions), mean);
  }

  /** The mean of ‖x − x̂‖² over examples and what is reconstructed of them. @throws what `transform` throws. */
  reconstructionError(x: Examples): number {
    const examples = this.check("reconstructionError", x);
    const missing = sub(examples, this.reconstruct(this.describe(examples)));
    return mean(sum(square(missing), { axes: 1 })).item();
  }

  protected override learn(x: Tensor): void {
    const [count, features] = x.shape as [number, number];
    const k = this.#count;
    if (k > features)
      throw new OptionError(`PCA.fit: ${k} components of ${features} features; expected at most as many`);
    const middle = mean(x, { axes: 0 }).realize();
    const centred = sub(x, middle);
    const { values, vectors } = eigh(toMatrix(div(matmul(transpose(centred), centred), count)));
    this.#found = {
      mean: middle,
      directions: fromMatrix(vectors.subMatrix(0, features - 1, 0, k - 1).transpose()),
      variances: values.slice(0, k).map((value) => Math.max(value, 0)), // rounding may leave one a little below
    };
  }

  protected override describe(x: Tensor): Tensor {
    const { mean, directions } = this.found;
    return matmul(sub(x, mean), transpose(directions));
  }

  private get found(): Components {
    return this.learned(this.#found);
  }
}
