/** Where values enter a graph: arrays, variables' memory, numbers. */

import type { DType, TypedArray } from "../dtype.js";
import { InternalError } from "../errors.js";
import type { Shape } from "../shape.js";
import { Storage } from "../storage.js";
import { type Attributes, defineOp, type LeafDeclaration } from "./op.js";
import { Tensor } from "./tensor.js";

const NO_INPUTS: readonly Tensor[] = [];
const NO_ATTRIBUTES: Attributes = {};

function leaf<A extends Attributes>(name: string, source: LeafDeclaration<A>["source"]) {
  return defineOp<A, LeafDeclaration<A>>({
    name,
    kind: "leaf",
    source,
    infer: () => {
      throw new InternalError(`${name}: a leaf is not applied`);
    },
    vjp: null,
    jvp: null,
  });
}

/** An array: a realised tensor, or an argument of a function being compiled, which has no storage yet. */
const inputOp = leaf("input", "input");

/** A variable at one version. */
export const stateOp = leaf<{ version: number }>("variable", "state");

/** A number that may differ from run to run: not hashed, bound by each run. */
const scalarOp = leaf<{ value: number }>("scalar", "scalar");

/** A number that is part of the graph: hashed, and folded by the compiler. */
const constantOp = leaf<{ value: number }>("constant", "constant");

/** Numbers that select an algorithm rather than parametrise it, so that the compiler may simplify on them. */
const HASHED_NUMBERS: ReadonlySet<number> = new Set([-1, 0, 0.5, 1, 2]);

/** A number as an operand: a rank-0 leaf of the other operand's dtype. */
export function numberLeaf(value: number, dtype: DType): Tensor {
  return HASHED_NUMBERS.has(value) && !Object.is(value, -0) ? constantLeaf(value, dtype) : scalarLeaf(value, dtype);
}

/** A number that the Program does not depend on. */
export function scalarLeaf(value: number, dtype: DType): Tensor {
  return new Tensor(scalarOp, NO_INPUTS, { value }, [], dtype, false);
}

/** A number that the Program contains. */
export function constantLeaf(value: number, dtype: DType): Tensor {
  return new Tensor(constantOp, NO_INPUTS, { value }, [], dtype, false);
}

/** Whether a node is a number: a rank-0 leaf that needs no memory of its own. */
export function isNumber({ op }: Tensor): boolean {
  return op.kind === "leaf" && (op.source === "scalar" || op.source === "constant");
}

/** Whether a node is a number that the Program contains. */
export function isConstant({ op }: Tensor): boolean {
  return op.kind === "leaf" && op.source === "constant";
}

/** A number leaf under views that only stretch it; other nodes come back as they are. */
export function numberBelow(node: Tensor): Tensor {
  let base = node;
  while (base.op.kind === "view" && base.storage === undefined) base = base.inputs[0] as Tensor;
  return base.op.kind === "leaf" && base.shape.length === 0 && base.storage === undefined ? base : node;
}

/** A tensor that owns `data`, which the caller must not touch again. */
export function realisedLeaf(data: TypedArray, shape: Shape, dtype: DType): Tensor {
  const tensor = new Tensor(inputOp, NO_INPUTS, NO_ATTRIBUTES, shape, dtype, false);
  tensor.storage = new Storage(dtype, data.length, data);
  return tensor;
}

/** A tensor whose array is bound later: an argument of a function being compiled. */
export function placeholderLeaf(shape: Shape, dtype: DType): Tensor {
  return new Tensor(inputOp, NO_INPUTS, NO_ATTRIBUTES, shape, dtype, false);
}

/**
 * Turns a node whose values have been computed into a leaf. Its edges go, unless a derivative still needs them.
 */
export function settle(node: Tensor, storage: Storage): void {
  node.storage = storage;
  if (kept !== undefined) kept.push(node);
  else dropUnneededEdges([node]);
}

function dropUnneededEdges(nodes: readonly Tensor[]): void {
  for (const node of nodes) if (!node.requiresGrad || node.spent) dropEdges(node);
}

/** Nodes that have got values while edges are kept. */
let kept: Tensor[] | undefined;

/**
 * Runs a function that is being differentiated: what gets values meanwhile, because the function reads them, keeps its
 * edges for the derivative.
 *
 * @returns What `body` returns, and `release`, which drops those edges.
 */
export function keepingEdges<T>(body: () => T): { result: T; release(): void } {
  const outer = kept;
  const nodes: Tensor[] = [];
  kept = nodes;
  try {
    return {
      result: body(),
      release() {
        if (outer === undefined) dropUnneededEdges(nodes);
        else outer.push(...nodes);
      },
    };
  } finally {
    kept = outer;
  }
}

/** Forgets how a realised tensor was computed, so that what it was computed from can be freed. */
export function dropEdges(node: Tensor): void {
  if (node.storage === undefined) throw new InternalError("edges of a tensor without values dropped");
  node.op = inputOp;
  node.inputs = NO_INPUTS;
  node.attributes = NO_ATTRIBUTES;
}
