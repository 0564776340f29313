/** Stochastic gradient descent. */

import { checkOptions, OptionError, show } from "../errors.js";
import { add, cast, mul, sub } from "../ops/index.js";
import type { Tensor, Variable } from "../tensor.js";
import type { CheckOptions, Trained } from "./groups.js";
import { checkNonNegative, checkShare, decayed, Optimizer, type Rule } from "./optimizer.js";

/** Options of `SGD`. */
export interface SGDOptions {
  /** Length of a step in units of the gradient. */
  readonly learningRate: number;
  /** Share of the last step's velocity that is kept, in [0, 1) (default 0). */
  readonly momentum?: number;
  /** Whether to look ahead: to step by the velocity that the next step would have (default false). */
  readonly nesterov?: boolean;
  /** Factor of the parameter that is added to its gradient, the derivative of ½·factor·‖w‖² (default 0). */
  readonly weightDecay?: number;
}

const check: CheckOptions<SGDOptions> = (op, options) => {
  checkOptions(op, options, ["learningRate", "momentum", "nesterov", "weightDecay"]);
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  checkShare(op, "momentum", momentum);
  checkNonNegative(op, "weightDecay", weightDecay);
  if (typeof nesterov !== "boolean" || (nesterov && momentum === 0)) {
    throw new OptionError(`${op}: option "nesterov" must be a boolean, and needs a momentum, got ${show(nesterov)}`);
  }
  return { learningRate, momentum, nesterov, weightDecay };
};

/**
 * Stochastic gradient descent, as in PyTorch:
 *
 * g ← ∇w + weightDecay·w, v ← momentum·v + g, w ← w − learningRate·v
 *
 * with v = 0 at first; with Nesterov's momentum w ← w − learningRate·(g + momentum·v).
 */
export class SGD extends Optimizer<SGDOptions> {
  private readonly velocities: ReadonlyMap<Variable, Variable>;

  /**
   * @param parameters Variables in any tree, `model.parameters()`, or groups of them with options of their own.
   * @throws {OptionError} for an option that is unknown, missing or out of range.
   */
  constructor(parameters: Trained<SGDOptions>, options: SGDOptions) {
    super(parameters, options, check);
    this.velocities = this.slots("velocity", ({ momentum }) => (momentum === 0 ? undefined : 0));
  }

  protected override rule({ momentum, nesterov, weightDecay }: Required<SGDOptions>, rate: Tensor): Rule {
    return (parameter, gradient) => {
      const slope = decayed(parameter, gradient, weightDecay);
      const length = cast(rate, parameter.dtype);
      const velocity = this.velocities.get(parameter);
      if (velocity === undefined) return [[parameter, sub(parameter, mul(slope, length))]];
      const faster = add(mul(velocity, momentum), slope);
      const direction = nesterov ? add(slope, mul(faster, momentum)) : faster;
      return [
        [velocity, faster],
        [parameter, sub(parameter, mul(direction, length))],
      ];
    };
  }
}
