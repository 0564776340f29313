/** Kernels that make tensors of nothing but a shape. */

import { type FillAttrs, type TensorInfo, util, type ZerosLikeInputs } from "@tensorflow/tfjs-core";
import * as ng from "../../index.js";
import type { NodegradBackend } from "../backend.js";
import { type Kernel, rawKernel } from "../kernel.js";

/** A tensor of one value everywhere, also of strings and of complex numbers. */
function filled(backend: NodegradBackend, { shape, dtype }: Omit<TensorInfo, "dataId">, value: number): TensorInfo {
  if (dtype === "string") return backend.makeTensorInfo(shape, dtype, new Array<string>(util.sizeFromShape(shape)).fill(""));
  const part = (number: number, type: "float32" | "int32" | "bool") =>
    backend.adopt(ng.full(shape, number, { dtype: type }));
  if (dtype === "complex64") return backend.makeComplex(part(value, "float32"), part(0, "float32"));
  return part(value, dtype);
}

export const createKernels: readonly Kernel[] = [
  rawKernel<ZerosLikeInputs>("ZerosLike", ({ x }, _, backend) => filled(backend, x, 0)),
  rawKernel<ZerosLikeInputs>("OnesLike", ({ x }, _, backend) => {
    if (x.dtype === "string") throw new ng.DTypeError("onesLike is not supported for string tensors");
    return filled(backend, x, 1);
  }),
  rawKernel<object, FillAttrs>("Fill", (_, { shape, value, dtype: given }, backend) => {
    const dtype = given || util.inferDtype(value as number);
    if (typeof value !== "string") return filled(backend, { shape, dtype }, value);
    return backend.makeTensorInfo(shape, "string", new Array<string>(util.sizeFromShape(shape)).fill(value));
  }),
];
