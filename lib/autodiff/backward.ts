/** `loss.backward()`: gradients are left on the variables, for optimisers to use. */

import { checkOptions, GradientError } from "../errors.js";
import { dropEdges } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { setGradientAside } from "../graph/trace.js";
import { AssignedValue, StateLeaf } from "../graph/variable.js";
import { topologicalOrder } from "../graph/walk.js";
import { onesLike } from "../ops/create.js";
import { add } from "../ops/elementwise.js";
import { checkScalar } from "./arguments.js";
import { backpropagate } from "./reverse.js";

/**
 * Adds the gradient of a scalar to `grad` of every trainable variable it depends on. The gradients are lazy; nothing
 * is computed yet. Those made inside a compiled function end with it.
 *
 * @param options.retainGraph Keep the graph for another `backward()`; otherwise it is freed.
 * @throws {GradientError} when the tensor is not a scalar, depends on no such variable, or its graph has been freed.
 */
export function backward(loss: Tensor, options: { retainGraph?: boolean } = {}): void {
  checkOptions("backward", options, ["retainGraph"]);
  const root = checkScalar("backward", loss, "needs");
  if (!root.requiresGrad) {
    throw new GradientError("backward: the tensor depends on no trainable variable");
  }
  const nodes = topologicalOrder([root], operandsOf).filter((node) => node.requiresGrad);
  if (nodes.some((node) => node.spent)) {
    throw new GradientError(
      "backward: part of the graph has been freed by an earlier backward(); use { retainGraph: true } there",
    );
  }
  const leaves = nodes.filter((node) => operandsOf(node).length === 0);
  const gradients = backpropagate("backward", [root], [onesLike(root)], leaves);
  leaves.forEach((leaf, i) => {
    const gradient = gradients[i];
    if (gradient === undefined) return;
    const owner = leaf instanceof StateLeaf || leaf instanceof AssignedValue ? leaf.variable : leaf;
    setGradientAside(owner);
    owner.grad = owner.grad === undefined ? gradient : add(owner.grad, gradient);
    owner.gradOf = root;
  });
  if (options.retainGraph) return;
  for (const node of nodes) {
    if (operandsOf(node).length === 0) continue;
    node.spent = true;
    if (node.storage !== undefined) dropEdges(node);
  }
}

/** A value that has been assigned is its variable from there on: no derivative goes further. */
function operandsOf(node: Tensor): readonly Tensor[] {
  return node instanceof AssignedValue ? [] : node.inputs;
}
