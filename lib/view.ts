/** Strided views: how axes map to positions in a buffer. Moving axes around costs no copy. */

import { contiguousStrides, type Shape, sizeOf } from "./shape.js";

/** Element `[i, j, …]` lies at `offset + i·strides[0] + j·strides[1] + …`; strides may be 0 or negative. */
export interface View {
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** The row-major view of a whole buffer. */
export function contiguousView(shape: Shape): View {
  return { offset: 0, shape, strides: contiguousStrides(shape) };
}

/** Whether the elements lie one behind the other in row-major order (axes of length 1 do not matter). */
export function isContiguous(view: View): boolean {
  let step = 1;
  for (let i = view.shape.length - 1; i >= 0; i--) {
    const length = view.shape[i] as number;
    if (length !== 1 && view.strides[i] !== step) return false;
    step *= length;
  }
  return true;
}

/** Axis `i` of the result is axis `axes[i]` of the view. */
export function permuteView(view: View, axes: readonly number[]): View {
  return {
    offset: view.offset,
    shape: axes.map((axis) => view.shape[axis] as number),
    strides: axes.map((axis) => view.strides[axis] as number),
  };
}

/** Stretches axes of length 1, and adds leading axes, by strides of 0. */
export function broadcastView(view: View, shape: Shape): View {
  const added = shape.length - view.shape.length;
  const strides = shape.map((length, i) =>
    i < added || (view.shape[i - added] === 1 && length !== 1) ? 0 : (view.strides[i - added] as number),
  );
  return { offset: view.offset, shape, strides };
}

/** Elements `start, start + step, …` of each axis, as many as `shape` says; steps may be negative. */
export function sliceView(view: View, starts: readonly number[], steps: readonly number[], shape: Shape): View {
  let offset = view.offset;
  const strides = view.strides.map((stride, i) => {
    offset += stride * (starts[i] as number);
    return stride * (steps[i] as number);
  });
  // An empty view reads nothing; keep its offset inside the buffer.
  return { offset: sizeOf(shape) === 0 ? 0 : offset, shape, strides };
}

/**
 * The view with another shape of the same size, where strides can express it.
 *
 * Groups of axes that lie one behind the other merge into one run, and each run is split again.
 *
 * @returns undefined when a run of the new shape would cross a jump of the old one: a copy is needed.
 */
export function reshapeView(view: View, shape: Shape): View | undefined {
  if (sizeOf(shape) === 0) return { offset: 0, shape, strides: contiguousStrides(shape) };
  const lengths: number[] = [];
  const steps: number[] = [];
  view.shape.forEach((length, i) => {
    if (length === 1) return;
    const stride = view.strides[i] as number;
    const last = lengths.length - 1;
    if (last >= 0 && steps[last] === stride * length) {
      lengths[last] = (lengths[last] as number) * length;
      steps[last] = stride;
    } else {
      lengths.push(length);
      steps.push(stride);
    }
  });
  const strides = new Array<number>(shape.length).fill(0);
  let run = lengths.length - 1;
  let left = run >= 0 ? (lengths[run] as number) : 1;
  let stride = run >= 0 ? (steps[run] as number) : 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const length = shape[i] as number;
    if (length === 1) continue;
    if (left === 1) {
      run--;
      left = lengths[run] as number;
      stride = steps[run] as number;
    }
    if (left % length !== 0) return undefined;
    strides[i] = stride;
    stride *= length;
    left /= length;
  }
  return { offset: view.offset, shape, strides };
}
