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
import { float, numeric } from "./dtypes.js";
import { type FusedAttributes, fuse } from "./fused.js";

/**
 * a · b for `[…, m, k]` and `[…, k, n]`, either transposed; batch axes broadcast. Products of integers, and of booleans, are
 * int32 and exact (they wrap).
 */
function product(backend: NodegradBackend, a: TensorInfo, b: TensorInfo, attributes: BatchMatMulAttrs): Tensor {
  const { transposeA, transposeB } = attributes;
  util.assert(
    a.shape.length >= 2 && b.shape.length >= 2,
    () => `matMul: needs matrices, got [${a.shape}] and [${b.shape}]`,
  );
  const [left, right] = [backend.tensorOf(a), backend.weightsOf(b)];
  if (left.dtype !== "float32" && right.dtype !== "float32") {
    return integerProduct(turned(numeric(left), transposeA), turned(numeric(right), !transposeB));
  }
  return ng.matmul(turned(float(left), transposeA), turned(float(right), transposeB));
}

/** a · bᵀ of int32, as sums of products: a product of matrices of floats would be exact below 2²⁴ only. */
export function integerProduct(a: Tensor, b: Tensor): Tensor {
  return a.expandDims(-2).mul(b.expandDims(-3)).sum({ axes: -1 });
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
