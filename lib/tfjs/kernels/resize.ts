/** Images of another size. x is `[n, h, w, c]`; the two axes are resized one after the other. */

import type { ResizeBilinearAttrs, ResizeBilinearGradInputs, ResizeBilinearInputs } from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";

type Resize = (x: Tensor, attributes: ResizeBilinearAttrs) => Tensor;

/** How many pixels of the old image lie between two of the new one. */
function ratio(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

const indices = (values: readonly number[]): Tensor => ng.tensor(Int32Array.from(values));

/** Bilinear: between the two nearest pixels by their distance. */
const bilinear: Resize = (x, { size, alignCorners, halfPixelCenters }) =>
  size.reduce((image, length, i) => {
    const from = image.shape[i + 1] as number;
    const scale = ratio(from, length, alignCorners);
    const places = Array.from({ length }, (_, k) => (halfPixelCenters ? scale * (k + 0.5) - 0.5 : scale * k));
    const lows = places.map((place) => Math.max(0, Math.floor(place)));
    const highs = places.map((place) => Math.min(from - 1, Math.ceil(place)));
    const shares = Float32Array.from(places, (place, k) => place - (lows[k] as number));
    const low = image.gather(indices(lows), { axis: i + 1 });
    const high = image.gather(indices(highs), { axis: i + 1 });
    const shape = image.shape.map((_, axis) => (axis === i + 1 ? length : 1));
    return low.add(high.sub(low).mul(ng.tensor(shares, { shape })));
  }, x.cast("float32"));

/** The nearest pixel. */
const nearest: Resize = (x, { size, alignCorners, halfPixelCenters }) =>
  size.reduce((image, length, i) => {
    const from = image.shape[i + 1] as number;
    const scale = ratio(from, length, alignCorners);
    const places = Array.from({ length }, (_, k) => {
      const place = scale * (halfPixelCenters ? k + 0.5 : k);
      return Math.min(from - 1, alignCorners ? Math.round(place) : Math.floor(place));
    });
    return image.gather(indices(places), { axis: i + 1 });
  }, x);

/** The gradient kernel of a resizing; TF.js has none for half-pixel centres. */
function gradient(name: string, resize: Resize): Kernel {
  return lazyKernel<ResizeBilinearGradInputs, Pick<ResizeBilinearAttrs, "alignCorners">>(
    name,
    ({ images, dy }, { alignCorners }) => {
      const size = dy.shape.slice(1, 3) as [number, number];
      const { vjp } = ng.vjp(
        (x) => resize(x as Tensor, { size, alignCorners, halfPixelCenters: false }),
        [images.cast("float32")],
      );
      return vjp(dy.cast("float32"))[0] as Tensor;
    },
  );
}

export const resizeKernels: readonly Kernel[] = [
  lazyKernel<ResizeBilinearInputs, ResizeBilinearAttrs>("ResizeBilinear", ({ images }, attributes) =>
    bilinear(images, attributes),
  ),
  lazyKernel<ResizeBilinearInputs, ResizeBilinearAttrs>("ResizeNearestNeighbor", ({ images }, attributes) =>
    nearest(images, attributes),
  ),
  gradient("ResizeBilinearGrad", bilinear),
  gradient("ResizeNearestNeighborGrad", nearest),
];
