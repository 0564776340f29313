/**
 * Receptive fields, read off the graph: how much of the input an element of a node depends on.
 *
 * Along one axis of the input, an element at position p of some axis of a node sees `size` neighbours from `start` + p·step
 * on. Windows of extent k and stride s make that size + (k − 1)·step and step·s: the general form of 1 + L·(K − 1) for L
 * layers of windows of K. A sum over the axis sees everything, and what is computed from several positions, as the states
 * of recurrent networks, all from the first to the last of them.
 *
 * See A. Araujo, W. Norris, J. Sim, "Computing receptive fields of convolutional neural networks", 2019.
 */

import type { Tensor } from "../graph/tensor.js";
import { type Shape, sizeOf } from "../shape.js";

/** What the elements of a node see of one axis of the input. */
interface Reach {
  /** The axis of the node along which what they see moves; undefined where all see the same. */
  readonly axis: number | undefined;
  /** Where the axis lies as a part of a longer one: behind so many elements, and so long. */
  readonly merged?: { readonly before: number; readonly length: number };
  /** The first that position 0 of the axis sees; NaN where elements differ in it, or it cannot be told. */
  readonly start: number;
  /** How many neighbours an element sees, those in the padding included; NaN where it cannot be told. */
  readonly size: number;
  /** How far what it sees moves from one element to the next. */
  readonly step: number;
}

const UNKNOWN: Reach = { axis: undefined, start: Number.NaN, size: Number.NaN, step: Number.NaN };

/** Receptive fields of nodes with respect to one input. */
export class ReceptiveFields {
  private readonly input: Tensor;
  /** Per node, what it sees of each axis of the input but the first, the examples'; absent: nothing. */
  private readonly reaches = new Map<Tensor, readonly Reach[]>();
  /** The axes of the input over which windows have moved, or along which positions have met. */
  private readonly spatial = new Set<number>();

  constructor(input: Tensor) {
    this.input = input;
    const axes = input.shape.slice(1).map((_, i) => i + 1);
    this.reaches.set(
      input,
      axes.map((axis) => ({ axis, start: 0, size: 1, step: 1 })),
    );
  }

  /** Takes note of a node; those it is computed from must have been added before. */
  add(node: Tensor): void {
    const operands = node.inputs.map((operand) => this.reaches.get(operand));
    if (this.reaches.has(node) || operands.every((reaches) => reaches === undefined)) return;
    const found = this.input.shape.slice(1).map((length, i) => {
      const seen = operands.map((reaches, operand) => {
        const reach = reaches?.[i];
        return reach === undefined ? undefined : this.through(node, operand, reach, length, i);
      });
      const reaches = seen.filter((reach) => reach !== undefined);
      const together = node.op.kind === "assemble" ? eitherOf(reaches) : unionOf(reaches, length);
      if (mixesPositions(together, reaches)) this.spatial.add(i);
      return together;
    });
    this.reaches.set(node, found);
  }

  /**
   * The receptive field of a node along the axes of the input over which windows move or positions meet: `[h, w]` for images,
   * `[steps]` for sequences. Undefined where there are none, or it cannot be told.
   */
  of(node: Tensor): readonly number[] | undefined {
    const sizes = this.reaches.get(node)?.flatMap(({ size }, i) => (this.spatial.has(i) ? [size] : []));
    return sizes === undefined || sizes.length === 0 || sizes.some(Number.isNaN) ? undefined : sizes;
  }

  /** What `node` sees by way of one operand, which itself sees `reach` of an axis of the input. */
  private through(node: Tensor, operand: number, reach: Reach, length: number, i: number): Reach {
    const { op } = node;
    const all: Reach = { axis: undefined, start: 0, size: length, step: 0 };
    const from = node.inputs[operand] as Tensor;
    /** After a sum over some axes of the operand. */
    const summed = (...axes: number[]) => {
      const { axis } = reach;
      return axis !== undefined && axes.includes(axis) && (from.shape[axis] as number) > 1 ? all : reach;
    };
    switch (op.kind) {
      case "map":
        return reach;
      case "view":
        return viewed(node, from, reach);
      case "assemble":
        return assembled(node, reach);
      case "reduce":
        return summed(...(node.attributes.axes as number[]));
      case "contract":
        if (operand > 0 && reach.merged !== undefined) return UNKNOWN;
        return summed(from.rank - (operand === 0 ? 1 : 2));
      case "softmax":
        return operand === 0 && node.inputs.length === 1 ? summed(node.attributes.axis as number) : UNKNOWN;
      case "index": // picks along an axis of the first operand
        return node.inputs.length === 2 && (operand > 0 || reach.axis !== node.attributes.axis) ? reach : UNKNOWN;
      case "window": {
        const windows = operand === 0 ? windowsOf(node) : undefined;
        if (windows === undefined) return UNKNOWN;
        if (reach.axis === undefined) return reach;
        if (reach.merged !== undefined) return UNKNOWN;
        if (windows.channels === reach.axis) return summed(reach.axis);
        const direction = windows.axes.indexOf(reach.axis);
        if (direction < 0) return reach;
        this.spatial.add(i);
        const { start, size, step } = reach;
        const [extent, stride] = [windows.extents[direction] as number, windows.strides[direction] as number];
        const first = start - (windows.before[direction] as number) * step;
        const span = (extent - 1) * step; // negative where the axis has been turned round
        return { ...reach, start: first + Math.min(span, 0), size: size + Math.abs(span), step: step * stride };
      }
      default:
        return UNKNOWN;
    }
  }
}

/** What an element sees that sees all of these. */
function unionOf(reaches: readonly Reach[], length: number): Reach {
  return reaches.reduce((a, b) => {
    const whole = [a, b].filter(({ axis, size }) => axis === undefined && size >= length);
    if (whole.length > 0) return whole.reduce((one, other) => (other.size > one.size ? other : one));
    if (!isAlongside(a, b)) return UNKNOWN;
    const start = Math.min(a.start, b.start);
    const hull = Math.max(a.start + a.size, b.start + b.size) - start;
    // Where a transposed convolution begins is not told; what it is added to lies under it.
    const size = Number.isNaN(hull) && a.axis !== undefined ? Math.max(a.size, b.size) : hull;
    return { ...b, start, size };
  });
}

/** What an element sees at most that sees one of these. */
function eitherOf(reaches: readonly Reach[]): Reach {
  return reaches.reduce((a, b) => {
    if (!isAlongside(a, b)) return UNKNOWN;
    return { ...b, start: a.start === b.start ? a.start : Number.NaN, size: Math.max(a.size, b.size) };
  });
}

/** Whether what elements see moves along the same axis at the same pace, or not at all. */
function isAlongside(a: Reach, b: Reach): boolean {
  return a.axis === b.axis && (a.axis === undefined || a.step === b.step);
}

/** Whether an element sees more than any of what it is computed from: positions of its operands have met in it. */
function mixesPositions(together: Reach, reaches: readonly Reach[]): boolean {
  const isPair = reaches.some(
    ({ axis }) => axis !== undefined && reaches.some((other) => (other.axis ?? axis) !== axis),
  );
  return isPair || together.size > Math.max(...reaches.map(({ size }) => size));
}

/** Operands put where they belong in a larger tensor. */
function assembled({ attributes }: Tensor, reach: Reach): Reach {
  const { axis, start, step } = reach;
  const { starts, steps } = attributes as { readonly starts?: readonly number[]; readonly steps?: readonly number[] };
  if (reach.merged !== undefined || steps?.some((one) => one !== 1)) return UNKNOWN;
  if (axis === undefined) return reach;
  if (starts !== undefined) return { ...reach, start: start - (starts[axis] as number) * step };
  return axis === attributes.axis ? { ...reach, start: Number.NaN } : reach;
}

/** Elements moved, or left out. */
function viewed(node: Tensor, from: Tensor, reach: Reach): Reach {
  const { op, attributes, shape } = node;
  const { axis } = reach;
  if (axis === undefined || op.kind !== "view") return reach;
  if (op.keepsOrder) return reshaped(node, from.shape, { ...reach, axis });
  if (reach.merged !== undefined) return UNKNOWN;
  if (op.axes !== undefined) return { ...reach, axis: op.axes(attributes).indexOf(axis) };
  const { starts, steps } = attributes as { readonly starts?: readonly number[]; readonly steps?: readonly number[] };
  if (starts !== undefined && steps !== undefined) {
    const start = reach.start + (starts[axis] as number) * reach.step;
    return { ...reach, start, step: reach.step * (steps[axis] as number) };
  }
  return { ...reach, axis: axis + shape.length - from.rank }; // stretched to a larger shape
}

/** An axis under another shape: the same one, part of a longer one, or gone because its length is 1. */
function reshaped(node: Tensor, from: Shape, { merged, ...reach }: Reach & { readonly axis: number }): Reach {
  const to = node.shape;
  const { before, length } = merged ?? {
    before: sizeOf(from.slice(0, reach.axis)),
    length: from[reach.axis] as number,
  };
  const starts = to.map((_, i) => sizeOf(to.slice(0, i)));
  const same = to.findIndex((n, i) => n === length && starts[i] === before && (length > 1 || i === reach.axis));
  if (same >= 0) return { ...reach, axis: same };
  if (length === 1) return { ...reach, axis: undefined };
  const around = to.findIndex((n, i) => n > 1 && (starts[i] as number) <= before && before < (starts[i] as number) * n);
  const contains = around >= 0 && (starts[around] as number) * (to[around] as number) >= before * length;
  return contains ? { ...reach, axis: around, merged: { before, length } } : UNKNOWN;
}

/** Where the windows of a node move, and how; undefined for what is no convolution or pooling. */
function windowsOf({ op, attributes, inputs }: Tensor) {
  if (op.kind !== "window") return undefined;
  const isLast = attributes.layout === "NHWC";
  const axes = isLast ? [1, 2] : [2, 3];
  const [top, , left] = attributes.padding as readonly number[];
  const before = [top, left];
  const strides = attributes.strides as readonly number[];
  if (op.opcode === "pool") {
    return { axes, strides, before, extents: attributes.kernel as readonly number[], channels: undefined };
  }
  const dilations = attributes.dilations as readonly number[];
  const extents = (inputs[1] as Tensor).shape.slice(2).map((k, i) => (k - 1) * (dilations[i] as number) + 1);
  const channels = isLast ? 3 : 1;
  if (op.opcode === "conv2d") return { axes, strides, before, extents, channels };
  if (op.opcode !== "conv2dGradInput") return undefined;
  // Each input is spread over a window: an output sees those whose windows reach it, 1/stride of them.
  const seen = extents.map((extent, i) => Math.ceil(extent / (strides[i] as number)));
  const unknown = [Number.NaN, Number.NaN];
  return { axes, strides: strides.map((stride) => 1 / stride), before: unknown, extents: seen, channels };
}
