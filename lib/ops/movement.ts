/** The same elements under other axes: views, which cost nothing in a Program where strides can express them. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { defineOp, type ViewDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { checkShape, normalizeAxes, normalizeAxis, type Shape, sameShape, showShape, sizeOf } from "../shape.js";
import { permuteView, reshapeView } from "../view.js";
import { checkTensor, first } from "./operands.js";

// ── identity ────────────────────────────────────────────────────────────────────────────────────────────────

const aliasOp = defineOp<Record<string, never>, ViewDeclaration<Record<string, never>>>({
  name: "alias",
  kind: "view",
  keepsOrder: true,
  infer: ([x]) => ({ shape: (x as Tensor).shape, dtype: (x as Tensor).dtype }),
  vjp: [(t) => t],
  jvp: [(t) => t],
  view: (operand) => operand,
});

/** A new node with the values of x: a point to differentiate at, apart from other uses of x. */
export function alias(x: Tensor): Tensor {
  return apply(aliasOp, [x], {});
}

/** What an operation that has nothing to do returns: x, or of a variable the value it has now. */
export function unchanged(x: Tensor): Tensor {
  return x.resolve() === x ? x : alias(x);
}

const stopGradientOp = defineOp<Record<string, never>, ViewDeclaration<Record<string, never>>>({
  ...aliasOp,
  name: "stopGradient",
  vjp: [null],
  jvp: [null],
});

/** The values of x as a constant: no derivative flows through. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [checkTensor("stopGradient", x)], {});
}

// ── shape ───────────────────────────────────────────────────────────────────────────────────────────────────

const reshapeOp = defineOp<{ shape: Shape }, ViewDeclaration<{ shape: Shape }>>({
  name: "reshape",
  kind: "view",
  keepsOrder: true,
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  vjp: [(t, n) => reshape(t, first(n).shape)],
  jvp: "linear",
  view: (operand, node) => reshapeView(operand, node.shape),
});

/**
 * The elements in row-major order under another shape of the same size. One length may be −1: it is inferred.
 *
 * @throws {ShapeError} when the sizes differ.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor("reshape", x);
  const full = checkShape("reshape", Array.isArray(shape) ? inferLength(x, shape) : shape);
  if (sizeOf(full) !== x.size) {
    throw new ShapeError(
      `reshape: sizes differ: ${showShape(x.shape)} to ${showShape(shape)} (${x.size} ≠ ${sizeOf(full)})`,
    );
  }
  return sameShape(full, x.shape) ? unchanged(x) : apply(reshapeOp, [x], { shape: full });
}

function inferLength(x: Tensor, shape: Shape): Shape {
  const unknown = shape.indexOf(-1);
  if (unknown < 0 || !shape.every(Number.isInteger)) return shape;
  const rest = shape.reduce((product, length, i) => (i === unknown ? product : product * length), 1);
  if (shape.indexOf(-1, unknown + 1) >= 0 || rest === 0 || x.size % rest !== 0) {
    throw new ShapeError(`reshape: cannot infer −1: ${showShape(x.shape)} to ${show(shape)}`);
  }
  return shape.map((length, i) => (i === unknown ? x.size / rest : length));
}

/** All axes from `startAxis` on as one: `[n, c, h, w]` → `[n, c·h·w]` by default. */
export function flatten(x: Tensor, options: { startAxis?: number } = {}): Tensor {
  checkTensor("flatten", x);
  checkOptions("flatten", options, ["startAxis"]);
  const start = x.rank === 0 ? 0 : normalizeAxis("flatten", options.startAxis ?? Math.min(1, x.rank - 1), x.rank);
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start))]);
}

/** A new axis of length 1 at position `axis` of the result. */
export function expandDims(x: Tensor, axis: number): Tensor {
  checkTensor("expandDims", x);
  const at = normalizeAxis("expandDims", axis, x.rank + 1);
  return reshape(x, checkShape("expandDims", [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]));
}

/**
 * Without the given axes of length 1, or without all of them.
 *
 * @throws {ShapeError} when a given axis is longer than 1.
 */
export function squeeze(x: Tensor, options: { axes?: number | readonly number[] } = {}): Tensor {
  checkTensor("squeeze", x);
  checkOptions("squeeze", options, ["axes"]);
  const ones = x.shape.flatMap((length, axis) => (length === 1 ? [axis] : []));
  const axes = options.axes === undefined ? ones : normalizeAxes("squeeze", options.axes, x.rank);
  for (const axis of axes) {
    if (x.shape[axis] !== 1) throw new ShapeError(`squeeze: axis ${axis} is not of length 1: ${showShape(x.shape)}`);
  }
  return reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

const transposeOp = defineOp<{ axes: readonly number[] }, ViewDeclaration<{ axes: readonly number[] }>>({
  name: "transpose",
  kind: "view",
  infer: ([x], { axes }) => ({
    shape: axes.map((axis) => (x as Tensor).shape[axis] as number),
    dtype: (x as Tensor).dtype,
  }),
  vjp: [(t, n) => transpose(t, inversePermutation(n.attributes.axes as readonly number[]))],
  jvp: "linear",
  view: (operand, node) => permuteView(operand, node.attributes.axes as readonly number[]),
  axes: ({ axes }) => axes,
});

function inversePermutation(axes: readonly number[]): number[] {
  const inverse = new Array<number>(axes.length);
  axes.forEach((axis, i) => {
    inverse[axis] = i;
  });
  return inverse;
}

/**
 * Axes in another order: axis `i` of the result is axis `axes[i]` of x. By default the last two are swapped
 * (a matrix transpose, also of a batch).
 *
 * @throws {OptionError} unless `axes` names every axis once.
 */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  checkTensor("transpose", x);
  const rank = x.rank;
  if (axes === undefined) {
    if (rank < 2) throw new ShapeError(`transpose: needs at least 2 axes, got ${showShape(x.shape)}`);
    return transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
  }
  if (!Array.isArray(axes) || axes.length !== rank) {
    throw new OptionError(`transpose: axes must name each of ${rank} axes once, got ${show(axes)}`);
  }
  const order = axes.map((axis) => normalizeAxis("transpose", axis, rank));
  if (new Set(order).size !== rank) {
    throw new OptionError(`transpose: axes must name each of ${rank} axes once, got ${show(axes)}`);
  }
  return order.every((axis, i) => axis === i) ? unchanged(x) : apply(transposeOp, [x], { axes: order });
}
