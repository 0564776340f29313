/** The node of the graph, which is also what users hold: an immutable, lazy tensor. */

import type { DType } from "../dtype.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Storage } from "../storage.js";
import type { Attributes, Op } from "./op.js";

/**
 * An immutable n-dimensional array that is computed when its values are asked for.
 *
 * `shape` and `dtype` are known as soon as it is made; `dataSync()`, `data()` and `item()` compute it.
 * Operations are methods and functions alike: `x.add(y)` is `add(x, y)`.
 */
export class Tensor {
  /** Elements along each axis, outermost first. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: DType;
  /** Whether a derivative with respect to some leaf below is wanted, so that edges must be kept. */
  readonly requiresGrad: boolean;
  /** Gradient of the last `backward()` that reached this leaf, if any; accumulates until set to undefined. */
  grad: Tensor | undefined = undefined;

  /** @internal How it is computed. A realised tensor drops its edges and becomes an input leaf. */
  op: Op;
  /** @internal */
  inputs: readonly Tensor[];
  /** @internal */
  attributes: Attributes;
  /** @internal Its values, once computed. */
  storage: Storage | undefined = undefined;
  /** @internal The loss whose `backward()` made `grad`, so that a step evaluates both in one run. */
  gradOf: Tensor | undefined = undefined;
  /** @internal Whether `backward()` has gone through: its edges go as soon as it has values. */
  spent = false;
  /** @internal Number of the walk that saw this node last, and its position in that walk. */
  mark = 0;
  /** @internal */
  position = 0;

  /** @internal Use the functions of `nodegrad`; nodes are made by `apply` and by the leaves. */
  constructor(
    op: Op,
    inputs: readonly Tensor[],
    attributes: Attributes,
    shape: Shape,
    dtype: DType,
    requiresGrad: boolean,
  ) {
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.shape = shape;
    this.dtype = dtype;
    this.requiresGrad = requiresGrad;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** @internal The node that stands for this tensor in a graph built now; variables differ by version. */
  resolve(): Tensor {
    return this;
  }
}

/**
 * Applies an op: the one place where inner nodes of the graph are made.
 *
 * @throws what the op's rule for shape and dtype throws, at the caller's line.
 */
export function apply<A extends Attributes>(op: Op<A>, operands: readonly Tensor[], attributes: A): Tensor {
  const inputs: Tensor[] = new Array(operands.length);
  let requiresGrad = false;
  for (let i = 0; i < operands.length; i++) {
    const input = (operands[i] as Tensor).resolve();
    inputs[i] = input;
    requiresGrad ||= input.requiresGrad;
  }
  const type = op.infer(inputs, attributes);
  return new Tensor(op, inputs, attributes, type.shape, type.dtype, requiresGrad);
}
