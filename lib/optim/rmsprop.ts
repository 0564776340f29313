/** Steps in units of the gradient's recent size. */

import { checkBoolean } from "../data/check.js";
import { checkOptions } from "../errors.js";
import { add, cast, div, maximum, mul, sqrt, square, sub } from "../ops/index.js";
import type { Tensor, Variable } from "../tensor.js";
import type { CheckOptions, Trained } from "./groups.js";
import {
  checkNonNegative,
  checkShare,
  decayed,
  movingAverage,
  Optimizer,
  type Rule,
  type Updates,
} from "./optimizer.js";

/** Options of `RMSProp`. */
export interface RMSPropOptions {
  /** Length of a step in units of the gradient's root mean square. */
  readonly learningRate: number;
  /** α, the share of the moving averages that is kept, in [0, 1) (default 0.99). */
  readonly alpha?: number;
  /** ε, which keeps the quotient finite (default 1e-8). */
  readonly epsilon?: number;
  /** Share of the last step's velocity that is kept, in [0, 1) (default 0). */
  readonly momentum?: number;
  /** Whether to divide by the standard deviation of the gradient, not its root mean square (default false). */
  readonly centered?: boolean;
  /** Factor of the parameter that is added to its gradient, the derivative of ½·factor·‖w‖² (default 0). */
  readonly weightDecay?: number;
}

const OPTIONS = ["learningRate", "alpha", "epsilon", "momentum", "centered", "weightDecay"];

const check: CheckOptions<RMSPropOptions> = (op, options) => {
  checkOptions(op, options, OPTIONS);
  const { learningRate, alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options;
  checkShare(op, "alpha", alpha);
  checkNonNegative(op, "epsilon", epsilon);
  checkShare(op, "momentum", momentum);
  checkNonNegative(op, "weightDecay", weightDecay);
  checkBoolean(op, "centered", centered);
  return { learningRate, alpha, epsilon, momentum, centered, weightDecay };
};

/**
 * RMSProp (Tieleman and Hinton, "Lecture 6.5: RMSProp"), as in PyTorch:
 *
 * g ← ∇w + weightDecay·w, s ← α·s + (1 − α)·g², v ← momentum·v + g / (√s + ε), w ← w − learningRate·v
 *
 * centered with √(s − m²) in place of √s, where m ← α·m + (1 − α)·g.
 */
export class RMSProp extends Optimizer<RMSPropOptions> {
  private readonly squares: ReadonlyMap<Variable, Variable>;
  private readonly means: ReadonlyMap<Variable, Variable>;
  private readonly velocities: ReadonlyMap<Variable, Variable>;

  /**
   * @param parameters Variables in any tree, `model.parameters()`, or groups of them with options of their own.
   * @throws {OptionError} for an option that is unknown, missing or out of range.
   */
  constructor(parameters: Trained<RMSPropOptions>, options: RMSPropOptions) {
    super(parameters, options, check);
    this.squares = this.slots("square");
    this.means = this.slots("mean", ({ centered }) => (centered ? 0 : undefined));
    this.velocities = this.slots("velocity", ({ momentum }) => (momentum === 0 ? undefined : 0));
  }

  protected override rule(options: Required<RMSPropOptions>, rate: Tensor): Rule {
    const { alpha, epsilon, momentum, weightDecay } = options;
    const { squares, means, velocities } = this;
    return (parameter, gradient) => {
      const slope = decayed(parameter, gradient, weightDecay);
      const updates: Updates = [];
      const follow = (variable: Variable, value: Tensor) => {
        updates.push([variable, value]);
        return value;
      };
      const averageOf = (average: Variable, x: Tensor) => follow(average, movingAverage(average, x, alpha));
      const meanSquare = averageOf(squares.get(parameter) as Variable, square(slope));
      const mean = means.get(parameter);
      // Rounding can make a variance of 0 negative.
      const spread = mean === undefined ? meanSquare : maximum(sub(meanSquare, square(averageOf(mean, slope))), 0);
      const scaled = div(slope, add(sqrt(spread), epsilon));
      const velocity = velocities.get(parameter);
      const direction = velocity === undefined ? scaled : follow(velocity, add(mul(velocity, momentum), scaled));
      follow(parameter, sub(parameter, mul(direction, cast(rate, parameter.dtype))));
      return updates;
    };
  }
}
