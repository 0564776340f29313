/**
 * Penalties for large parameters, as terms of a loss:
 *
 * ```ts
 * const loss = add(crossEntropy(model.forward(x), y), l2Penalty(model.parameters(), 1e-4));
 * ```
 *
 * To leave biases alone, choose: `Object.values(model.parameters()).filter(({ rank }) => rank > 1)`. The option
 * `weightDecay` of SGD adds the derivative of `l2Penalty` with half the strength, in the same pass as the step.
 */

import { OptionError, show } from "../errors.js";
import { abs, add, cast, mul, square, sum } from "../ops/index.js";
import { checkFloat, type TensorLike } from "../ops/operands.js";
import { Tensor } from "../tensor.js";
import { flattenTree, type Tree } from "../tree.js";

/**
 * strength · Σ w² over all elements: the L2 penalty, also called ridge.
 *
 * @param parameters Float tensors, in any tree: `model.parameters()`.
 * @param strength λ, a number or a scalar tensor (default 1).
 * @returns A scalar; float64 where a parameter is.
 * @throws {OptionError} when there are no tensors.
 * @throws {DTypeError} for tensors that are not float.
 */
export function l2Penalty(parameters: Tree<Tensor>, strength: TensorLike = 1): Tensor {
  return mul(totalOf("l2Penalty", parameters, square), strength);
}

/** strength · Σ |w|: the L1 penalty, also called lasso; its derivative at 0 is taken as 0. Otherwise as `l2Penalty`. */
export function l1Penalty(parameters: Tree<Tensor>, strength: TensorLike = 1): Tensor {
  return mul(totalOf("l1Penalty", parameters, abs), strength);
}

/** strength · Σ (beta·w² + |w|): the elastic net (default: beta 1). Otherwise as `l2Penalty`. */
export function elasticNetPenalty(parameters: Tree<Tensor>, strength: TensorLike = 1, beta: TensorLike = 1): Tensor {
  return mul(
    totalOf("elasticNetPenalty", parameters, (w) => add(mul(square(w), beta), abs(w))),
    strength,
  );
}

function totalOf(op: string, parameters: Tree<Tensor>, term: (w: Tensor) => Tensor): Tensor {
  const { leaves } = flattenTree(parameters, (value) => value instanceof Tensor);
  if (leaves.length === 0) throw new OptionError(`${op}: no tensors in ${show(parameters)}`);
  const dtype = leaves.some((leaf) => leaf.dtype === "float64") ? "float64" : "float32";
  return leaves.map((leaf) => cast(sum(term(checkFloat(op, leaf))), dtype)).reduce(add);
}
