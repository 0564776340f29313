/** Normalisation. */

import type {
  FusedBatchNormAttrs,
  FusedBatchNormInputs,
  LRNAttrs,
  LRNGradInputs,
  LRNInputs,
} from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";
import { float } from "./dtypes.js";

/** x / (bias + α · Σ x²)^β, the sum over the channels at most `depthRadius` away. x is `[n, h, w, c]`. */
function localResponse(x: Tensor, { depthRadius, bias, alpha, beta }: LRNAttrs): Tensor {
  const channels = x.shape[3] as number;
  const radius = Math.min(depthRadius, channels);
  const squares = x.square().pad([
    [0, 0],
    [0, 0],
    [0, 0],
    [radius, radius],
  ]);
  let sum = squares.slice([null, null, null, [0, channels]]);
  for (let shift = 1; shift <= 2 * radius; shift++) {
    sum = sum.add(squares.slice([null, null, null, [shift, shift + channels]]));
  }
  return x.mul(ng.pow(sum.mul(alpha).add(bias), -beta));
}

export const normalizationKernels: readonly Kernel[] = [
  // As scale and shift: two numbers per channel, which a convolution applies as it stores its result.
  lazyKernel<FusedBatchNormInputs, FusedBatchNormAttrs>(
    "FusedBatchNorm",
    ({ x, mean, variance, offset, scale }, { varianceEpsilon }) => {
      const deviation = variance.add(varianceEpsilon ?? 0.001).sqrt();
      const factor = ng.div(scale ?? 1, deviation);
      const moved = mean.mul(factor);
      return float(x)
        .mul(factor)
        .add(offset === undefined ? moved.neg() : offset.sub(moved));
    },
  ),
  lazyKernel<LRNInputs, LRNAttrs>("LRN", ({ x }, attributes) => localResponse(float(x), attributes)),
  lazyKernel<LRNGradInputs, LRNAttrs>("LRNGrad", ({ x, dy }, attributes) => {
    const { vjp } = ng.vjp((image) => localResponse(image as Tensor, attributes), [x]);
    return vjp(dy)[0] as Tensor;
  }),
];
