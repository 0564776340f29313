/** What reductions share: their options, their declaration, and the axes they leave behind. */

import { type DType, isFloat } from "../dtype.js";
import { checkOptions } from "../errors.js";
import { type Derivative, defineOp, type ReduceDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import type { ReduceKind } from "../program/opcodes.js";
import { normalizeAxes, type Shape } from "../shape.js";
import { reshape } from "./movement.js";
import { checkTensor } from "./operands.js";

/** Which axes to reduce, and whether they stay with length 1. */
export interface ReduceOptions {
  /** One axis or several, negative ones count from the end; absent: all. */
  readonly axes?: number | readonly number[];
  /** Keep the reduced axes with length 1, so that the result broadcasts against x. */
  readonly keepDims?: boolean;
}

type AxesAttributes = { readonly axes: readonly number[] };

/** Declares a reduction. */
export function defineReduce(
  name: string,
  reduce: ReduceKind,
  dtypeOf: (dtype: DType) => DType,
  derivatives: { vjp: Derivative | null; jvp: Derivative | "linear" | null },
) {
  return defineOp<AxesAttributes, ReduceDeclaration<AxesAttributes>>({
    name,
    kind: "reduce",
    reduce,
    infer([x], { axes }) {
      const { shape, dtype } = x as Tensor;
      return { shape: shape.map((length, i) => (axes.includes(i) ? 1 : length)), dtype: dtypeOf(dtype) };
    },
    ...derivatives,
  });
}

/** The axes a node reduces. */
export function axesOf(node: Tensor): readonly number[] {
  return (node.attributes as AxesAttributes).axes;
}

/** The axes that options ask to reduce. */
export function reducedAxes(op: string, x: Tensor, options: ReduceOptions): readonly number[] {
  checkOptions(op, options, ["axes", "keepDims"]);
  return normalizeAxes(op, options.axes, x.rank);
}

/** Applies a reduction. */
export function reduce(op: ReturnType<typeof defineReduce>, x: Tensor, options: ReduceOptions): Tensor {
  const axes = reducedAxes(op.name, checkTensor(op.name, x), options);
  return dropAxes(apply(op, [x], { axes }), axes, options);
}

/** A result without the reduced axes, unless they are to stay. */
export function dropAxes(reduced: Tensor, axes: readonly number[], options: ReduceOptions): Tensor {
  return options.keepDims ? reduced : reshape(reduced, withoutAxes(reduced.shape, axes));
}

function withoutAxes(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** The dtype of sums and products: int32 for integers and bools, whose own would soon be too small. */
export function countingDType(dtype: DType): DType {
  return isFloat(dtype) ? dtype : "int32";
}
