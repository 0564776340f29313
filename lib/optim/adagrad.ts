/** Steps that get shorter where gradients have been large. */

import { checkOptions } from "../errors.js";
import { add, cast, div, mul, sqrt, square, sub } from "../ops/index.js";
import type { Variable } from "../tensor.js";
import type { Tree } from "../tree.js";
import { checkNonNegative, decayed, Optimizer, type Rule } from "./optimizer.js";

/** Options of `AdaGrad`. */
export interface AdaGradOptions {
  /** Length of the first step in every direction. */
  readonly learningRate: number;
  /** What the sums of squares start with (default 0). */
  readonly initialAccumulator?: number;
  /** ε, which keeps the quotient finite (default 1e-10). */
  readonly epsilon?: number;
  /** Factor of the parameter that is added to its gradient, the derivative of ½·factor·‖w‖² (default 0). */
  readonly weightDecay?: number;
}

/**
 * AdaGrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization"), as in
 * PyTorch:
 *
 * g ← ∇w + weightDecay·w, s ← s + g², w ← w − learningRate·g / (√s + ε)
 */
export class AdaGrad extends Optimizer {
  private readonly epsilon: number;
  private readonly weightDecay: number;
  private readonly sums: ReadonlyMap<Variable, Variable>;

  /**
   * @param parameters Variables, in any tree: `model.parameters()`.
   * @throws {OptionError} for an option that is unknown, missing or out of range.
   */
  constructor(parameters: Tree<Variable>, options: AdaGradOptions) {
    checkOptions("AdaGrad", options, ["learningRate", "initialAccumulator", "epsilon", "weightDecay"]);
    super(parameters, options.learningRate);
    const { initialAccumulator = 0, epsilon = 1e-10, weightDecay = 0 } = options;
    this.epsilon = checkNonNegative("AdaGrad", "epsilon", epsilon);
    this.weightDecay = checkNonNegative("AdaGrad", "weightDecay", weightDecay);
    this.sums = this.slots("sum", checkNonNegative("AdaGrad", "initialAccumulator", initialAccumulator));
  }

  protected override rule(): Rule {
    const { epsilon, weightDecay, sums } = this;
    return (parameter, gradient) => {
      const slope = decayed(parameter, gradient, weightDecay);
      const sum = sums.get(parameter) as Variable;
      const larger = add(sum, square(slope));
      const step = div(mul(slope, cast(this.rate, parameter.dtype)), add(sqrt(larger), epsilon));
      return [
        [sum, larger],
        [parameter, sub(parameter, step)],
      ];
    };
  }
}
