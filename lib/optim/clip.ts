/** Gradients that are too large, made smaller before a step. */

import { add, cast, clip, div, minimum, mul, neg, sqrt, square, sum, zeros } from "../ops/index.js";
import type { TensorLike } from "../ops/operands.js";
import type { Tensor, Variable } from "../tensor.js";
import type { Tree } from "../tree.js";
import { checkNonNegative, variablesOf } from "./optimizer.js";

/**
 * Scales all gradients by one factor, so that their Euclidean norm, taken together, is at most `maxNorm`:
 * g ← g · min(1, maxNorm / (‖g‖₂ + 1e-6)), as in PyTorch. Call it between `backward()` and `step()`, in functions for
 * `compile` too. Gradients of NaN or infinity make all of them NaN or 0.
 *
 * @param parameters Variables, in any tree; those without a gradient do not count.
 * @param maxNorm A number ≥ 0; a scalar tensor to vary it from call to call of a compiled function.
 * @returns The norm before: a scalar, lazy, so that it costs nothing more when it is read after the step. float32, or
 *   the gradients' dtype where it is float64.
 * @throws {OptionError} when there are no variables, or the norm is a negative number.
 */
export function clipGradNorm(parameters: Tree<Variable>, maxNorm: TensorLike): Tensor {
  const limited = withGradients("clipGradNorm", parameters, "maxNorm", maxNorm);
  const squares = limited.map(([, gradient]) => sum(square(gradient)));
  const dtype = squares.some((one) => one.dtype === "float64") ? "float64" : "float32";
  const norm = sqrt(squares.reduce((total, one) => add(total, cast(one, dtype)), zeros([], { dtype })));
  const factor = minimum(1, div(maxNorm, add(norm, 1e-6)));
  for (const [parameter, gradient] of limited) parameter.grad = mul(gradient, cast(factor, gradient.dtype));
  return norm;
}

/**
 * Limits every element of every gradient to [−limit, limit]; NaN stays. Otherwise as `clipGradNorm`.
 *
 * @throws {OptionError} when there are no variables, or the limit is a negative number.
 */
export function clipGradValue(parameters: Tree<Variable>, limit: TensorLike): void {
  for (const [parameter, gradient] of withGradients("clipGradValue", parameters, "limit", limit)) {
    parameter.grad = clip(gradient, typeof limit === "number" ? -limit : neg(limit), limit);
  }
}

/** The variables that have a gradient. */
function withGradients(op: string, parameters: Tree<Variable>, what: string, limit: TensorLike) {
  if (typeof limit === "number") checkNonNegative(op, what, limit);
  return variablesOf(op, parameters).leaves.flatMap((parameter) =>
    parameter.grad === undefined ? [] : [[parameter, parameter.grad] as const],
  );
}
