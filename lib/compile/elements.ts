/**
 * Who reads whose elements. Views that only name the axes anew are looked through: the same elements in the same
 * order are the same operand of a micro-program, whatever their shape.
 */

import { isNumber, numberBelow } from "../graph/leaves.js";
import type { Graph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";
import { unrealisedOperands } from "../graph/walk.js";
import { type Shape, sameShape } from "../shape.js";
import { contiguousView, reshapeView, type View } from "../view.js";

/** The node that has the elements of `node` in the same row-major order, below views that keep it. */
export function elementsOf(node: Tensor): Tensor {
  let base = node;
  while (base.storage === undefined && base.op.kind === "view" && base.op.keepsOrder === true) {
    base = base.inputs[0] as Tensor;
  }
  return base;
}

/** Whether a node is a number, or a number stretched to a shape: micro-programs contain it. */
export function isNumeric(node: Tensor): boolean {
  return isNumber(numberBelow(node));
}

/** How many elements there are in memory of what a node is or looks at. */
export function storedSize(node: Tensor): number {
  let { size } = node;
  for (let base = node; base.op.kind === "view" && base.storage === undefined; ) {
    base = base.inputs[0] as Tensor;
    size = Math.min(size, base.size);
  }
  return size;
}

/** A graph without the views that keep the order of elements. */
export class Elements {
  /** The nodes whose values the run is asked for. */
  readonly wanted: ReadonlySet<Tensor>;
  private readonly readers = new Map<Tensor, Tensor[]>();
  private readonly operands = new Map<Tensor, readonly Tensor[]>();
  private readonly views = new Map<Tensor, View>();

  constructor({ nodes, roots, updates }: Graph) {
    this.wanted = new Set([...roots, ...updates.map(([, value]) => value)].map(elementsOf));
    for (const node of nodes) {
      if (elementsOf(node) !== node) continue;
      const operands = unrealisedOperands(node).map(elementsOf);
      this.operands.set(node, operands);
      for (const operand of operands) {
        const list = this.readers.get(operand);
        if (list === undefined) this.readers.set(operand, [node]);
        else list.push(node);
      }
    }
  }

  /** What a node reads. */
  operandsOf(node: Tensor): readonly Tensor[] {
    return this.operands.get(node) as readonly Tensor[];
  }

  /** The nodes that read a node; one that reads it twice counts twice. */
  readersOf(node: Tensor): readonly Tensor[] {
    return this.readers.get(node) ?? [];
  }

  /** Whether the operands of map nodes can be read in the order of `shape` without a copy. */
  readableAs(nodes: readonly Tensor[], inside: ReadonlySet<Tensor>, shape: Shape): boolean {
    return nodes.every(
      (node) =>
        sameShape(node.shape, shape) ||
        node.inputs.every((input, i) => {
          const base = this.operandsOf(node)[i] as Tensor;
          return inside.has(base) || isNumeric(input) || reshapeView(this.viewOf(input), shape) !== undefined;
        }),
    );
  }

  /** Where the elements of a node lie in the memory of what its views look at. */
  private viewOf(node: Tensor): View {
    const chain: Tensor[] = [];
    let base = node;
    while (!this.views.has(base) && base.storage === undefined && base.op.kind === "view") {
      chain.push(base);
      base = base.inputs[0] as Tensor;
    }
    let view = this.views.get(base) ?? contiguousView(base.shape);
    for (const next of chain.reverse()) {
      // Where strides cannot express a view, its operand is copied first.
      if (next.op.kind === "view") view = next.op.view(view, next) ?? contiguousView(next.shape);
      this.views.set(next, view);
    }
    return view;
  }
}
