/** Reverse mode: cotangents flow from outputs to the operands they were computed from. */

import { isFloat } from "../dtype.js";
import { GradientError } from "../errors.js";
import type { Derivative, DerivativeRule } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { topologicalOrder } from "../graph/walk.js";
import { add } from "../ops/elementwise.js";

/** The rule of operand `i`; null where the derivative is zero, undefined where the op has none. */
export function ruleOf(derivative: Derivative | null, i: number): DerivativeRule | null | undefined {
  if (derivative === null) return undefined;
  return typeof derivative === "function" ? derivative : (derivative[i] ?? null);
}

/**
 * Vector–Jacobian products, as graph nodes.
 *
 * @param name The public function that asks, for messages.
 * @param outputs What is differentiated; all float.
 * @param cotangents One per output, of its shape and dtype.
 * @param targets Nodes to differentiate with respect to.
 * @returns Per target the sum over outputs of cotangentᵀ · ∂output/∂target; undefined where no output depends on it.
 * @throws {GradientError} when outputs depend on a target only through an operation without a derivative.
 */
export function backpropagate(
  name: string,
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  targets: readonly Tensor[],
): (Tensor | undefined)[] {
  const order = topologicalOrder(outputs);
  const positions = new Map(order.map((node, i) => [node, i]));
  const wanted = new Set(targets);
  const depends = order.map(() => false);
  order.forEach((node, i) => {
    const below = node.inputs.some((input) => depends[positions.get(input) as number]);
    depends[i] = wanted.has(node) || below;
  });

  const flowing = new Array<Tensor | undefined>(order.length);
  outputs.forEach((output, k) => {
    const i = positions.get(output) as number;
    flowing[i] = accumulate(flowing[i], cotangents[k] as Tensor);
  });
  for (let i = order.length - 1; i >= 0; i--) {
    const [node, cotangent] = [order[i] as Tensor, flowing[i]];
    if (cotangent === undefined || !depends[i]) continue;
    node.inputs.forEach((input, operand) => {
      const at = positions.get(input) as number;
      if (!depends[at] || !isFloat(input.dtype)) return;
      const rule = ruleOf(node.op.vjp, operand);
      if (rule) flowing[at] = accumulate(flowing[at], rule(cotangent, node, operand));
    });
  }
  return targets.map((target) => {
    const at = positions.get(target);
    if (at === undefined) return undefined;
    if (flowing[at] === undefined) throwIfBlocked(name, order, positions, target);
    return flowing[at];
  });
}

function accumulate(sum: Tensor | undefined, term: Tensor): Tensor {
  return sum === undefined ? term : add(sum, term);
}

/** Explains a missing derivative, if the reason is an operation that has none rather than one that is zero. */
function throwIfBlocked(
  name: string,
  order: readonly Tensor[],
  positions: ReadonlyMap<Tensor, number>,
  target: Tensor,
): void {
  // The operation that blocks first above the target, and the path from it towards the outputs.
  const path: string[] = [];
  let current = target;
  let blocked: string | undefined;
  for (let i = (positions.get(target) as number) + 1; i < order.length; i++) {
    const node = order[i] as Tensor;
    const operand = node.inputs.indexOf(current);
    if (operand < 0) continue;
    const rule = ruleOf(node.op.vjp, operand);
    if (rule === null) return; // the derivative is zero, which is an answer
    if (blocked === undefined && rule === undefined) blocked = node.op.name;
    if (blocked !== undefined) path.push(node.op.name);
    current = node;
  }
  if (blocked !== undefined) {
    throw new GradientError(`${name}: "${blocked}" has no gradient (reached through ${path.join(" → ")})`);
  }
}
