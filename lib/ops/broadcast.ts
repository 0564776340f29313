/**
 * Stretching and summing. They stand together because each is the derivative of the other: what a broadcast repeats,
 * its derivative adds up.
 */

import { OptionError, ShapeError, show } from "../errors.js";
import { defineOp, type ViewDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { broadcastShapes, checkShape, type Shape, sameShape, showShape, sizeOf } from "../shape.js";
import { broadcastView } from "../view.js";
import { reshape, unchanged } from "./movement.js";
import { checkTensor, first } from "./operands.js";
import { countingDType, defineReduce, type ReduceOptions, reduce } from "./reduction.js";

const broadcastOp = defineOp<{ shape: Shape }, ViewDeclaration<{ shape: Shape }>>({
  name: "broadcastTo",
  kind: "view",
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  vjp: [(t, n) => sumTo(t, first(n).shape)],
  jvp: "linear",
  view: (operand, node) => broadcastView(operand, node.shape),
});

/**
 * x stretched to a shape: axes of length 1 repeat, leading axes are added.
 *
 * @throws {ShapeError} when the shape is not one x broadcasts to.
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor("broadcastTo", x);
  const full = checkShape("broadcastTo", shape);
  if (sameShape(x.shape, full)) return unchanged(x);
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, full), full)) {
    throw new ShapeError(`broadcastTo: ${showShape(x.shape)} does not broadcast to ${showShape(full)}`);
  }
  return apply(broadcastOp, [x], { shape: full });
}

/** Sums what a broadcast repeated: the transpose of `broadcastTo`. */
function sumTo(x: Tensor, shape: Shape): Tensor {
  const added = x.rank - shape.length;
  const axes = x.shape.flatMap((length, i) => (i < added || (shape[i - added] === 1 && length !== 1) ? [i] : []));
  return reshape(axes.length > 0 ? sum(x, { axes, keepDims: true }) : x, shape);
}

const sumOp = defineReduce("sum", "sum", countingDType, {
  vjp: [(t, n) => broadcastTo(t, first(n).shape)],
  jvp: "linear",
});

/** Sum of the elements. Sums of int32, uint8 and bool are int32 (a bool counts 1). */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce(sumOp, x, options);
}

/**
 * x repeated `repeats[i]` times along axis `i`.
 *
 * @throws {OptionError} unless there is a non-negative integer per axis.
 */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  checkTensor("tile", x);
  if (!Array.isArray(repeats) || repeats.length !== x.rank || !repeats.every((r) => Number.isInteger(r) && r >= 0)) {
    throw new OptionError(
      `tile: repeats must hold a non-negative integer per axis of ${showShape(x.shape)}, got ${show(repeats)}`,
    );
  }
  const shape = [...x.shape];
  checkShape(
    "tile",
    shape.map((length, axis) => length * (repeats[axis] as number)),
  );
  let out = unchanged(x);
  repeats.forEach((count, axis) => {
    if (count === 1) return;
    const [before, after] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
    const repeated = broadcastTo(reshape(out, [before, 1, after]), [before, count, after]);
    shape[axis] = count * (shape[axis] as number);
    out = reshape(repeated, shape);
  });
  return out;
}
