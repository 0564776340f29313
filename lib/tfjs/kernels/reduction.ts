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

/** Attributes of a reduction; extrema call their axes by another name. */
type ReductionAttributes = Partial<SumAttrs & MaxAttrs>;

/** A reduction over the axes that TF.js names; without any it reduces over all. */
function reduction(name: string, compute: (x: Tensor, options: ReduceOptions) => Tensor): Kernel {
  return lazyKernel<SumInputs, ReductionAttributes>(name, ({ x }, { axis, reductionIndices, keepDims }) => {
    const axes = util.parseAxisParam((axis ?? reductionIndices) as number[], x.shape as number[]);
    return compute(x, { axes, keepDims: keepDims ?? false });
  });
}

const numeric = (x: Tensor): Tensor => (x.dtype === "bool" ? ng.cast(x, "int32") : x);

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
  reduction("Mean", (x, options) => ng.mean(ng.cast(x, "float32"), options)),
  reduction("Prod", (x, options) => ng.prod(numeric(x), options)),
  reduction("Max", ng.max),
  reduction("Min", ng.min),
  reduction("All", (x, options) => ng.all(ng.cast(x, "bool"), options)),
  reduction("Any", (x, options) => ng.any(ng.cast(x, "bool"), options)),
  position("ArgMax", ng.argMax, Number.NEGATIVE_INFINITY),
  position("ArgMin", ng.argMin, Number.POSITIVE_INFINITY),
  lazyKernel<SoftmaxInputs, SoftmaxAttrs>("Softmax", ({ logits }, { dim }) =>
    ng.softmax(ng.cast(logits, "float32"), { axis: dim }),
  ),
];
