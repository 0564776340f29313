/** Matrix products. */

import {
  type _FusedMatMulAttrs,
  type _FusedMatMulInputs,
  type BatchMatMulAttrs,
  type BatchMatMulInputs,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import type { NodegradBackend } from "../backend.js";
import { type Kernel, rawKernel } from "../kernel.js";
import { type FusedAttributes, fuse } from "./fused.js";

/** a · b for `[…, m, k]` and `[…, k, n]`, either transposed; batch axes broadcast. int32 is computed in float32. */
function product(backend: NodegradBackend, a: TensorInfo, b: TensorInfo, attributes: BatchMatMulAttrs): Tensor {
  const { transposeA, transposeB } = attributes;
  util.assert(
    a.shape.length >= 2 && b.shape.length >= 2,
    () => `matMul: needs matrices, got [${a.shape}] and [${b.shape}]`,
  );
  const left = turned(ng.cast(backend.tensorOf(a), "float32"), transposeA);
  const right = turned(ng.cast(backend.weightsOf(b), "float32"), transposeB);
  const result = ng.matmul(left, right);
  return a.dtype === "int32" && b.dtype === "int32" ? ng.cast(result, "int32") : result;
}

/** The last two axes changed over. */
function turned(x: Tensor, isTransposed: boolean): Tensor {
  if (!isTransposed) return x;
  const axes = x.shape.map((_, i) => i);
  return x.transpose([...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

export const matmulKernels: readonly Kernel[] = [
  rawKernel<BatchMatMulInputs, BatchMatMulAttrs>("BatchMatMul", ({ a, b }, attributes, backend) =>
    backend.adopt(product(backend, a, b, attributes)),
  ),
  rawKernel<_FusedMatMulInputs, _FusedMatMulAttrs>("_FusedMatMul", (inputs, attributes, backend) => {
    const x = product(backend, inputs.a, inputs.b, attributes);
    return backend.adopt(fuse(x, backend.tensorsOf(inputs), attributes as FusedAttributes));
  }),
];
