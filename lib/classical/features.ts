/** Features of points and images that need no learning. */

import { ShapeError } from "../errors.js";
import { arange, broadcastTo, concat, div, reshape, tensor } from "../ops/index.js";
import { checkFloat, checkTensor } from "../ops/operands.js";
import { showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";

/**
 * Points of the plane (x, y) as (r, θ): r = √(x² + y²) ≥ 0 and the angle θ in (−π, π] to the first axis, `[n, 2]` → `[n, 2]`,
 * float32. Around a centre, what is inside and what is outside become two sides of a line. Has no derivative.
 *
 * @throws {ShapeError} for points that are not `[n, 2]`.
 */
export function polar(points: Tensor): Tensor {
  checkTensor("polar", points, "points");
  if (points.rank !== 2 || points.shape[1] !== 2) {
    throw new ShapeError(`polar: points must be [n, 2], got ${showShape(points.shape)}`);
  }
  const values = points.dataSync();
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 2) {
    const [x, y] = [values[i] as number, values[i + 1] as number];
    result[i] = Math.hypot(x, y);
    result[i + 1] = Math.atan2(y, x);
  }
  return tensor(result, { shape: points.shape });
}

/**
 * Images with two channels more, that tell where each pixel is: x from 0 in the first column to 1 in the last, and y from
 * 0 in the first row to 1 in the last (0 where there is only one). `[n, c, h, w]` → `[n, c + 2, h, w]`.
 *
 * @throws {ShapeError} for images that have not 4 axes, {DTypeError} for images that are not float.
 */
export function appendCoordinates(images: Tensor): Tensor {
  checkFloat("appendCoordinates", checkTensor("appendCoordinates", images, "images"));
  if (images.rank !== 4)
    throw new ShapeError(`appendCoordinates: images must be [n, c, h, w], got ${showShape(images.shape)}`);
  const { shape, dtype } = images;
  const [count, , height, width] = shape as [number, number, number, number];
  const along = (length: number, as: readonly number[]) =>
    broadcastTo(reshape(div(arange(length, { dtype }), Math.max(1, length - 1)), as), [count, 1, height, width]);
  return concat([images, along(width, [1, width]), along(height, [height, 1])], { axis: 1 });
}
