/** `pool` and `poolGrad`: windows over images. */

import { POOL_KINDS, type PoolKind } from "../../program/opcodes.js";
import type { Instruction, ProgramView } from "../../program/reader.js";
import { sizeOf } from "../../shape.js";
import type { Step } from "./kernel.js";
import { Operand } from "./strided.js";

/** A window clipped to the image, as rows and columns [from, to), and its place in the output. */
interface Window {
  /** Index of the output element. */
  readonly place: number;
  /** Index of the first element of the image. */
  readonly image: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export function pool(instruction: Instruction): Step {
  const { inputs, outputs, attributes } = instruction;
  const y = outputs[0] as ProgramView;
  const x = inputs.at(-1) as ProgramView;
  const kind = POOL_KINDS[attributes.kind as number] as PoolKind;
  const width = x.shape[3] as number;
  const [first, image, out] = [new Operand(inputs[0] as ProgramView), new Operand(x), new Operand(y)];
  return (memory) => {
    const values = first.readDoubles(memory);
    const source = image.readDoubles(memory);
    const result = new Float64Array(out.size);
    forEachWindow(attributes, x, y, (window) => {
      if (kind === "average") {
        result[window.place] = sum(source, window, width) / divisor(window, attributes);
      } else {
        // `values` is x itself for max.
        result[window.place] = values[maximum(source, window, width)] as number;
      }
    });
    out.write(memory, result);
  };
}

export function poolGrad(instruction: Instruction): Step {
  const { inputs, outputs, attributes } = instruction;
  const [dy, x] = inputs as [ProgramView, ProgramView | undefined];
  const dx = outputs[0] as ProgramView;
  const width = dx.shape[3] as number;
  const [gradient, image, out] = [new Operand(dy), x && new Operand(x), new Operand(dx)];
  return (memory) => {
    const source = gradient.readDoubles(memory);
    const values = image?.readDoubles(memory);
    const result = new Float64Array(out.size);
    forEachWindow(attributes, dx, dy, (window) => {
      const share = source[window.place] as number;
      if (values) {
        const at = maximum(values, window, width);
        result[at] = (result[at] as number) + share;
      } else {
        spread(result, window, width, share / divisor(window, attributes));
      }
    });
    out.write(memory, result);
  };
}

/** Visits all windows over x `[n, c, h, w]` in the order of y `[n, c, oh, ow]`. */
function forEachWindow(
  { kernelH, kernelW, strideH, strideW, padTop, padLeft }: Readonly<Record<string, number>>,
  x: ProgramView,
  y: ProgramView,
  visit: (window: Window) => void,
): void {
  const [height, width] = x.shape.slice(2) as [number, number];
  const [oh, ow] = y.shape.slice(2) as [number, number];
  const planes = sizeOf(y.shape.slice(0, 2));
  for (let plane = 0, place = 0; plane < planes; plane++) {
    for (let row = 0; row < oh; row++) {
      const top = row * (strideH as number) - (padTop as number);
      for (let column = 0; column < ow; column++, place++) {
        const left = column * (strideW as number) - (padLeft as number);
        visit({
          place,
          image: plane * height * width,
          top: Math.max(top, 0),
          bottom: Math.min(top + (kernelH as number), height),
          left: Math.max(left, 0),
          right: Math.min(left + (kernelW as number), width),
        });
      }
    }
  }
}

/** What an average divides by: the elements inside the image, or all of the window. */
function divisor(
  { top, bottom, left, right }: Window,
  { kernelH, kernelW, countIncludePadding }: Readonly<Record<string, number>>,
): number {
  return countIncludePadding === 1 ? (kernelH as number) * (kernelW as number) : (bottom - top) * (right - left);
}

function sum(source: Float64Array, { image, top, bottom, left, right }: Window, width: number): number {
  let total = 0;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) total += source[image + row * width + column] as number;
  }
  return total;
}

/** Index of the first maximum of a window; NaN is larger than every number. */
function maximum(source: Float64Array, { image, top, bottom, left, right }: Window, width: number): number {
  let at = image + top * width + left;
  let best = source[at] as number;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const index = image + row * width + column;
      const value = source[index] as number;
      if (value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
        best = value;
        at = index;
      }
    }
  }
  return at;
}

/** Adds `share` to every element of a window. */
function spread(result: Float64Array, { image, top, bottom, left, right }: Window, width: number, share: number): void {
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const index = image + row * width + column;
      result[index] = (result[index] as number) + share;
    }
  }
}
