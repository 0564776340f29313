/** Momentum in units of the gradient's recent size. */

import { checkOptions, OptionError, show } from "../errors.js";
import { add, cast, div, expm1, mul, neg, sqrt, square, sub } from "../ops/index.js";
import type { Tensor, Variable } from "../tensor.js";
import type { CheckOptions, Trained } from "./groups.js";
import { checkNonNegative, checkShare, decayed, movingAverage, Optimizer, type Rule } from "./optimizer.js";

/** Options of `Adam`. */
export interface AdamOptions {
  /** Length of a step where gradients agree. */
  readonly learningRate: number;
  /** β₁ and β₂, the shares of the moving averages of g and g² that are kept, in [0, 1) (default [0.9, 0.999]). */
  readonly betas?: readonly [number, number];
  /** ε, which keeps the quotient finite (default 1e-8). */
  readonly epsilon?: number;
  /** Factor of the parameter that is added to its gradient, the derivative of ½·factor·‖w‖² (default 0). */
  readonly weightDecay?: number;
}

/** Options of `AdamW`. */
export interface AdamWOptions extends AdamOptions {
  /** Share of itself, in units of the learning rate, that a parameter loses in each step (default 0.01). */
  readonly weightDecay?: number;
}

/** @param usualDecay The weight decay that is not given. */
function checkWith(usualDecay: number): CheckOptions<AdamOptions> {
  return (op, options) => {
    checkOptions(op, options, ["learningRate", "betas", "epsilon", "weightDecay"]);
    const { learningRate, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = usualDecay } = options;
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw new OptionError(`${op}: option "betas" must be two numbers, got ${show(betas)}`);
    }
    for (const beta of betas) checkShare(op, "betas", beta);
    checkNonNegative(op, "epsilon", epsilon);
    checkNonNegative(op, "weightDecay", weightDecay);
    return { learningRate, betas, epsilon, weightDecay };
  };
}

/** What Adam and AdamW share: all but where the weight decay enters. */
abstract class AdaptiveMoments extends Optimizer<AdamOptions> {
  private readonly means: ReadonlyMap<Variable, Variable>;
  private readonly squares: ReadonlyMap<Variable, Variable>;

  /** @param decoupled Whether parameters decay by themselves, not through the gradient. */
  constructor(
    parameters: Trained<AdamOptions>,
    options: AdamOptions,
    private readonly decoupled: boolean,
  ) {
    super(parameters, options, checkWith(decoupled ? 0.01 : 0));
    this.means = this.slots("mean");
    this.squares = this.slots("square");
  }

  protected override rule(options: Required<AdamOptions>, rate: Tensor, count: Tensor): Rule {
    const { betas, epsilon, weightDecay } = options;
    const { decoupled, means, squares } = this;
    const t = cast(count, "float32");
    // 1 − βᵗ as −(e^(t ln β) − 1): the difference would lose digits where βᵗ is close to 1, as it is in the first steps.
    const [total1, total2] = betas.map((beta) => neg(expm1(mul(t, Math.log(beta))))) as [Tensor, Tensor];
    const [length, scale] = [div(rate, total1), sqrt(total2)];
    const kept = decoupled && weightDecay > 0 ? sub(1, mul(rate, weightDecay)) : undefined;
    return (parameter, gradient) => {
      const [mean, meanSquare] = [means.get(parameter), squares.get(parameter)] as [Variable, Variable];
      const { dtype } = parameter;
      const slope = decoupled ? gradient : decayed(parameter, gradient, weightDecay);
      const m = movingAverage(mean, slope, betas[0]);
      const s = movingAverage(meanSquare, square(slope), betas[1]);
      const step = div(mul(m, cast(length, dtype)), add(div(sqrt(s), cast(scale, dtype)), epsilon));
      const start = kept === undefined ? parameter : mul(parameter, cast(kept, dtype));
      return [
        [mean, m],
        [meanSquare, s],
        [parameter, sub(start, step)],
      ];
    };
  }
}

/**
 * Adam (Kingma and Ba, "Adam: a method for stochastic optimization"), as in PyTorch:
 *
 * g ← ∇w + weightDecay·w, m ← β₁·m + (1 − β₁)·g, s ← β₂·s + (1 − β₂)·g²,
 * w ← w − learningRate·m̂ / (√ŝ + ε) with m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ)
 *
 * in step t = 1, 2, …, which is counted for all parameters together.
 */
export class Adam extends AdaptiveMoments {
  /**
   * @param parameters Variables in any tree, `model.parameters()`, or groups of them with options of their own.
   * @throws {OptionError} for an option that is unknown, missing or out of range.
   */
  constructor(parameters: Trained<AdamOptions>, options: AdamOptions) {
    super(parameters, options, false);
  }
}

/**
 * AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization"), as in PyTorch: `Adam` whose weight decay is no
 * part of the gradient, but w ← (1 − learningRate·weightDecay)·w before the step.
 */
export class AdamW extends AdaptiveMoments {
  /**
   * @param parameters Variables in any tree, `model.parameters()`, or groups of them with options of their own.
   * @throws {OptionError} for an option that is unknown, missing or out of range.
   */
  constructor(parameters: Trained<AdamWOptions>, options: AdamWOptions) {
    super(parameters, options, true);
  }
}
