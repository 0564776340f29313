/** `loss.backward()`: gradients are left on the variables, for optimisers to use. */

import { checkOptions, GradientError } from "../errors.js";
import { dropEdges } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { activeTrace, setGradientAside } from "../graph/trace.js";
import { StateLeaf } from "../graph/variable.js";
import { topologicalOrder } from "../graph/walk.js";
import { onesLike } from "../ops/create.js";
import { add } from "../ops/elementwise.js";
import { backpropagate } from "./reverse.js";
import { checkScalar } from "./transforms.js";

/**
 * Adds the gradient of a scalar to `grad` of every leaf it depends on: trainable variables, and tensors made with
 * `requiresGrad`. The gradients are lazy; nothing is computed yet. Those made inside a compiled function end with it.
 *
 * @param options.retainGraph Keep the graph for another `backward()`; otherwise it is freed.
 * @throws {GradientError} when the tensor is not a scalar, depends on no such leaf, or its graph has been freed.
 */
export function backward(loss: Tensor, options: { retainGraph?: boolean } = {}): void {
  checkOptions("backward", options, ["retainGraph"]);
  const root = checkScalar("backward", loss);
  if (!root.requiresGrad) {
    throw new GradientError("backward: the tensor depends on no variable or tensor that requires a gradient");
  }
  // In a function being compiled, a value that has been assigned is its variable: no derivative goes further.
  const assigned = new Map([...(activeTrace()?.updates ?? [])].map(([variable, value]) => [value, variable]));
  const operands = (node: Tensor) => (assigned.has(node) ? [] : node.inputs);
  const nodes = topologicalOrder([root], operands);
  if (nodes.some((node) => node.spent)) {
    throw new GradientError(
      "backward: part of the graph has been freed by an earlier backward(); use { retainGraph: true } there",
    );
  }
  const ownerOf = (node: Tensor) => assigned.get(node) ?? (node instanceof StateLeaf ? node.variable : node);
  const leaves = nodes.filter((node) => operands(node).length === 0 && ownerOf(node).requiresGrad);
  const gradients = backpropagate("backward", [root], [onesLike(root)], leaves);
  leaves.forEach((leaf, i) => {
    const gradient = gradients[i];
    if (gradient === undefined) return;
    const owner = ownerOf(leaf);
    setGradientAside(owner);
    owner.grad = owner.grad === undefined ? gradient : add(owner.grad, gradient);
    owner.gradOf = root;
  });
  if (options.retainGraph) return;
  for (const node of nodes) {
    if (operands(node).length === 0) continue;
    node.spent = true;
    if (node.storage !== undefined) dropEdges(node);
  }
}
