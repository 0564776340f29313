/** How kernels are written: as functions of lazy tensors, or of values. */

import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs-core";
import type { Tensor } from "../index.js";
import type { NodegradBackend, TensorsOf } from "./backend.js";

/** A kernel: its name in TF.js, and what it does. */
export type Kernel = Pick<KernelConfig, "kernelName" | "kernelFunc">;

/** The inputs of a kernel by name, as the core gives them: those that a kernel must have are there. */
type InfosOf<I> = { readonly [K in keyof I]: Exclude<I[K], undefined> };

/**
 * A kernel that is a function of lazy tensors and attributes: nothing runs before a value is needed.
 *
 * @param compute Returns lazy tensors of the shapes and dtypes that TF.js expects.
 */
export function lazyKernel<I extends object, A = unknown>(
  kernelName: string,
  compute: (inputs: TensorsOf<I>, attributes: A) => Tensor | readonly Tensor[],
): Kernel {
  return rawKernel<I, A>(kernelName, (inputs, attributes, backend) => {
    const result = compute(backend.tensorsOf(inputs), attributes);
    return Array.isArray(result) ? result.map((tensor) => backend.adopt(tensor)) : backend.adopt(result as Tensor);
  });
}

/** A kernel that handles data ids itself: shares them, reads values, takes strings or complex numbers. */
export function rawKernel<I, A = unknown>(
  kernelName: string,
  compute: (inputs: InfosOf<I>, attributes: A, backend: NodegradBackend) => TensorInfo | TensorInfo[],
): Kernel {
  const kernelFunc: KernelConfig["kernelFunc"] = ({ inputs, attrs, backend }) =>
    compute(inputs as InfosOf<I>, attrs as A, backend as NodegradBackend);
  return { kernelName, kernelFunc };
}
