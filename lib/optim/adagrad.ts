/** Steps that get shorter where gradients have been large. */

import { checkOptions } from "../errors.js";
import { add, cast, div, mul, sqrt, square, sub } from "../ops/index.js";
import type { Tensor, Variable } from "../tensor.js";
import type { CheckOptions, Trained } from "./groups.js";
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

const check: CheckOptions<AdaGradOptions> = (op, options) => {
  checkOptions(op, options, ["learningRate", "initialAccumulator", "epsilon", "weightDecay"]);
  const { learningRate, initialAccumulator = 0, epsilon = 1e-10, weightDecay = 0 } = options;
  checkNonNegative(op, "initialAccumulator", initialAccumulator);
  checkNonNegative(op, "epsilon", epsilon);
  checkNonNegative(op, "weightDecay", weightDecay);
  return { learningRate, initialAccumulator, epsilon, weightDecay };
};

/**
 * AdaGrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization"), as in
 * PyTorch:
 *
 * g ← ∇w + weightDecay·w, s ← s + g², w ← w − learningRate·g / (√s + ε)
 */
export class AdaGrad extends Optimizer<AdaGradOptions> {
  private readonly sums: ReadonlyMap<Variable, Variable>;

  /**
   * @param parameters Variables in any tree, `model.parameters()`, or groups of them with options of their own.
   * @throws {OptionError} for an option that is unknown, missing or out of range.
   */
  constructor(parameters: Trained<AdaGradOptions>, options: AdaGradOptions) {
    super(parameters, options, check);
    this.sums = this.slots("sum", ({ initialAccumulator }) => initialAccumulator);
  }

  protected override rule({ epsilon, weightDecay }: Required<AdaGradOptions>, rate: Tensor): Rule {
    return (parameter, gradient) => {
      const slope = decayed(parameter, gradient, weightDecay);
      const sum = this.sums.get(parameter) as Variable;
      const larger = add(sum, square(slope));
      const step = div(mul(slope, cast(rate, parameter.dtype)), add(sqrt(larger), epsilon));
      return [
        [sum, larger],
        [parameter, sub(parameter, step)],
      ];
    };
  }
}
