/** Cases of kernels of images: sizes, crops, projections, boxes. */

import { type Result, UNIT } from "./differential.js";
import type { Draw } from "./draw.js";
import type { Generator, Generators } from "./elementwise.js";

const imageOf = (draw: Draw, most = 9): number[] => [
  draw.integer(1, 3),
  draw.integer(1, most),
  draw.integer(1, most),
  draw.integer(1, 4),
];

/** Between two pixels twice: 8 roundings of the largest, which is 2. */
const BETWEEN = { bound: () => [2 * 8 * UNIT * 2] };

function resize(tolerance?: typeof BETWEEN): Generator {
  return (draw) => {
    const alignCorners = draw.truth();
    const attributes = {
      size: [draw.integer(1, 15), draw.integer(1, 15)],
      alignCorners,
      halfPixelCenters: !alignCorners && draw.truth(),
    };
    return { inputs: { images: draw.tensor(imageOf(draw)) }, attributes, ...(tolerance && { tolerance }) };
  };
}

/**
 * Up to 15 · 15 shares of 2 come together in a pixel, in any order. cpu mixes up height and width of the images, and the images
 * of a batch, so there is one, as high as wide; and it never ends where that is one pixel and corners are aligned.
 */
function resizeGradient(draw: Draw): ReturnType<Generator> {
  const length = draw.integer(2, 9);
  const images = draw.tensor([1, length, length, draw.integer(1, 4)]);
  const [n, , , c] = images.shape as [number, number, number, number];
  const dy = draw.tensor([n, draw.integer(1, 15), draw.integer(1, 15), c]);
  const bound = 2 * (225 + 8) * UNIT * Math.sqrt(225) * 4;
  return { inputs: { images, dy }, attributes: { alignCorners: draw.truth() }, tolerance: { bound: () => [bound] } };
}

function boxes(draw: Draw) {
  const count = draw.integer(1, 12);
  const values = Float32Array.from(
    draw
      .list(count, () => {
        const [y, x] = [draw.float(0, 1), draw.float(0, 1)];
        return [y, x, y + draw.float(0.1, 1), x + draw.float(0.1, 1)];
      })
      .flat(),
  );
  return {
    boxes: { shape: [count, 4], dtype: "float32" as const, values },
    scores: draw.tensor([count], "float32", "unit"),
  };
}

const thresholds = (draw: Draw) => ({
  maxOutputSize: draw.integer(1, 12),
  iouThreshold: draw.float(0, 1),
  scoreThreshold: draw.float(0, 0.6),
});

/** Pixels as a browser has them; cpu needs the name. */
class ImageData {
  readonly data: Uint8ClampedArray;

  constructor(data: Uint8ClampedArray) {
    this.data = data;
  }
}
Object.assign(globalThis, { ImageData });

/** A canvas that remembers what was painted. */
class Canvas {
  width = 0;
  height = 0;
  #painted: readonly number[] = [];

  getContext() {
    return {
      createImageData: (width: number, height: number) => new ImageData(new Uint8ClampedArray(4 * width * height)),
      putImageData: ({ data }: ImageData) => {
        this.#painted = Array.from(data);
      },
    };
  }

  painted(): Result {
    return { shape: [this.height, this.width, 4], dtype: "int32", values: this.#painted };
  }
}

export const images: Generators = {
  ResizeBilinear: resize(BETWEEN),
  ResizeNearestNeighbor: resize(),
  ResizeBilinearGrad: resizeGradient,
  ResizeNearestNeighborGrad: resizeGradient,
  CropAndResize: (draw) => {
    const image = draw.tensor(imageOf(draw));
    const count = draw.integer(1, 4);
    const corners = Float32Array.from(draw.list(4 * count, () => draw.float(-0.3, 1.3)));
    const inputs = {
      image,
      boxes: { shape: [count, 4], dtype: "float32" as const, values: corners },
      boxInd: draw.integers([count], 0, (image.shape[0] as number) - 1),
    };
    const attributes = {
      cropSize: [draw.integer(1, 7), draw.integer(1, 7)],
      method: draw.pick(["bilinear", "nearest"]),
      extrapolationValue: draw.integer(-2, 2),
    };
    return { inputs, attributes, tolerance: BETWEEN };
  },
  // cpu returns after the first image: only one is compared.
  Transform: (draw) => {
    const image = draw.tensor([1, ...imageOf(draw).slice(1)]);
    const [a, b, d, e] = draw.list(4, () => draw.pick([0, 1, -1, 0.5, 1.5])) as [number, number, number, number];
    const [c, f] = [draw.pick([0, 1, -2, 0.5]), draw.pick([0, 2, -1, 0.25])];
    const values = Float32Array.of(a, b, c, d, e, f, draw.pick([0, 0, 0.25]), draw.pick([0, 0, 0.5]));
    const attributes = {
      interpolation: draw.pick(["nearest", "bilinear"]),
      fillMode: draw.pick(["constant", "reflect", "wrap", "nearest"]),
      fillValue: draw.integer(-2, 2),
      ...(draw.truth() && { outputShape: [draw.integer(1, 9), draw.integer(1, 9)] }),
    };
    return {
      inputs: { image, transforms: { shape: [1, 8], dtype: "float32", values } },
      attributes,
      tolerance: BETWEEN,
    };
  },
  RotateWithOffset: (draw) => {
    const image = draw.tensor(imageOf(draw));
    const attributes = {
      radians: draw.float(-3, 3),
      fillValue: draw.truth() ? draw.integer(-2, 2) : [1, 2, 3],
      center: draw.truth() ? draw.float(0, 1) : [draw.float(0, 1), draw.float(0, 1)],
    };
    return { inputs: { image }, attributes };
  },
  NonMaxSuppressionV3: (draw) => ({ inputs: boxes(draw), attributes: thresholds(draw) }),
  NonMaxSuppressionV4: (draw) => ({
    inputs: boxes(draw),
    attributes: { ...thresholds(draw), padToMaxOutputSize: draw.truth() },
  }),
  NonMaxSuppressionV5: (draw) => ({
    inputs: boxes(draw),
    attributes: { ...thresholds(draw), softNmsSigma: draw.pick([0, 0.5]) },
  }),
  Draw: (draw) => {
    const shape = [draw.integer(1, 5), draw.integer(1, 5), draw.pick([1, 3, 4])];
    const image = draw.truth() ? draw.tensor(shape, "float32", "unit") : draw.integers(shape, 0, 255);
    const canvas = new Canvas();
    return { inputs: { image }, attributes: { canvas }, observe: () => canvas.painted() };
  },
};
