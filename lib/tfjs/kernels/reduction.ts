/** Kernels that make one element of many. */

import {
  type ArgMaxAttrs,
  type MaxAttrs,
  type SoftmaxAttrs,
  type SoftmaxInputs,
  type SumAttrs,
  type SumInputs,
  util,
} from "@tensorflow/tfjs-core";
import type { ReduceOptions, Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";
import { float, numeric, truth } from "./dtypes.js";

/** Attributes of a reduction; extrema call their axes by another name. */
type ReductionAttributes = Partial<SumAttrs & MaxAttrs>;

/** A reduction over the axes that TF.js names; without any it reduces over all. */
function reduction(name: string, compute: (x: Tensor, options: ReduceOptions) => Tensor): Kernel {
  return lazyKernel<SumInputs, ReductionAttributes>(name, ({ x }, { axis, reductionIndices, keepDims }) => {
    const axes = util.parseAxisParam((axis ?? reductionIndices) as number[], x.shape as number[]);
    return compute(x, { axes, keepDims: keepDims ?? false });
  });
}

/** The position of an extremum along one axis, the first by default. */
function position(name: string, compute: typeof ng.argMax, worst: number): Kernel {
  // TF.js never finds a NaN.
  const without = (x: Tensor) => ng.where(ng.equal(x, x), x, worst);
  return lazyKernel<SumInputs, ArgMaxAttrs>(name, ({ x }, { axis }) => {
    const [first = 0] = util.parseAxisParam(axis as unknown as number, x.shape as number[]);
    return compute(x.dtype === "float32" ? without(x) : numeric(x), { axis: first });
  });
}

export const reductionKernels: readonly Kernel[] = [
  reduction("Sum", ng.sum),
  reduction("Mean", (x, options) => ng.mean(float(x), options)),
  reduction("Prod", (x, options) => ng.prod(numeric(x), options)),
  reduction("Max", ng.max),
  reduction("Min", ng.min),
  reduction("All", (x, options) => ng.all(truth(x), options)),
  reduction("Any", (x, options) => ng.any(truth(x), options)),
  position("ArgMax", ng.argMax, Number.NEGATIVE_INFINITY),
  position("ArgMin", ng.argMin, Number.POSITIVE_INFINITY),
  lazyKernel<SoftmaxInputs, SoftmaxAttrs>("Softmax", ({ logits }, { dim }) => ng.softmax(float(logits), { axis: dim })),
];
