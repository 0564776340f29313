/** `loss.backward()`: gradients are left on the variables, for optimisers to use. */

import { GradientError } from "../errors.js";
import { dropEdges } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { StateLeaf } from "../graph/variable.js";
import { topologicalOrder } from "../graph/walk.js";
import { onesLike } from "../ops/create.js";
import { add } from "../ops/elementwise.js";
import { backpropagate } from "./reverse.js";
import { checkScalar } from "./transforms.js";

/**
 * Adds the gradient of a scalar to `grad` of every leaf it depends on: trainable variables, and tensors made with
 * `requiresGrad`. The gradients are lazy; nothing is computed yet.
 *
 * @param options.retainGraph Keep the graph for another `backward()`; otherwise it is freed.
 * @throws {GradientError} when the tensor is not a scalar, depends on no such leaf, or its graph has been freed.
 */
export function backward(loss: Tensor, options: { retainGraph?: boolean } = {}): void {
  const root = checkScalar("backward", loss);
  if (!root.requiresGrad) {
    throw new GradientError("backward: the tensor depends on no variable or tensor that requires a gradient");
  }
  const nodes = topologicalOrder([root]);
  if (nodes.some((node) => node.spent)) {
    throw new GradientError(
      "backward: part of the graph has been freed by an earlier backward(); use { retainGraph: true } there",
    );
  }
  const leaves = nodes.filter((node) => node.requiresGrad && node.op.kind === "leaf");
  const gradients = backpropagate("backward", [root], [onesLike(root)], leaves);
  leaves.forEach((leaf, i) => {
    const gradient = gradients[i];
    if (gradient === undefined) return;
    const owner = leaf instanceof StateLeaf ? leaf.variable : leaf;
    owner.grad = owner.grad === undefined ? gradient : add(owner.grad, gradient);
    owner.gradOf = root;
  });
  if (options.retainGraph) return;
  for (const node of nodes) {
    if (node.op.kind === "leaf") continue;
    node.spent = true;
    if (node.storage !== undefined) dropEdges(node);
  }
}
