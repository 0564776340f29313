/** Kernels that move elements and compute nothing: they work for every dtype. */

import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { arange, type Tensor } from "../index.js";
import type { NodegradBackend, TensorsOf } from "./backend.js";
import { type Kernel, rawKernel } from "./kernel.js";

type Infos = Record<string, TensorInfo>;

/** Moves elements of numeric tensors. */
type Move<A> = (inputs: Readonly<Record<string, Tensor>>, attributes: A) => Tensor | readonly Tensor[];

/**
 * A kernel that moves elements of its inputs. Complex tensors move part by part; instead of strings their positions move,
 * and the strings follow.
 *
 * @param move Must look at no values of a string tensor; inputs of other dtypes, such as indices, may be beside it.
 */
export function movingKernel<I extends object, A = unknown>(
  kernelName: string,
  move: (inputs: TensorsOf<I>, attributes: A) => Tensor | readonly Tensor[],
): Kernel {
  return rawKernel<I, A>(kernelName, (inputs, attributes, backend) => {
    const infos = inputs as unknown as Infos;
    const dtypes = Object.values(infos).map(({ dtype }) => dtype);
    const how = dtypes.includes("string") ? moveStrings : dtypes.includes("complex64") ? moveParts : moveNumbers;
    return how(backend, infos, attributes, move as unknown as Move<A>);
  });
}

/** `map` of a result or of each of a list. */
function mapResult(result: Tensor | readonly Tensor[], map: (tensor: Tensor) => TensorInfo): TensorInfo | TensorInfo[] {
  return Array.isArray(result) ? result.map(map) : map(result as Tensor);
}

function moveNumbers<A>(backend: NodegradBackend, infos: Infos, attributes: A, move: Move<A>) {
  return mapResult(move(backend.tensorsOf(infos) as Record<string, Tensor>, attributes), (tensor) =>
    backend.adopt(tensor),
  );
}

function moveParts<A>(backend: NodegradBackend, infos: Infos, attributes: A, move: Move<A>) {
  const partOf = (name: "real" | "imag") => {
    const parts: Record<string, Tensor> = {};
    for (const [key, info] of Object.entries(infos)) {
      const { complex } = backend.dataOf(info.dataId);
      parts[key] = backend.tensorOf(complex === undefined ? info : { ...complex[name], shape: info.shape });
    }
    return move(parts, attributes);
  };
  const imaginary = [partOf("imag")].flat() as Tensor[];
  let i = 0;
  return mapResult(partOf("real"), (real) =>
    backend.makeComplex(backend.adopt(real), backend.adopt(imaginary[i++] as Tensor)),
  );
}

function moveStrings<A>(backend: NodegradBackend, infos: Infos, attributes: A, move: Move<A>) {
  const strings: Uint8Array[] = [];
  const positions: Record<string, Tensor> = {};
  for (const [key, info] of Object.entries(infos)) {
    if (info.dtype !== "string") {
      positions[key] = backend.tensorOf(info);
      continue;
    }
    const start = strings.length;
    for (const text of backend.dataOf(info.dataId).strings ?? []) strings.push(text);
    positions[key] = arange(util.sizeFromShape(info.shape), { dtype: "int32" }).add(start).reshape(info.shape);
  }
  return mapResult(move(positions, attributes), (moved) => {
    const values = Array.from(moved.dataSync(), (position) => strings[position] as Uint8Array);
    return backend.makeTensorInfo(moved.shape, "string", values);
  });
}
