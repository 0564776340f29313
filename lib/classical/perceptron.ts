/** Rosenblatt's perceptron. */

import { checkInteger } from "../data/check.js";
import { checkOptions } from "../errors.js";
import { add, matmul, tensor } from "../ops/index.js";
import { MAX_SIZE } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { BinaryClassifier } from "./binary.js";

/** Options of `Perceptron`. */
export interface PerceptronOptions {
  /** Passes over the examples after which it gives up (default 1000). */
  readonly maxEpochs?: number;
}

/**
 * The perceptron: class 1 where w·x + b > 0, class 0 elsewhere.
 *
 * It learns by Rosenblatt's rule, from w = 0 and b = 0: example after example, and wherever the sign of w·x + b is not
 * the example's s = ±1, w ← w + s·x and b ← b + s, until it makes no mistake any more. If a hyperplane separates the
 * classes, that takes at most (R/γ)² updates, where γ is the distance of its nearest example and R the norm of the
 * longest, each example with a 1 appended (A. Novikoff, "On convergence proofs for perceptrons", 1962). If none does, it
 * never ends: then `maxEpochs` does, and `converged` is false.
 */
export class Perceptron extends BinaryClassifier {
  readonly #maxEpochs: number;
  #weight = new Float64Array();
  #bias = 0;
  #updates = 0;
  #converged = false;

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: PerceptronOptions = {}) {
    super();
    checkOptions("Perceptron", options, ["maxEpochs"]);
    this.#maxEpochs = checkInteger("Perceptron", "maxEpochs", options.maxEpochs ?? 1000, 1, MAX_SIZE);
  }

  /** w: float32 `[d]`; empty before `fit`. */
  get weight(): Tensor {
    return tensor(this.#weight, { dtype: "float32" });
  }

  /** b. */
  get bias(): number {
    return this.#bias;
  }

  /** How many mistakes it has corrected. */
  get updates(): number {
    return this.#updates;
  }

  /** Whether it made no mistake in its last pass. */
  get converged(): boolean {
    return this.#converged;
  }

  protected override separate(x: Tensor, signs: Int32Array): void {
    const values = x.dataSync();
    const features = x.shape[1] as number;
    const weight = new Float64Array(features);
    let [bias, updates, mistakes] = [0, 0, 0];
    for (let epoch = 0; epoch < this.#maxEpochs; epoch++) {
      mistakes = 0;
      for (const [i, sign] of signs.entries()) {
        const example = values.subarray(i * features, (i + 1) * features);
        if (sign * (dot(weight, example) + bias) > 0) continue;
        for (let j = 0; j < features; j++) (weight[j] as number) += sign * (example[j] as number);
        bias += sign;
        mistakes++;
      }
      updates += mistakes;
      if (mistakes === 0) break;
    }
    [this.#weight, this.#bias, this.#updates, this.#converged] = [weight, bias, updates, mistakes === 0];
  }

  protected override margin(x: Tensor): Tensor {
    return add(matmul(x, this.weight), this.#bias);
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
