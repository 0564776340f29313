/** Complex numbers: two real tensors side by side. */

import type {
  CastAttrs,
  CastInputs,
  ComplexAbsInputs,
  ComplexInputs,
  RealInputs,
  TensorInfo,
} from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import type { NodegradBackend } from "../backend.js";
import { type Kernel, rawKernel } from "../kernel.js";

/** A complex tensor in two parts of one shape. */
export interface Parts {
  readonly real: Tensor;
  readonly imag: Tensor;
}

/** A function of two complex tensors. */
export type Arithmetic = (a: Parts, b: Parts) => Parts;

/** a + b. */
export const add: Arithmetic = (a, b) => ({ real: a.real.add(b.real), imag: a.imag.add(b.imag) });

/** a − b. */
export const sub: Arithmetic = (a, b) => ({ real: a.real.sub(b.real), imag: a.imag.sub(b.imag) });

/** a · b. */
export const multiply: Arithmetic = (a, b) => ({
  real: a.real.mul(b.real).sub(a.imag.mul(b.imag)),
  imag: a.real.mul(b.imag).add(a.imag.mul(b.real)),
});

/** The lazy parts of a complex tensor of TF.js; of a real one itself and zeros. */
export function partsOf(backend: NodegradBackend, info: TensorInfo): Parts {
  const { complex } = backend.dataOf(info.dataId);
  if (complex === undefined) {
    const real = ng.cast(backend.tensorOf(info), "float32");
    return { real, imag: ng.zerosLike(real) };
  }
  const part = (of: TensorInfo) => backend.tensorOf({ ...of, shape: info.shape });
  return { real: part(complex.real), imag: part(complex.imag) };
}

/** Parts as the result of a kernel. */
export function adopt(backend: NodegradBackend, { real, imag }: Parts): TensorInfo {
  return backend.makeComplex(backend.adopt(real), backend.adopt(imag));
}

/** The length of a complex number; does not overflow before the result does. */
function magnitude({ real, imag }: Parts): Tensor {
  const [a, b] = [real.abs(), imag.abs()];
  const [large, small] = [ng.maximum(a, b), ng.minimum(a, b)];
  const ratio = ng.where(large.equal(0), 0, small.div(large));
  const length = large.mul(ratio.square().add(1).sqrt());
  // With one infinite part the other does not matter.
  return ng.where(ng.logicalOr(a.equal(Infinity), b.equal(Infinity)), Infinity, length);
}

export const complexKernels: readonly Kernel[] = [
  rawKernel<ComplexInputs>("Complex", ({ real, imag }, _, backend) =>
    adopt(backend, { real: backend.tensorOf(real), imag: backend.tensorOf(imag) }),
  ),
  rawKernel<RealInputs>("Real", ({ input }, _, backend) => backend.adopt(partsOf(backend, input).real)),
  rawKernel<RealInputs>("Imag", ({ input }, _, backend) => backend.adopt(partsOf(backend, input).imag)),
  rawKernel<ComplexAbsInputs>("ComplexAbs", ({ x }, _, backend) => backend.adopt(magnitude(partsOf(backend, x)))),
  rawKernel<CastInputs, CastAttrs>("Cast", ({ x }, { dtype }, backend) => {
    if (dtype === x.dtype) return backend.share(x, x.shape);
    if (dtype === "complex64") return adopt(backend, partsOf(backend, x));
    const real = x.dtype === "complex64" ? partsOf(backend, x).real : backend.tensorOf(x);
    return backend.adopt(ng.cast(real, dtype as "float32" | "int32" | "bool"));
  }),
];
