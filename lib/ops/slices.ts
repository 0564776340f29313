/** Parts of tensors, and tensors put together from parts. A part is a view, the whole is copied. Any dtype. */

import { checkOptions, IndexError, OptionError, ShapeError, show } from "../errors.js";
import { type AssembleDeclaration, defineOp, type ViewDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { checkShape, MAX_SIZE, normalizeAxes, normalizeAxis, type Shape, sameShape, showShape } from "../shape.js";
import { contiguousView, sliceView } from "../view.js";
import { expandDims, reshape, unchanged } from "./movement.js";
import { checkNumber, checkSameDType, checkTensor, first } from "./operands.js";

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
