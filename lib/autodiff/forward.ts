/** Forward mode: tangents flow from inputs to everything computed from them. */

import { isFloat } from "../dtype.js";
import { GradientError } from "../errors.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { topologicalOrder } from "../graph/walk.js";
import { add } from "../ops/elementwise.js";
import { ruleOf } from "./reverse.js";

/**
 * Jacobian–vector products, as graph nodes.
 *
 * @param outputs What is differentiated.
 * @param targets Nodes that vary.
 * @param tangents The direction of each target, of its shape and dtype.
 * @returns Per output Σ ∂output/∂target · tangent; undefined where an output depends on no target, or is not float.
 * @throws {GradientError} for an operation on the way that has no derivative but a float result.
 */
export function pushForward(
  name: string,
  outputs: readonly Tensor[],
  targets: readonly Tensor[],
  tangents: readonly Tensor[],
): (Tensor | undefined)[] {
  const tangentOf = new Map<Tensor, Tensor>();
  targets.forEach((target, i) => {
    const known = tangentOf.get(target);
    tangentOf.set(target, known === undefined ? (tangents[i] as Tensor) : add(known, tangents[i] as Tensor));
  });
  for (const node of topologicalOrder(outputs)) {
    if (tangentOf.has(node) || !isFloat(node.dtype)) continue;
    const tangent = tangentOfNode(name, node, tangentOf);
    if (tangent !== undefined) tangentOf.set(node, tangent);
  }
  return outputs.map((output) => tangentOf.get(output));
}

function tangentOfNode(name: string, node: Tensor, tangentOf: ReadonlyMap<Tensor, Tensor>): Tensor | undefined {
  let total: Tensor | undefined;
  node.inputs.forEach((input, operand) => {
    const tangent = tangentOf.get(input);
    if (tangent === undefined) return;
    const { jvp } = node.op;
    const rule = jvp === "linear" ? linearRule : ruleOf(jvp, operand);
    if (rule === undefined) throw new GradientError(`${name}: "${node.op.name}" has no derivative`);
    if (rule === null) return;
    const part = rule(tangent, node, operand);
    total = total === undefined ? part : add(total, part);
  });
  return total;
}

/** An op linear in an operand is its own derivative there. */
function linearRule(tangent: Tensor, node: Tensor, operand: number): Tensor {
  const inputs = node.inputs.map((input, i) => (i === operand ? tangent : input));
  return apply(node.op, inputs, node.attributes);
}
