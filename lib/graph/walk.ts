/** Walking the graph: every node after its operands. */

import type { Tensor } from "./tensor.js";

/** How many walks there have been: nodes whose `mark` is its value have been seen by the last one. */
let walks = 0;

/**
 * Nodes reachable from `roots`, operands before users, each once. Iterative, because graphs get deeper than
 * the stack.
 *
 * @param operands The edges to follow; by default all.
 */
export function topologicalOrder(
  roots: readonly Tensor[],
  operands: (node: Tensor) => readonly Tensor[] = (node) => node.inputs,
): Tensor[] {
  const walk = ++walks;
  const order: Tensor[] = [];
  const stack: Tensor[] = [];
  const next: number[] = [];
  for (const root of roots) {
    if (root.mark === walk) continue;
    root.mark = walk;
    stack.push(root);
    next.push(0);
    while (stack.length > 0) {
      const top = stack.length - 1;
      const node = stack[top] as Tensor;
      const edges = operands(node);
      const i = next[top] as number;
      if (i < edges.length) {
        next[top] = i + 1;
        const operand = edges[i] as Tensor;
        if (operand.mark !== walk) {
          operand.mark = walk;
          stack.push(operand);
          next.push(0);
        }
      } else {
        node.position = order.length;
        order.push(node);
        stack.pop();
        next.pop();
      }
    }
  }
  return order;
}

/** Edges of what a run computes: a node with values is a leaf, even if derivatives keep its edges. */
export function unrealisedOperands(node: Tensor): readonly Tensor[] {
  return node.storage === undefined ? node.inputs : [];
}

/** The nodes that read each node, in a run of `nodes`; one that reads it twice counts twice. */
export function readersOf(nodes: readonly Tensor[]): Map<Tensor, Tensor[]> {
  const readers = new Map<Tensor, Tensor[]>();
  for (const node of nodes) {
    for (const operand of unrealisedOperands(node)) {
      const list = readers.get(operand);
      if (list === undefined) readers.set(operand, [node]);
      else list.push(node);
    }
  }
  return readers;
}
