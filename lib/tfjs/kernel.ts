/** How kernels are written: as functions of lazy tensors, or of values. */

import type { DataType, KernelConfig, TensorInfo } from "@tensorflow/tfjs-core";
import type { Tensor } from "../index.js";
import type { BackendValues, NodegradBackend, TensorsOf } from "./backend.js";

/** A kernel: its name in TF.js, and what it does. */
export type Kernel = Pick<KernelConfig, "kernelName" | "kernelFunc">;

/** The inputs of a kernel by name, as the core gives them: those that a kernel must have are there. */
export type InfosOf<I> = { readonly [K in keyof I]: Exclude<I[K], undefined> };

/**
 * A kernel that is a function of lazy tensors and attributes: nothing runs before a value is needed.
 *
 * @param compute Returns lazy tensors of the shapes and dtypes that TF.js expects. Its inputs are numbers: with strings or
 *   complex numbers the kernel throws a `DTypeError`.
 */
export function lazyKernel<I extends object, A = unknown>(
  kernelName: string,
  compute: (inputs: TensorsOf<I>, attributes: A) => Tensor | readonly Tensor[],
): Kernel {
  return rawKernel<I, A>(kernelName, (inputs, attributes, backend) => {
    const result = compute(backend.tensorsOf(inputs, kernelName), attributes);
    return Array.isArray(result) ? result.map((tensor) => backend.adopt(tensor)) : backend.adopt(result as Tensor);
  });
}

/** The values of a tensor, in row-major order, with its shape and dtype. */
export interface Values {
  readonly values: BackendValues | readonly string[];
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/**
 * A kernel that computes on the calling thread from the values of its inputs, once all that is pending has been computed:
 * for shapes that depend on values, for strings, and for what nobody computes often.
 */
export function valuesKernel<I, A = unknown>(
  kernelName: string,
  compute: (inputs: ValuesOf<I>, attributes: A) => Values | readonly Values[],
): Kernel {
  return rawKernel<I, A>(kernelName, (inputs, attributes, backend) => {
    const valuesOf = (info: TensorInfo): Values => ({ ...info, values: backend.readSync(info.dataId) });
    const read: Record<string, Values | Values[]> = {};
    for (const [name, info] of Object.entries(inputs as Record<string, TensorInfo | TensorInfo[] | null>)) {
      if (info != null) read[name] = Array.isArray(info) ? info.map(valuesOf) : valuesOf(info);
    }
    const result = compute(read as ValuesOf<I>, attributes);
    const write = ({ shape, dtype, values }: Values) => backend.makeTensorInfo(shape, dtype, values);
    return Array.isArray(result) ? result.map(write) : write(result as Values);
  });
}

/** The inputs of a kernel by name, with their values. */
type ValuesOf<I> = { readonly [K in keyof I]: I[K] extends TensorInfo[] ? Values[] : Values };

/** A kernel that handles data ids itself: shares them, reads values, takes strings or complex numbers. */
export function rawKernel<I, A = unknown>(
  kernelName: string,
  compute: (inputs: InfosOf<I>, attributes: A, backend: NodegradBackend) => TensorInfo | TensorInfo[],
): Kernel {
  const kernelFunc: KernelConfig["kernelFunc"] = ({ inputs, attrs, backend }) =>
    compute(inputs as InfosOf<I>, attrs as A, backend as NodegradBackend);
  return { kernelName, kernelFunc };
}
