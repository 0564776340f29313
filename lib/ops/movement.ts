/**
 * Operations that move elements without computing. Those that can be expressed by strides are views and cost
 * nothing in a Program; the others copy. Any dtype.
 */

import { checkOptions, IndexError, OptionError, ShapeError, show } from "../errors.js";
import { type AssembleDeclaration, defineOp, type ViewDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import {
  broadcastShapes,
  checkShape,
  MAX_SIZE,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from "../shape.js";
import { broadcastView, contiguousView, permuteView, reshapeView, sliceView } from "../view.js";
import { checkNumber, checkSameDType, checkTensor } from "./operands.js";
import { sum } from "./reduce.js";

const first = (node: Tensor) => node.inputs[0] as Tensor;

// ── identity ────────────────────────────────────────────────────────────────────────────────────────────────

const aliasOp = defineOp<Record<string, never>, ViewDeclaration<Record<string, never>>>({
  name: "alias",
  kind: "view",
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
  if (unknown < 0) return shape;
  const rest = shape.reduce((product, length, i) => (i === unknown ? product : product * length), 1);
  if (shape.indexOf(-1, unknown + 1) >= 0 || rest === 0 || x.size % rest !== 0) {
    throw new ShapeError(`reshape: cannot infer −1: ${showShape(x.shape)} to ${showShape(shape)}`);
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

// ── slices and their inverse ────────────────────────────────────────────────────────────────────────────────

interface SliceAttributes extends Record<string, readonly number[]> {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly shape: Shape;
}

const sliceOp = defineOp<SliceAttributes, ViewDeclaration<SliceAttributes>>({
  name: "slice",
  kind: "view",
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  vjp: [
    (t, n) => {
      const { starts, steps } = n.attributes as SliceAttributes;
      return place(t, starts, steps, first(n).shape, 0);
    },
  ],
  jvp: "linear",
  view(operand, node) {
    const { starts, steps, shape } = node.attributes as SliceAttributes;
    return sliceView(operand, starts, steps, shape);
  },
});

/** Which elements of one axis: all (null), one (the axis goes), or from start to stop in steps. */
export type Range = null | number | readonly [start?: number | null, stop?: number | null, step?: number | null];

/**
 * Part of a tensor, as in NumPy: one range per axis, missing ones mean all. Negative positions count from the
 * end, positions beyond the ends are moved to them, a negative step walks backwards.
 *
 * `slice(x, [[1, 5], null, [null, null, -1], 0])` is `x[1:5, :, ::-1, 0]`.
 *
 * @throws {IndexError} when a single position is outside its axis.
 */
export function slice(x: Tensor, ranges: readonly Range[]): Tensor {
  checkTensor("slice", x);
  if (!Array.isArray(ranges) || ranges.length > x.rank) {
    throw new OptionError(`slice: needs an array of at most ${x.rank} ranges, got ${show(ranges)}`);
  }
  const picked = x.shape.map((length, axis) => resolveRange(ranges[axis] ?? null, length, axis));
  const shape = picked.map(({ count }) => count);
  const whole = picked.every(({ start, step }, axis) => start === 0 && step === 1 && shape[axis] === x.shape[axis]);
  const starts = picked.map(({ start }) => start);
  const steps = picked.map(({ step }) => step);
  const part = whole ? x : apply(sliceOp, [x], { starts, steps, shape });
  return reshape(
    part,
    shape.filter((_, axis) => typeof (ranges[axis] ?? null) !== "number"),
  );
}

function resolveRange(range: Range, length: number, axis: number): { start: number; step: number; count: number } {
  if (range === null) return { start: 0, step: 1, count: length };
  if (typeof range === "number") {
    if (!Number.isInteger(range) || range < -length || range >= length) {
      throw new IndexError(`slice: position ${range} is outside axis ${axis} of length ${length}`);
    }
    return { start: range < 0 ? range + length : range, step: 1, count: 1 };
  }
  const valid = Array.isArray(range) && range.length <= 3 && range.every((v) => v == null || Number.isInteger(v));
  const step = valid ? (range[2] ?? 1) : 0;
  if (!valid || step === 0) {
    throw new OptionError(
      `slice: range of axis ${axis} must be [start, stop, step] of integers, step ≠ 0, got ${show(range)}`,
    );
  }
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const limit = (position: number) => Math.min(Math.max(position < 0 ? position + length : position, low), high);
  const start = range[0] == null ? (step > 0 ? low : high) : limit(range[0]);
  const stop = range[1] == null ? (step > 0 ? high : low) : limit(range[1]);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return { start: count === 0 ? 0 : start, step, count };
}

/** The elements along the given axes (all by default) in reverse order. */
export function flip(x: Tensor, options: { axes?: number | readonly number[] } = {}): Tensor {
  checkTensor("flip", x);
  checkOptions("flip", options, ["axes"]);
  const axes = normalizeAxes("flip", options.axes, x.rank);
  return slice(
    x,
    x.shape.map((_, axis) => (axes.includes(axis) ? [null, null, -1] : null)),
  );
}

interface PlaceAttributes extends Record<string, readonly number[] | number> {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly shape: Shape;
  readonly value: number;
}

const placeOp = defineOp<PlaceAttributes, AssembleDeclaration<PlaceAttributes>>({
  name: "pad",
  kind: "assemble",
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  vjp: [
    (t, n) => {
      const { starts, steps } = n.attributes as PlaceAttributes;
      return apply(sliceOp, [t], { starts, steps, shape: first(n).shape });
    },
  ],
  jvp: [
    (t, n) => {
      const { starts, steps, shape } = n.attributes as PlaceAttributes;
      return place(t, starts, steps, shape, 0);
    },
  ],
  part(node) {
    const { starts, steps } = node.attributes as PlaceAttributes;
    return sliceView(contiguousView(node.shape), starts, steps, first(node).shape);
  },
  background: (node) => (node.attributes as PlaceAttributes).value,
});

/** x at every `steps`-th position from `starts` in a tensor of `shape` that is `value` elsewhere. */
function place(x: Tensor, starts: readonly number[], steps: readonly number[], shape: Shape, value: number): Tensor {
  return apply(placeOp, [x], { starts, steps, shape, value });
}

/**
 * x with `padding[i] = [before, after]` elements of `value` (default 0) added along each axis.
 *
 * @throws {OptionError} unless there is a pair of non-negative integers per axis.
 * @throws {DTypeError} when the value is not one of x's dtype.
 */
export function pad(
  x: Tensor,
  padding: readonly (readonly [number, number])[],
  options: { value?: number } = {},
): Tensor {
  checkTensor("pad", x);
  checkOptions("pad", options, ["value"]);
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0);
  if (!Array.isArray(padding) || padding.length !== x.rank || !padding.every(isPair)) {
    throw new OptionError(
      `pad: padding must hold a pair of non-negative integers per axis of ${showShape(x.shape)}, got ${show(padding)}`,
    );
  }
  const { value = 0 } = options;
  if (typeof value !== "number") throw new OptionError(`pad: option "value" must be a number, got ${show(value)}`);
  checkNumber("pad", value, x.dtype);
  if (padding.every(([before, after]) => before === 0 && after === 0)) return unchanged(x);
  const shape = x.shape.map((length, i) => length + (padding[i]?.[0] as number) + (padding[i]?.[1] as number));
  const starts = padding.map(([before]) => before);
  return place(
    x,
    starts,
    starts.map(() => 1),
    checkShape("pad", shape),
    value,
  );
}

// ── joining and splitting ───────────────────────────────────────────────────────────────────────────────────

const concatOp = defineOp<{ axis: number }, AssembleDeclaration<{ axis: number }>>({
  name: "concat",
  kind: "assemble",
  infer(inputs, { axis }) {
    const { shape, dtype } = inputs[0] as Tensor;
    let total = 0;
    for (const input of inputs) {
      const fits = input.rank === shape.length && input.shape.every((length, i) => i === axis || length === shape[i]);
      if (!fits) {
        throw new ShapeError(
          `concat: shapes differ beside axis ${axis}: ${inputs.map((t) => showShape(t.shape)).join(", ")}`,
        );
      }
      total += input.shape[axis] as number;
    }
    return {
      shape: checkShape(
        "concat",
        shape.map((length, i) => (i === axis ? total : length)),
      ),
      dtype,
    };
  },
  vjp: (t, n, i) => slice(t, rangeOfPart(n, i)),
  jvp: (t, n, i) => {
    const range = rangeOfPart(n, i);
    const starts = range.map((r) => r?.[0] ?? 0);
    return place(
      t,
      starts,
      starts.map(() => 1),
      n.shape,
      0,
    );
  },
  part(node, i) {
    const starts = rangeOfPart(node, i).map((r) => r?.[0] ?? 0);
    return sliceView(
      contiguousView(node.shape),
      starts,
      starts.map(() => 1),
      (node.inputs[i] as Tensor).shape,
    );
  },
  background: () => undefined,
});

/** Where operand `i` of a concat lies in the result. */
function rangeOfPart(node: Tensor, i: number): (readonly [number, number] | null)[] {
  const axis = node.attributes.axis as number;
  let start = 0;
  for (let k = 0; k < i; k++) start += (node.inputs[k] as Tensor).shape[axis] as number;
  const stop = start + ((node.inputs[i] as Tensor).shape[axis] as number);
  return node.shape.map((_, a) => (a === axis ? [start, stop] : null));
}

/**
 * Tensors one behind the other along an axis (default 0); other axes and dtypes agree.
 *
 * @throws {ShapeError} when they do not fit.
 */
export function concat(tensors: readonly Tensor[], options: { axis?: number } = {}): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new OptionError(`concat: needs a non-empty array of tensors, got ${show(tensors)}`);
  }
  for (const tensor of tensors) checkTensor("concat", tensor);
  checkOptions("concat", options, ["axis"]);
  checkSameDType("concat", tensors);
  const axis = normalizeAxis("concat", options.axis ?? 0, (tensors[0] as Tensor).rank);
  return tensors.length === 1 ? unchanged(tensors[0] as Tensor) : apply(concatOp, tensors, { axis });
}

/**
 * Tensors of one shape along a new axis (default 0).
 *
 * @throws {ShapeError} when their shapes differ.
 */
export function stack(tensors: readonly Tensor[], options: { axis?: number } = {}): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new OptionError(`stack: needs a non-empty array of tensors, got ${show(tensors)}`);
  }
  for (const tensor of tensors) checkTensor("stack", tensor);
  checkOptions("stack", options, ["axis"]);
  checkSameDType("stack", tensors);
  const { shape, rank } = tensors[0] as Tensor;
  if (!tensors.every((tensor) => sameShape(tensor.shape, shape))) {
    throw new ShapeError(`stack: shapes differ: ${tensors.map((tensor) => showShape(tensor.shape)).join(", ")}`);
  }
  const axis = normalizeAxis("stack", options.axis ?? 0, rank + 1);
  checkShape("stack", [...shape, tensors.length]);
  return concat(
    tensors.map((tensor) => expandDims(tensor, axis)),
    { axis },
  );
}

/**
 * Cuts an axis (default 0) into parts: that many equal ones, or of the given lengths.
 *
 * @throws {OptionError} when the parts do not add up to the axis.
 */
export function split(x: Tensor, parts: number | readonly number[], options: { axis?: number } = {}): Tensor[] {
  checkTensor("split", x);
  checkOptions("split", options, ["axis"]);
  const axis = normalizeAxis("split", options.axis ?? 0, x.rank);
  const length = x.shape[axis] as number;
  const lengths = typeof parts === "number" ? equalParts(length, parts) : parts;
  const valid = Array.isArray(lengths) && lengths.every((n) => Number.isInteger(n) && n >= 0);
  if (!valid || lengths.reduce((a, b) => a + b, 0) !== length) {
    throw new OptionError(
      `split: parts must add up to ${length} along axis ${axis} of ${showShape(x.shape)}, got ${show(parts)}`,
    );
  }
  let start = 0;
  return lengths.map((n) => {
    const stop = start + n;
    const ranges = x.shape.map((_, i): Range => (i === axis ? [start, stop] : null));
    start = stop;
    return slice(x, ranges);
  });
}

/** The lengths of `count` equal parts; undefined where there are none. */
function equalParts(length: number, count: number): number[] | undefined {
  const isCount = Number.isInteger(count) && count > 0 && count <= MAX_SIZE;
  return isCount && length % count === 0 ? new Array<number>(count).fill(length / count) : undefined;
}
