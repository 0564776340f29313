/** The calls of modules in one forward pass, seen from outside while the graph is built. */

import { Tensor } from "../graph/tensor.js";
import { type Trace, withTrace } from "../graph/trace.js";
import { topologicalOrder } from "../graph/walk.js";
import { flattenTree } from "../tree.js";
import type { AnyModule } from "./module.js";

/** One call of a module. */
export interface ModuleCall {
  /** Path of the module in the model; the model itself is `""`. */
  readonly path: string;
  readonly module: AnyModule;
  /** Whether it has called other modules. */
  isParent: boolean;
  /** The nodes that it made itself, not by other modules, operands before users. */
  readonly nodes: Tensor[];
  /** What it returned; the first tensor where there are several. */
  output: Tensor | undefined;
}

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/**
 * Calls `model.forward` in evaluation mode with a tensor that has no values; nothing is computed.
 *
 * @param visit Told of each call as it returns, so parts before the whole.
 */
export function traceCalls(model: AnyModule, input: Tensor, visit: (call: ModuleCall) => void): void {
  // Draws and assignments of the pass are recorded, and forgotten with the record.
  const trace: Trace = { name: "summary", updates: new Map(), random: undefined, gradients: new Map() };
  withTrace(trace, () => watchCalls(model, [input], visit));
}

/**
 * Calls `model.forward` in evaluation mode.
 *
 * @param visit Told of each call as it returns, so parts before the whole.
 */
export function watchCalls(model: AnyModule, args: readonly unknown[], visit: (call: ModuleCall) => void): void {
  const seen = new Set<Tensor>(flattenTree(args, isTensor).leaves);
  const stack: ModuleCall[] = [];
  /** Makes what has been built up to some tensors belong to the module that is running. */
  const claim = (tensors: readonly Tensor[], call: ModuleCall | undefined) => {
    const roots = tensors.map((tensor) => tensor.resolve());
    for (const node of topologicalOrder(roots, (node) => (seen.has(node) ? [] : node.inputs))) {
      if (seen.has(node)) continue;
      seen.add(node);
      call?.nodes.push(node);
    }
  };
  const undo = Object.entries(model.modules()).map(([path, module]) =>
    wrapForward(module, (forward, args) => {
      const parent = stack.at(-1);
      claim(flattenTree(args, isTensor).leaves, parent);
      if (parent !== undefined) parent.isParent = true;
      const call: ModuleCall = { path, module, isParent: false, nodes: [], output: undefined };
      stack.push(call);
      const result = forward(...args);
      const outputs = flattenTree(result, isTensor).leaves;
      claim(outputs, call);
      call.output = outputs[0]?.resolve();
      stack.pop();
      visit(call);
      return result;
    }),
  );
  try {
    model.forward(...args);
  } finally {
    for (const restore of undo) restore();
  }
}

type Forward = (...args: unknown[]) => unknown;

/** Has calls of a module's `forward` go through `around`, in evaluation mode; returns what undoes it. */
function wrapForward(module: AnyModule, around: (forward: Forward, args: unknown[]) => unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(module, "forward");
  const forward = module.forward.bind(module) as Forward;
  const { training } = module;
  module.training = false;
  Object.defineProperty(module, "forward", {
    value: (...args: unknown[]) => around(forward, args),
    configurable: true,
  });
  return () => {
    module.training = training;
    if (own === undefined) delete (module as { forward?: unknown }).forward;
    else Object.defineProperty(module, "forward", own);
  };
}
