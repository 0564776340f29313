/**
 * First pass: the same graph with less in it. Equal nodes become one (common subexpressions), operations on
 * constants become constants, operands that change nothing go, and products are computed the way round they are
 * read. Every rule keeps the bits of the result, products as far as their sums keep their order.
 */

import { dtypeInfo, isFloat } from "../dtype.js";
import { constantLeaf, isConstant, numberBelow } from "../graph/leaves.js";
import type { Attributes, MapDeclaration, ViewDeclaration } from "../graph/op.js";
import type { Graph } from "../graph/signature.js";
import { Tensor } from "../graph/tensor.js";
import { readersOf, topologicalOrder, unrealisedOperands } from "../graph/walk.js";
import { WordList } from "../graph/words.js";
import { sameShape } from "../shape.js";
import { elementsOf } from "./elements.js";

/** @returns A graph that computes the same; leaves are the same objects. */
export function simplify(graph: Graph): Graph {
  const rewritten = new Map<Tensor, Tensor>();
  const known = new Map<string, Tensor>();
  const uses = countUses(graph);
  const number = new Map<Tensor, number>();
  const keep = (node: Tensor) => {
    if (!number.has(node)) number.set(node, number.size);
    return node;
  };

  for (const node of graph.nodes) {
    if (node.storage !== undefined || node.inputs.length === 0) {
      rewritten.set(node, isConstant(node) ? unique(node) : keep(node));
      continue;
    }
    const inputs = node.inputs.map((input) => rewritten.get(input) as Tensor);
    rewritten.set(node, shortcut(node, inputs) ?? unique(withInputs(node, inputs)));
  }

  /** The first node seen that computes the same. Random nodes never meet: their keys differ. */
  function unique(node: Tensor): Tensor {
    const key = keyOf(node, number);
    const first = known.get(key);
    if (first !== undefined) return first;
    known.set(key, node);
    return keep(node);
  }

  function shortcut(node: Tensor, inputs: readonly Tensor[]): Tensor | undefined {
    const { op } = node;
    if (op.kind === "view") return reshaped(node, op, inputs[0] as Tensor) ?? transposedProduct(node, op);
    if (op.kind !== "map") return undefined;
    if (op.fold !== undefined && isFloat(node.dtype) && node.shape.length === 0 && inputs.every(isConstant)) {
      // In the precision of the machines; int32 has rules of its own, and is left to them.
      const value = op.fold(...inputs.map(constantValue));
      return unique(constantLeaf(node.dtype === "float32" ? Math.fround(value) : value, node.dtype));
    }
    return withoutIdentity(node, op, inputs);
  }

  /** Of views that only name the axes anew the last one counts, and none where the axes are what they were. */
  function reshaped(node: Tensor, op: ViewDeclaration<Attributes>, operand: Tensor): Tensor | undefined {
    if (op.keepsOrder !== true) return undefined;
    const base = elementsOf(operand);
    for (const same of [base, operand]) if (sameShape(same.shape, node.shape)) return same;
    return base === operand ? undefined : unique(withInputs(node, [base]));
  }

  /** (a·b)ᵀ → bᵀ·aᵀ where nothing else reads a·b, so that what follows can be done to the product as it is made. */
  function transposedProduct(node: Tensor, op: ViewDeclaration<Attributes>): Tensor | undefined {
    const product = node.inputs[0] as Tensor;
    if (!swapsLastAxes(op.axes?.(node.attributes)) || !isTransposable(product) || uses.get(product) !== 1) {
      return undefined;
    }
    const transposed = product.inputs.map((input) => {
      const operand = rewritten.get(input) as Tensor;
      const { shape, dtype } = op.infer([operand], node.attributes);
      return unique(new Tensor(node.op, [operand], node.attributes, shape, dtype, false));
    });
    return unique(new Tensor(product.op, transposed.reverse(), product.attributes, node.shape, node.dtype, false));
  }

  const roots = graph.roots.map((root) => rewritten.get(root) as Tensor);
  const updates = graph.updates.map(([leaf, value]) => [leaf, rewritten.get(value) as Tensor] as const);
  const nodes = topologicalOrder([...roots, ...updates.flat()], unrealisedOperands);
  return { ...graph, nodes, roots, updates };
}

/** How often each node is read: by other nodes, as a root, by an update. */
function countUses(graph: Graph): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  for (const [node, readers] of readersOf(graph.nodes)) uses.set(node, readers.length);
  for (const node of [...graph.roots, ...graph.updates.flat()]) uses.set(node, (uses.get(node) ?? 0) + 1);
  return uses;
}

function swapsLastAxes(axes: readonly number[] | undefined): boolean {
  if (axes === undefined || axes.length < 2) return false;
  const last = axes.length - 1;
  return axes.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
}

function isTransposable({ op, storage }: Tensor): boolean {
  return storage === undefined && "transposable" in op && op.transposable === true;
}

function constantValue(node: Tensor): number {
  return (node.attributes as { value: number }).value;
}

/** x·1 → x and the like, where the op declares such a value. */
function withoutIdentity(node: Tensor, op: MapDeclaration<Attributes>, inputs: readonly Tensor[]): Tensor | undefined {
  const { identity } = op;
  if (identity === undefined || inputs.length !== 2) return undefined;
  for (const kept of identity.operand === "either" ? [0, 1] : [identity.operand]) {
    const [operand, other] = [inputs[kept] as Tensor, numberBelow(inputs[1 - kept] as Tensor)];
    const dropped = isConstant(other) && Object.is(constantValue(other), identity.value);
    if (dropped && sameShape(operand.shape, node.shape)) return operand;
  }
  return undefined;
}

function withInputs(node: Tensor, inputs: readonly Tensor[]): Tensor {
  if (inputs.every((input, i) => input === node.inputs[i])) return node;
  return new Tensor(node.op, inputs, node.attributes, node.shape, node.dtype, false);
}

const words = new WordList();

function keyOf(node: Tensor, number: ReadonlyMap<Tensor, number>): string {
  words.clear();
  words.push(node.op.id);
  words.push(dtypeInfo[node.dtype].code);
  words.pushAttributes({ shape: node.shape, operands: node.inputs.map((input) => number.get(input) as number) });
  words.pushAttributes(node.attributes);
  return words.view().join();
}
