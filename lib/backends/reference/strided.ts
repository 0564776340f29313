/** Views as memory sees them: walking strided elements in row-major order, packing and unpacking them. */

import { allocate, type TypedArray } from "../../dtype.js";
import type { ProgramView } from "../../program/reader.js";
import { sizeOf } from "../../shape.js";
import type { Memory } from "./kernel.js";

/** The layout of a view with as few axes as it can have, at least one. */
export interface Strided {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Drops axes of length 1 and merges axes that lie one behind the other; the row-major order stays. */
export function collapse({ offset, shape, strides }: Strided): Strided {
  const lengths: number[] = [];
  const steps: number[] = [];
  shape.forEach((length, axis) => {
    const stride = strides[axis] as number;
    const last = lengths.length - 1;
    if (length === 1) return;
    if (last >= 0 && steps[last] === stride * length) {
      lengths[last] = (lengths[last] as number) * length;
      steps[last] = stride;
    } else {
      lengths.push(length);
      steps.push(stride);
    }
  });
  if (lengths.length === 0) return { offset, shape: [1], strides: [1] };
  return { offset, shape: lengths, strides: steps };
}

/**
 * Visits `count` elements of a collapsed layout from the row-major position `start` on, in runs along the last
 * axis: elements `from` to `to` (counted from `start`) lie at `at`, `at + stride`, ….
 */
export function walk(
  { offset, shape, strides }: Strided,
  start: number,
  count: number,
  visit: (at: number, stride: number, from: number, to: number) => void,
): void {
  const last = shape.length - 1;
  const length = shape[last] as number;
  const stride = strides[last] as number;
  const coordinates = new Array<number>(last);
  let column = start % length;
  let row = offset;
  for (let rest = Math.floor(start / length), axis = last - 1; axis >= 0; axis--) {
    const along = shape[axis] as number;
    coordinates[axis] = rest % along;
    rest = Math.floor(rest / along);
    row += (coordinates[axis] as number) * (strides[axis] as number);
  }
  for (let from = 0; from < count; ) {
    const to = Math.min(count, from + length - column);
    visit(row + column * stride, stride, from, to);
    from = to;
    column = 0;
    // Step to the next row like an odometer.
    for (let axis = last - 1; axis >= 0; axis--) {
      const next = (coordinates[axis] as number) + 1;
      row += strides[axis] as number;
      if (next < (shape[axis] as number)) {
        coordinates[axis] = next;
        break;
      }
      row -= next * (strides[axis] as number);
      coordinates[axis] = 0;
    }
  }
}

/** From this many elements on, `set` outweighs the cost of making the array it takes. */
const LONG_RUN = 64;

/** Copies elements `start` to `start + count` of a layout on `data` to the beginning of `out`. */
export function readBlock(data: TypedArray, layout: Strided, start: number, count: number, out: TypedArray): void {
  walk(layout, start, count, (at, stride, from, to) => {
    if (stride === 1 && to - from >= LONG_RUN) out.set(data.subarray(at, at + to - from), from);
    else for (let i = from; i < to; i++, at += stride) out[i] = data[at] as number;
  });
}

/** Copies the beginning of `values` to elements `start` to `start + count` of a layout on `data`. */
export function writeBlock(data: TypedArray, layout: Strided, start: number, count: number, values: TypedArray): void {
  walk(layout, start, count, (at, stride, from, to) => {
    if (stride === 1 && to - from >= LONG_RUN) data.set(values.subarray(from, to), at);
    else for (let i = from; i < to; i++, at += stride) data[at] = values[i] as number;
  });
}

/** A view that a kernel reads or writes as a whole, in row-major order. */
export class Operand {
  readonly size: number;
  readonly #view: ProgramView;
  readonly #layout: Strided;

  constructor(view: ProgramView) {
    this.size = sizeOf(view.shape);
    this.#view = view;
    this.#layout = collapse(view);
  }

  /** The elements, contiguous: memory of the buffer itself where it can be, so only to be read. */
  read({ arrays }: Memory): TypedArray {
    const data = arrays[this.#view.buffer.index] as TypedArray;
    const { offset } = this.#layout;
    if (this.#isContiguous) return data.subarray(offset, offset + this.size);
    const packed = allocate(this.#view.buffer.dtype, this.size);
    readBlock(data, this.#layout, 0, this.size, packed);
    return packed;
  }

  /** The elements as float64, contiguous, only to be read. */
  readDoubles(memory: Memory): Float64Array {
    const data = this.read(memory);
    return data instanceof Float64Array ? data : new Float64Array(data);
  }

  /** Writes all elements from contiguous ones, rounding them to the dtype of the view. */
  write({ arrays }: Memory, values: TypedArray): void {
    const data = arrays[this.#view.buffer.index] as TypedArray;
    if (this.#isContiguous) data.set(values, this.#layout.offset);
    else writeBlock(data, this.#layout, 0, this.size, values);
  }

  get #isContiguous(): boolean {
    return this.size === 0 || (this.#layout.shape.length === 1 && this.#layout.strides[0] === 1);
  }
}
