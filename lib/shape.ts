/** Shapes: how many elements along each axis, and the rules that combine them. */

import { OptionError, ShapeError, show } from "./errors.js";

/** Elements along each axis, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Tensors have at most this many axes. */
export const MAX_RANK = 8;

/** Tensors have at most this many elements, so that an element index fits an int32. */
export const MAX_SIZE = 2 ** 31 - 1;

/** Number of elements: the product of the shape, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i] as number;
  return size;
}

/**
 * The product of the lengths with those of empty axes left out: no product of some of them, which machines compute on their way,
 * is larger.
 */
export function largestSizeOf(shape: Shape): number {
  return sizeOf(shape.filter((length) => length !== 0));
}

/** `[2, 3]` as it appears in messages. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Checks a shape given by a caller, and copies it: what the caller does to the array later changes no tensor.
 *
 * @throws {ShapeError} unless it has at most 8 axes of non-negative integers and 2³¹ − 1 elements, those of empty axes not counted.
 */
export function checkShape(op: string, shape: unknown): Shape {
  if (!Array.isArray(shape)) throw new ShapeError(`${op}: shape must be an array of integers, got ${show(shape)}`);
  if (shape.length > MAX_RANK) {
    throw new ShapeError(`${op}: more than ${MAX_RANK} axes: ${show(shape)}`);
  }
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0) {
      throw new ShapeError(`${op}: shape must hold non-negative integers, got ${show(shape)}`);
    }
  }
  const size = largestSizeOf(shape);
  if (size > MAX_SIZE) throw new ShapeError(`${op}: too many elements: ${showShape(shape)} (${size} > 2³¹ − 1)`);
  return [...shape];
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] as number;
  }
  return strides;
}

/**
 * The shape two shapes broadcast to: aligned at the last axis, lengths equal or 1 (NumPy's rule).
 *
 * @throws {ShapeError} when an axis differs and neither length is 1.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(`${op}: shapes do not broadcast: ${showShape(a)} and ${showShape(b)} (${x} ≠ ${y})`);
    }
    out[rank - i] = x === 1 ? y : x;
  }
  return checkShape(op, out);
}

/**
 * An axis given by a caller as a non-negative index; negative axes count from the end.
 *
 * @throws {OptionError} unless it is an integer in `[-rank, rank)`.
 */
export function normalizeAxis(op: string, axis: unknown, rank: number): number {
  if (typeof axis !== "number" || !Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new OptionError(`${op}: axis must be an integer in [${-rank}, ${rank}), got ${show(axis)}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/**
 * Axes given by a caller as ascending, distinct, non-negative indices; absent means every axis.
 *
 * @throws {OptionError} when one is out of range or named twice.
 */
export function normalizeAxes(op: string, axes: unknown, rank: number): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = Array.isArray(axes) ? axes : [axes];
  const normal = list.map((axis) => normalizeAxis(op, axis, rank)).sort((a, b) => a - b);
  for (let i = 1; i < normal.length; i++) {
    if (normal[i] === normal[i - 1]) throw new OptionError(`${op}: axis named twice: ${show(list)}`);
  }
  return normal;
}
