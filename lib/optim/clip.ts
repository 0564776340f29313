/** Gradients that are too large, made smaller before a step. */

import { GradientError, OptionError, ShapeError, show } from "../errors.js";
import { add, cast, clip, div, minimum, mul, neg, sqrt, square, sum } from "../ops/index.js";
import type { TensorLike } from "../ops/operands.js";
import { showShape } from "../shape.js";
import { Tensor } from "../tensor.js";
import { checkNonNegative, Optimizer } from "./optimizer.js";

/**
 * Scales the gradients of an optimiser's next step by one factor, so that their Euclidean norm, taken together, is at
 * most `maxNorm`: g ← g · min(1, maxNorm / (‖g‖₂ + 1e-6)), as in PyTorch. Call it between `backward()` and `step()`, in
 * functions for `compile` too. NaN in a gradient makes all elements NaN; infinity makes itself NaN and all others 0.
 *
 * @param maxNorm A number ≥ 0; a scalar tensor to vary it from call to call of a compiled function.
 * @returns The norm before: a scalar, to be read before the step outside compiled functions. float32, or float64 where a
 *   gradient is.
 * @throws {OptionError} when the norm is a negative number; {ShapeError} when it is a tensor and no scalar;
 *   {GradientError} when there are no gradients.
 */
export function clipGradNorm(optimizer: Optimizer, maxNorm: TensorLike): Tensor {
  const gradients = gradientsOf("clipGradNorm", optimizer, "maxNorm", maxNorm);
  const squares = gradients.map(([, gradient]) => sum(square(gradient)));
  const dtype = squares.some((one) => one.dtype === "float64") ? "float64" : "float32";
  const norm = sqrt(squares.map((one) => cast(one, dtype)).reduce(add));
  const factor = minimum(1, div(maxNorm, add(norm, 1e-6)));
  const scaled = gradients.map(
    ([parameter, gradient]) => [parameter, mul(gradient, cast(factor, gradient.dtype))] as const,
  );
  optimizer.replaceGradients(scaled, [norm]);
  return norm;
}

/**
 * Limits every element of every gradient to [−limit, limit]; NaN stays. Otherwise as `clipGradNorm`.
 *
 * @throws what `clipGradNorm` throws.
 */
export function clipGradValue(optimizer: Optimizer, limit: TensorLike): void {
  const gradients = gradientsOf("clipGradValue", optimizer, "limit", limit);
  const low = typeof limit === "number" ? -limit : neg(limit);
  optimizer.replaceGradients(gradients.map(([parameter, gradient]) => [parameter, clip(gradient, low, limit)]));
}

function gradientsOf(op: string, optimizer: Optimizer, what: string, limit: TensorLike) {
  if (!(optimizer instanceof Optimizer)) throw new OptionError(`${op}: needs an optimiser, got ${show(optimizer)}`);
  if (!(limit instanceof Tensor)) checkNonNegative(op, what, limit);
  else if (limit.rank > 0) throw new ShapeError(`${op}: ${what} must be a scalar, got ${showShape(limit.shape)}`);
  const gradients = optimizer.gradients();
  if (gradients.length > 0) return gradients;
  throw new GradientError(`${op}: no parameter has a gradient; call backward() before`);
}
