/** Images seen through boxes and projections: pixels at places that are not on the grid. */

import {
  backend_util,
  type CropAndResizeAttrs,
  type CropAndResizeInputs,
  type DrawAttrs,
  type DrawInputs,
  kernel_impls,
  type NonMaxSuppressionV3Inputs,
  type NonMaxSuppressionV4Attrs,
  type NonMaxSuppressionV5Attrs,
  type RotateWithOffsetAttrs,
  type RotateWithOffsetInputs,
  type TransformAttrs,
  type TransformInputs,
} from "@tensorflow/tfjs-core";
import type { Tensor, TensorLike } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel, rawKernel, type Values, valuesKernel } from "../kernel.js";
import { integerVector } from "./values.js";

// ── sampling ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Places in the images of a batch: which image, which row and column, not necessarily whole ones. */
class Places {
  readonly image: Int32Array;
  readonly y: Float64Array;
  readonly x: Float64Array;

  constructor(count: number) {
    this.image = new Int32Array(count);
    this.y = new Float64Array(count);
    this.x = new Float64Array(count);
  }

  set(i: number, image: number, y: number, x: number): void {
    this.image[i] = image;
    this.y[i] = y;
    this.x[i] = x;
  }
}

type Whole = (coordinate: number) => number;

/** The pixels `[places, c]` at places made whole, `outside` where there is none. */
function pixels(images: Tensor, { image, y, x }: Places, row: Whole, column: Whole, outside: TensorLike): Tensor {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  const isInside = new Uint8Array(image.length);
  const positions = Int32Array.from(image, (which, i) => {
    const [r, s] = [row(y[i] as number), column(x[i] as number)];
    if (!(which >= 0 && which < n && r >= 0 && r < h && s >= 0 && s < w)) return 0;
    isInside[i] = 1;
    return (which * h + r) * w + s;
  });
  const found = images.reshape([n * h * w, c]).gather(ng.tensor(positions));
  return ng.where(ng.tensor(isInside, { dtype: "bool", shape: [isInside.length, 1] }), found, outside);
}

/** How far coordinates lie beyond the whole number below, as `[places, 1]`. */
function shares(coordinates: Float64Array): Tensor {
  const values = Float32Array.from(coordinates, (coordinate) => coordinate - Math.floor(coordinate));
  return ng.tensor(values, { shape: [values.length, 1] });
}

/** Pixels at places, the nearest ones or in between; `outside` counts for those that do not exist. */
function sample(images: Tensor, places: Places, method: "nearest" | "bilinear", outside: TensorLike): Tensor {
  if (method === "nearest") return pixels(images, places, Math.round, Math.round, outside);
  const after: Whole = (coordinate) => Math.floor(coordinate) + 1;
  const float = images.cast("float32");
  const rows = [Math.floor, after].map((row) => {
    const [left, right] = [Math.floor, after].map((column) => pixels(float, places, row, column, outside)) as [
      Tensor,
      Tensor,
    ];
    return left.add(right.sub(left).mul(shares(places.x)));
  }) as [Tensor, Tensor];
  return rows[0].add(rows[1].sub(rows[0]).mul(shares(places.y)));
}

// ── crops ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Parts of images, each stretched to one size; boxes are `[y1, x1, y2, x2]` in shares of the image. */
const cropAndResize = rawKernel<CropAndResizeInputs, CropAndResizeAttrs>(
  "CropAndResize",
  ({ image, boxes, boxInd }, { cropSize, method, extrapolationValue }, backend) => {
    const images = backend.tensorOf(image).cast("float32");
    const [, height, width, channels] = images.shape as [number, number, number, number];
    const [rows, columns] = cropSize;
    const corners = backend.readSync(boxes.dataId) as Float32Array;
    const which = backend.readSync(boxInd.dataId) as Int32Array;
    const places = new Places(which.length * rows * columns);
    const between = (from: number, to: number, i: number, count: number, length: number) =>
      (count > 1 ? from + (i * (to - from)) / (count - 1) : (from + to) / 2) * (length - 1);
    which.forEach((index, box) => {
      const [y1, x1, y2, x2] = corners.subarray(4 * box) as unknown as [number, number, number, number];
      for (let i = 0; i < rows; i++) {
        const y = between(y1, y2, i, rows, height);
        for (let j = 0; j < columns; j++) {
          const x = between(x1, x2, j, columns, width);
          // A place beyond the last pixel is outside, however near it is.
          const isInside = y >= 0 && y <= height - 1 && x >= 0 && x <= width - 1;
          places.set((box * rows + i) * columns + j, index, isInside ? y : -2, x);
        }
      }
    });
    const crops = sample(clampedEdges(images), places, method, extrapolationValue);
    return backend.adopt(crops.reshape([which.length, rows, columns, channels]));
  },
);

/** Images with their last row and column once more, so that there is a pixel after every place inside. */
const clampedEdges = (images: Tensor): Tensor => {
  const rows = ng.concat([images, images.slice([null, [-1, null]])], { axis: 1 });
  return ng.concat([rows, rows.slice([null, null, [-1, null]])], { axis: 2 });
};

// ── projections ────────────────────────────────────────────────────────────────────────────────────────────────

/** Where a coordinate beyond the edge of an axis reads, by the fill mode (TensorFlow's image_ops.h). */
const mappings: Readonly<Record<TransformAttrs["fillMode"], (at: number, length: number) => number>> = {
  constant: (at) => at,
  nearest: clamp,
  // [abcd] goes on as [dcba|abcd|dcba].
  reflect(at, length) {
    const period = 2 * length;
    const inPeriod = at - period * Math.floor(at / period);
    return clamp(inPeriod < length ? inPeriod : period - 1 - inPeriod, length);
  },
  // [abcd] goes on as [abcd|abcd|abcd].
  wrap(at, length) {
    if (length <= 1) return 0;
    const laps = Math.trunc(Math.abs(at) / (length - 1));
    const inLap = at < 0 ? at + length * (laps + 1) : at > length - 1 ? at - length * laps : at;
    return clamp(inLap, length);
  },
};

function clamp(at: number, length: number): number {
  return Math.min(Math.max(at, 0), length - 1);
}

/** Images through projections: the pixel (x, y) comes from ((ax + by + c) / k, (dx + ey + f) / k) with k = gx + hy + 1. */
const transform = rawKernel<TransformInputs, TransformAttrs>("Transform", (inputs, attributes, backend) => {
  const { interpolation, fillMode, fillValue, outputShape } = attributes;
  const images = backend.tensorOf(inputs.image);
  const [n, height, width, channels] = images.shape as [number, number, number, number];
  const [rows, columns] = outputShape ?? [height, width];
  const all = backend.readSync(inputs.transforms.dataId) as Float32Array;
  const map = mappings[fillMode] ?? mappings.constant;
  const places = new Places(n * rows * columns);
  for (let image = 0; image < n; image++) {
    const start = all.length === 8 ? 0 : 8 * image;
    const [a, b, c, d, e, f, g, h] = all.subarray(start, start + 8) as unknown as number[] as Eight;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const k = g * x + h * y + 1;
        const place = (image * rows + y) * columns + x;
        // What lies at infinity is in no image.
        if (k === 0) places.set(place, -1, 0, 0);
        else places.set(place, image, map((d * x + e * y + f) / k, height), map((a * x + b * y + c) / k, width));
      }
    }
  }
  const moved = sample(images, places, interpolation, fillValue);
  return backend.adopt(moved.cast(images.dtype).reshape([n, rows, columns, channels]));
});

type Eight = [number, number, number, number, number, number, number, number];

/** Images turned around a point, by the nearest pixels; an alpha channel is opaque outside. */
const rotateWithOffset = lazyKernel<RotateWithOffsetInputs, RotateWithOffsetAttrs>(
  "RotateWithOffset",
  ({ image }, { radians, fillValue, center }) => {
    const [n, height, width, channels] = image.shape as [number, number, number, number];
    const [centerX, centerY] = backend_util.getImageCenter(center, height, width);
    const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
    const places = new Places(n * height * width);
    for (let i = 0; i < places.image.length; i++) {
      const x = (i % width) - centerX;
      const y = (Math.floor(i / width) % height) - centerY;
      const which = Math.floor(i / (width * height));
      places.set(i, which, x * sin + y * cos + centerY, x * cos - y * sin + centerX);
    }
    const color = Array.from({ length: channels }, (_, c) =>
      typeof fillValue === "number" ? fillValue : c === 3 ? 255 : (fillValue[c] as number),
    );
    return sample(image, places, "nearest", ng.tensor(color, { dtype: image.dtype })).reshape(image.shape);
  },
);

// ── boxes ──────────────────────────────────────────────────────────────────────────────────────────────────────

type Boxes = { readonly boxes: Values; readonly scores: Values };
const floats = ({ values }: Values): Float32Array => values as Float32Array;

const suppression: readonly Kernel[] = [
  valuesKernel<NonMaxSuppressionV3Inputs, NonMaxSuppressionV4Attrs>(
    "NonMaxSuppressionV3",
    ({ boxes, scores }: Boxes, given) => {
      const { maxOutputSize, iouThreshold, scoreThreshold } = given;
      const { nonMaxSuppressionV3Impl } = kernel_impls;
      const found = nonMaxSuppressionV3Impl(floats(boxes), floats(scores), maxOutputSize, iouThreshold, scoreThreshold);
      return integerVector(found.selectedIndices);
    },
  ),
  valuesKernel<NonMaxSuppressionV3Inputs, NonMaxSuppressionV4Attrs>(
    "NonMaxSuppressionV4",
    ({ boxes, scores }: Boxes, given) => {
      const { selectedIndices, validOutputs } = kernel_impls.nonMaxSuppressionV4Impl(
        floats(boxes),
        floats(scores),
        given.maxOutputSize,
        given.iouThreshold,
        given.scoreThreshold,
        given.padToMaxOutputSize,
      );
      return [
        integerVector(selectedIndices),
        { shape: [], dtype: "int32", values: Int32Array.of(validOutputs as number) },
      ];
    },
  ),
  valuesKernel<NonMaxSuppressionV3Inputs, NonMaxSuppressionV5Attrs>(
    "NonMaxSuppressionV5",
    ({ boxes, scores }: Boxes, given) => {
      const { selectedIndices, selectedScores = [] } = kernel_impls.nonMaxSuppressionV5Impl(
        floats(boxes),
        floats(scores),
        given.maxOutputSize,
        given.iouThreshold,
        given.scoreThreshold,
        given.softNmsSigma,
      );
      return [
        integerVector(selectedIndices),
        { shape: [selectedScores.length], dtype: "float32", values: Float32Array.from(selectedScores) },
      ];
    },
  ),
];

// ── drawing ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is used of a canvas. */
interface Canvas {
  width: number;
  height: number;
  getContext(type: string, attributes: unknown): CanvasContext | null;
}

interface CanvasContext {
  createImageData(width: number, height: number): { readonly data: Uint8ClampedArray };
  putImageData(image: unknown, x: number, y: number): void;
}

/** Paints an image on a canvas: of a package, since Node.js has none. Grey, colour, or colour with transparency. */
const draw = rawKernel<DrawInputs, DrawAttrs>("Draw", ({ image }, { canvas: given, options }, backend) => {
  const canvas = given as unknown as Canvas;
  const { contextOptions, imageOptions } = options ?? {};
  const type = contextOptions?.contextType ?? "2d";
  const context = type === "2d" ? canvas.getContext(type, contextOptions?.contextAttributes ?? {}) : null;
  if (context === null) throw new ng.OptionError(`Draw: the canvas has no context "${type}" that nodegrad can draw on`);
  const [height, width, depth = 1] = image.shape as [number, number, number?];
  const values = backend.readSync(image.dataId) as Float32Array | Int32Array;
  const [most, scale] = image.dtype === "float32" ? [1, 255] : [255, 1];
  const bad = values.find((value) => !(value >= 0 && value <= most));
  if (bad !== undefined) {
    throw new ng.OptionError(`Draw: values of a ${image.dtype} tensor must be in [0, ${most}], got ${bad}`);
  }
  canvas.width = width;
  canvas.height = height;
  const painting = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const channel = (c: number) => Math.round((values[i * depth + (depth === 1 ? 0 : c)] as number) * scale);
    const alpha = depth === 4 ? channel(3) : Math.round(255 * (imageOptions?.alpha || 1));
    painting.data.set([channel(0), channel(1), channel(2), alpha], 4 * i);
  }
  context.putImageData(painting, 0, 0);
  return image;
});

export const imageKernels: readonly Kernel[] = [cropAndResize, transform, rotateWithOffset, ...suppression, draw];
