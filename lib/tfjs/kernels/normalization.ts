/** Normalisation. */

import type { FusedBatchNormAttrs, FusedBatchNormInputs } from "@tensorflow/tfjs-core";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";

export const normalizationKernels: readonly Kernel[] = [
  // As scale and shift: two numbers per channel, which a convolution applies as it stores its result.
  lazyKernel<FusedBatchNormInputs, FusedBatchNormAttrs>(
    "FusedBatchNorm",
    ({ x, mean, variance, offset, scale }, { varianceEpsilon }) => {
      const deviation = variance.add(varianceEpsilon ?? 0.001).sqrt();
      const factor = ng.div(scale ?? 1, deviation);
      const moved = mean.mul(factor);
      return x.mul(factor).add(offset === undefined ? moved.neg() : offset.sub(moved));
    },
  ),
];
