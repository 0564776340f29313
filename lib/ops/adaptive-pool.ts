/** Average pooling to a given size, whatever the size of the images: a composite of other operations. */

import { checkOptions, ShapeError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { showShape } from "../shape.js";
import { unchanged } from "./movement.js";
import { checkFloat, checkTensor } from "./operands.js";
import { avgPool2d } from "./pool.js";
import { mean } from "./reduce.js";
import { concat, type Range, slice } from "./slices.js";
import { checkLayout, checkPair, imageSizes, type Layout, type Pair } from "./window.js";

/**
 * The average of windows that cut images into `size` = [oh, ow] parts, as even as can be: `[n, c, h, w]` → `[n, c, oh, ow]`
 * (NHWC: `[n, h, w, c]` → `[n, oh, ow, c]`). Part i of an axis goes from ⌊i·h/oh⌋ to ⌈(i + 1)·h/oh⌉, so that neighbours
 * overlap where oh does not divide h, as in PyTorch. NaN where a window has one. Floats only.
 *
 * @param size Height and width of the result.
 * @param options `layout`: order of the axes of x and of the result (default `"NCHW"`).
 * @throws {OptionError} for a size that is no positive integer or pair of them, and for an unknown option.
 * @throws {ShapeError} for anything but images, and for images without pixels.
 */
export function adaptiveAvgPool2d(x: Tensor, size: Pair, options: { readonly layout?: Layout } = {}): Tensor {
  const op = "adaptiveAvgPool2d";
  checkFloat(op, checkTensor(op, x, "x"));
  checkOptions(op, options, ["layout"]);
  const layout = checkLayout(op, options.layout ?? "NCHW");
  const [oh, ow] = checkPair(op, "size", size);
  const { h, w } = imageSizes(op, x, layout);
  if (h === 0 || w === 0) throw new ShapeError(`${op}: images are empty: ${showShape(x.shape)}`);
  if (h === oh && w === ow) return unchanged(x);
  if (h % oh === 0 && w % ow === 0) return avgPool2d(x, { kernel: [h / oh, w / ow], layout });
  const rows = layout === "NHWC" ? 1 : 2;
  return averageParts(averageParts(x, rows, oh), rows + 1, ow);
}

/** The averages of `count` parts of one axis. */
function averageParts(x: Tensor, axis: number, count: number): Tensor {
  const length = x.shape[axis] as number;
  if (length === count) return x;
  const parts = Array.from({ length: count }, (_, i) => {
    const part: Range = [Math.floor((i * length) / count), Math.ceil(((i + 1) * length) / count)];
    const ranges = x.shape.map((_, a) => (a === axis ? part : null));
    return mean(slice(x, ranges), { axes: axis, keepDims: true });
  });
  return concat(parts, { axis });
}
