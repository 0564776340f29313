/** Stochastic gradient descent. */

import { checkOptions, OptionError, show } from "../errors.js";
import { add, cast, mul, sub } from "../ops/index.js";
import type { Variable } from "../tensor.js";
import type { Tree } from "../tree.js";
import { checkNonNegative, decayed, Optimizer, type Rule } from "./optimizer.js";

/** Options of `SGD`. */
export interface SGDOptions {
  /** Length of a step in units of the gradient. */
  readonly learningRate: number;
  /** Share of the last step's velocity that is kept (default 0). */
  readonly momentum?: number;
  /** Whether to look ahead: to step by the velocity that the next step would have (default false). */
  readonly nesterov?: boolean;
  /** Factor of the parameter that is added to its gradient, the derivative of ½·factor·‖w‖² (default 0). */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent, as in PyTorch:
 *
 * g ← ∇w + weightDecay·w, v ← momentum·v + g, w ← w − learningRate·v
 *
 * with v = 0 at first; with Nesterov's momentum w ← w − learningRate·(g + momentum·v).
 */
export class SGD extends Optimizer {
  private readonly momentum: number;
  private readonly nesterov: boolean;
  private readonly weightDecay: number;
  private readonly velocities: ReadonlyMap<Variable, Variable>;

  /**
   * @param parameters Variables, in any tree: `model.parameters()`.
   * @throws {OptionError} for an option that is unknown, missing or out of range.
   */
  constructor(parameters: Tree<Variable>, options: SGDOptions) {
    checkOptions("SGD", options, ["learningRate", "momentum", "nesterov", "weightDecay"]);
    super(parameters, options.learningRate);
    const { momentum = 0, nesterov = false, weightDecay = 0 } = options;
    this.momentum = checkNonNegative("SGD", "momentum", momentum);
    this.weightDecay = checkNonNegative("SGD", "weightDecay", weightDecay);
    if (typeof nesterov !== "boolean" || (nesterov && momentum === 0)) {
      throw new OptionError(`SGD: option "nesterov" must be a boolean, and needs a momentum, got ${show(nesterov)}`);
    }
    this.nesterov = nesterov;
    this.velocities = momentum === 0 ? new Map() : this.slots("velocity");
  }

  protected override rule(): Rule {
    const { momentum, nesterov, weightDecay, velocities } = this;
    return (parameter, gradient) => {
      const slope = decayed(parameter, gradient, weightDecay);
      const rate = cast(this.rate, parameter.dtype);
      const velocity = velocities.get(parameter);
      if (velocity === undefined) return [[parameter, sub(parameter, mul(slope, rate))]];
      const faster = add(mul(velocity, momentum), slope);
      const direction = nesterov ? add(slope, mul(faster, momentum)) : faster;
      return [
        [velocity, faster],
        [parameter, sub(parameter, mul(direction, rate))],
      ];
    };
  }
}
