/** Grey-scale dilation of images. */

import {
  backend_util,
  type Dilation2DAttrs,
  type Dilation2DBackpropInputInputs,
  type Dilation2DInputs,
} from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";
import { elementsOf, seenBy, windowOptions } from "./window.js";

/** y[n, i, j, c] = max over k, l of x[n, i·stride + k·dilation, j·stride + l·dilation, c] + filter[k, l, c], inside the image. */
function dilate(x: Tensor, filter: Tensor, { strides, pad, dilations }: Dilation2DAttrs): Tensor {
  const info = backend_util.computeDilation2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number],
    strides,
    pad as "same",
    "NHWC",
    dilations,
  );
  const [vertical, horizontal] = windowOptions(info).padding;
  const outside = x.dtype === "int32" ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
  const padded = seenBy(info, x).pad([[0, 0], vertical, horizontal, [0, 0]], { value: outside });
  let y: Tensor | undefined;
  for (let k = 0; k < info.filterHeight; k++) {
    for (let l = 0; l < info.filterWidth; l++) {
      const rows = elementsOf(k * info.dilationHeight, info.outHeight, info.strideHeight);
      const columns = elementsOf(l * info.dilationWidth, info.outWidth, info.strideWidth);
      const candidate = padded.slice([null, rows, columns]).add(filter.slice([k, l]));
      // Of equal ones the first counts: `maximum` gives the derivative to its second operand.
      y = y === undefined ? candidate : ng.maximum(candidate, y);
    }
  }
  return y as Tensor;
}

/** The gradient with respect to the image (0) or the filter (1). */
function gradient(name: string, operand: 0 | 1): Kernel {
  return lazyKernel<Dilation2DBackpropInputInputs, Dilation2DAttrs>(name, ({ x, filter, dy }, attributes) => {
    const inputs = [x, filter].map((input) => input.cast("float32"));
    const { vjp } = ng.vjp((image, taps) => dilate(image as Tensor, taps as Tensor, attributes), inputs);
    return (vjp(dy.cast("float32"))[operand] as Tensor).cast(x.dtype);
  });
}

export const morphologyKernels: readonly Kernel[] = [
  lazyKernel<Dilation2DInputs, Dilation2DAttrs>("Dilation2D", ({ x, filter }, attributes) =>
    dilate(x, filter.cast(x.dtype), attributes),
  ),
  gradient("Dilation2DBackpropInput", 0),
  gradient("Dilation2DBackpropFilter", 1),
];
