/** Kernels that make tensors of nothing but a shape and some numbers. */

import {
  type DataType,
  type DiagInputs,
  type FillAttrs,
  type LinSpaceAttrs,
  type MultinomialAttrs,
  type MultinomialInputs,
  type OneHotAttrs,
  type OneHotInputs,
  type RangeAttrs,
  type TensorInfo,
  util,
  type ZerosLikeInputs,
} from "@tensorflow/tfjs-core";
import type { DType } from "../../index.js";
import * as ng from "../../index.js";
import type { NodegradBackend } from "../backend.js";
import { type Kernel, lazyKernel, rawKernel, valuesKernel } from "../kernel.js";
import { scan } from "./scan.js";

/** A tensor of one value everywhere, also of strings and of complex numbers. */
function filled(
  backend: NodegradBackend,
  { shape, dtype }: Omit<TensorInfo, "dataId">,
  value: number | string,
): TensorInfo {
  if (dtype === "string") {
    return backend.makeTensorInfo(shape, dtype, new Array<string>(util.sizeFromShape(shape)).fill(String(value)));
  }
  const part = (number: number, type: DType) => backend.adopt(ng.full(shape, number, { dtype: type }));
  if (dtype === "complex64") return backend.makeComplex(part(Number(value), "float32"), part(0, "float32"));
  return part(Number(value), dtype);
}

/** A seed for nodegrad, which takes integers: TF.js takes any number, and draws one from [0, 1) where none is given. */
function seedOf(seed: number): number {
  const [low, high] = new Uint32Array(Float64Array.of(seed).buffer) as unknown as [number, number];
  return (low ^ Math.imul(high, 0x9e3779b9)) >>> 0;
}

export const createKernels: readonly Kernel[] = [
  rawKernel<ZerosLikeInputs>("ZerosLike", ({ x }, _, backend) => filled(backend, x, x.dtype === "string" ? "" : 0)),
  rawKernel<ZerosLikeInputs>("OnesLike", ({ x }, _, backend) => {
    if (x.dtype === "string") throw new ng.DTypeError("OnesLike: x must be a tensor of numbers, got string");
    return filled(backend, x, 1);
  }),
  rawKernel<object, FillAttrs>("Fill", (_, { shape, value, dtype }, backend) =>
    filled(backend, { shape, dtype: dtype || (util.inferDtype(value as number) as DataType) }, value),
  ),
  valuesKernel<object, RangeAttrs>("Range", (_, { start, stop, step, dtype }) => {
    // A step of 1, the default, also counts down.
    const stride = step === 1 && stop < start ? -1 : step;
    const length = Math.max(0, Math.ceil((stop - start) / stride));
    const values = util.makeZerosTypedArray(length, dtype).map((_, i) => start + i * stride);
    return { values: values as Float32Array, shape: [length], dtype };
  }),
  valuesKernel<object, LinSpaceAttrs>("LinSpace", (_, { start, stop, num }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return { values: Float32Array.from({ length: num }, (_, i) => start + i * step), shape: [num], dtype: "float32" };
  }),
  lazyKernel<OneHotInputs, OneHotAttrs>("OneHot", ({ indices }, { dtype, depth, onValue, offValue }) => {
    const isHot = indices
      .cast("int32")
      .expandDims(indices.rank)
      .equal(ng.arange(depth, { dtype: "int32" }));
    return ng.where(isHot, onValue, offValue).cast((dtype ?? "int32") as DType);
  }),
  lazyKernel<DiagInputs>("Diag", ({ x }) => {
    const isDiagonal = ng.eye(x.size, { dtype: "bool" });
    return ng.where(isDiagonal, x.reshape([x.size]), 0).reshape([...x.shape, ...x.shape]);
  }),
  lazyKernel<MultinomialInputs, MultinomialAttrs>("Multinomial", ({ logits }, { numSamples, seed, normalized }) => {
    const probabilities = normalized ? logits : logits.softmax();
    const [batch, classes] = logits.shape as [number, number];
    const draws = ng.randomUniform([batch, numSamples, 1], { seed: seedOf(seed) });
    // The class whose share of [0, 1) the draw falls into: as many as end at or before it.
    const ends = scan(probabilities, { axis: 1 }, ng.add, 0).reshape([batch, 1, classes]);
    return ng.minimum(draws.greaterEqual(ends).sum({ axes: 2 }), classes - 1);
  }),
];
