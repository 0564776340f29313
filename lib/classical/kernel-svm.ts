/** The kernel support vector machine. */

import { checkInteger, checkSeed } from "../data/check.js";
import { Random } from "../data/index.js";
import type { TypedArray } from "../dtype.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { add, gather, matmul, tensor } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { MAX_SIZE, sameShape, showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { BinaryClassifier } from "./binary.js";
import { type Kernel, rbf } from "./kernels.js";

/** Options of `KernelSVM`. */
export interface KernelSVMOptions {
  /** Kernel (default `rbf(1)`). */
  readonly kernel?: Kernel;
  /** C > 0: what an example within the margin or beyond costs, against the width of the margin (default 1). */
  readonly cost?: number;
  /** By how much conditions of the solution may be missed, > 0 (default 10⁻³). */
  readonly tolerance?: number;
  /** Passes over the examples after which it gives up (default 1000). */
  readonly maxEpochs?: number;
  /** Seed of the order of the examples (default 0). */
  readonly seed?: number;
}

/**
 * The support vector machine with a kernel k: class 1 where Σᵢ αᵢsᵢ·(k(xᵢ, x) + 1) > 0, over the examples xᵢ of `fit` and
 * their signs s = ±1. Those with α > 0 are the support vectors.
 *
 * α maximises Σᵢ αᵢ − ½ Σᵢⱼ αᵢsᵢ·αⱼsⱼ·(k(xᵢ, xⱼ) + 1) in 0 ≤ α ≤ C, one coordinate after another (C.-J. Hsieh et al., "A dual
 * coordinate descent method for large-scale linear SVM", 2008). The 1 is the bias: a feature of ones like any other,
 * so that no sum constrains α. All kernels are kept: 4n² bytes for n examples.
 */
export class KernelSVM extends BinaryClassifier {
  readonly #kernel: Kernel;
  readonly #cost: number;
  readonly #tolerance: number;
  readonly #maxEpochs: number;
  readonly #seed: number;
  /** The support vectors `[n, d]`, and αs of each `[n]`. */
  #support: { readonly vectors: Tensor; readonly weights: Tensor } | undefined;
  #converged = false;

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: KernelSVMOptions = {}) {
    super();
    const op = "KernelSVM";
    checkOptions(op, options, ["kernel", "cost", "tolerance", "maxEpochs", "seed"]);
    const { kernel = rbf(1), cost = 1, tolerance = 1e-3, maxEpochs = 1000, seed = 0 } = options;
    if (typeof kernel !== "function")
      throw new OptionError(`${op}: option "kernel" must be a function, got ${show(kernel)}`);
    for (const [option, value] of Object.entries({ cost, tolerance })) {
      if (typeof value === "number" && Number.isFinite(value) && value > 0) continue;
      throw new OptionError(`${op}: option "${option}" must be a number > 0, got ${show(value)}`);
    }
    this.#kernel = kernel;
    this.#cost = cost;
    this.#tolerance = tolerance;
    this.#maxEpochs = checkInteger(op, "maxEpochs", maxEpochs, 1, MAX_SIZE);
    this.#seed = checkSeed(op, seed);
  }

  /** How many examples are support vectors; 0 before `fit`. */
  get supportVectors(): number {
    return this.#support?.vectors.shape[0] ?? 0;
  }

  /** Whether the last `fit` met the tolerance. */
  get converged(): boolean {
    return this.#converged;
  }

  protected override separate(x: Tensor, signs: Int32Array): void {
    const kernels = add(this.kernels("fit", x, x), 1).dataSync();
    const alpha = this.maximise(kernels, signs);
    const support = [...alpha.keys()].filter((i) => (alpha[i] as number) > 0);
    const weights = support.map((i) => (alpha[i] as number) * (signs[i] as number));
    this.#support = {
      vectors: gather(x, tensor(Int32Array.from(support))).realize(),
      weights: tensor(Float32Array.from(weights)),
    };
  }

  protected override margin(x: Tensor): Tensor {
    const { vectors, weights } = this.learned(this.#support);
    return matmul(add(this.kernels("margins", x, vectors), 1), weights);
  }

  /** @throws {OptionError} when the kernel gives no tensor, {ShapeError} when it is not `[m, n]`. */
  private kernels(method: string, a: Tensor, b: Tensor): Tensor {
    const op = this.operation(method);
    const table = checkTensor(op, this.#kernel(a, b), "what the kernel gives");
    const expected = [a.shape[0] as number, b.shape[0] as number];
    if (sameShape(table.shape, expected)) return table;
    throw new ShapeError(`${op}: the kernel gives ${showShape(table.shape)}; expected ${showShape(expected)}`);
  }

  /** The α of each example, given k + 1 of each with each, `[n, n]`. */
  private maximise(kernels: TypedArray, signs: Int32Array): Float64Array {
    const count = signs.length;
    const alpha = new Float64Array(count);
    const margins = new Float64Array(count); // Σⱼ αⱼsⱼ·(k(xᵢ, xⱼ) + 1)
    const order = Int32Array.from(signs.keys());
    this.#converged = false;
    for (let epoch = 0; epoch < this.#maxEpochs && !this.#converged; epoch++) {
      new Random(this.#seed, epoch).shuffle(order);
      let violation = 0;
      for (const i of order) {
        const [before, sign] = [alpha[i] as number, signs[i] as number];
        const slope = 1 - sign * (margins[i] as number);
        const after = Math.min(Math.max(before + slope / (kernels[i * count + i] as number), 0), this.#cost);
        if (after === before) continue;
        violation = Math.max(violation, Math.abs(slope));
        alpha[i] = after;
        const change = (after - before) * sign;
        for (let j = 0; j < count; j++) (margins[j] as number) += change * (kernels[i * count + j] as number);
      }
      this.#converged = violation < this.#tolerance;
    }
    return alpha;
  }
}
