/** Sums of products by the names of their axes. */

import { backend_util, type Tensor as CoreTensor, type EinsumAttrs } from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";
import { float } from "./dtypes.js";
import { integerProduct } from "./matmul.js";
import { infoOf } from "./values.js";

/** A tensor whose axes have numbers for names. */
interface Named {
  readonly tensor: Tensor;
  readonly axes: readonly number[];
}

/** Sums over the axes that neither the other factors nor the result have. */
function sumUnneeded({ tensor, axes }: Named, needed: ReadonlySet<number>): Named {
  const gone = axes.flatMap((axis, i) => (needed.has(axis) ? [] : [i]));
  if (gone.length === 0) return { tensor, axes };
  return { tensor: tensor.sum({ axes: gone }), axes: axes.filter((axis) => needed.has(axis)) };
}

/** A tensor with its axes in the given groups, each of which becomes one axis. */
function grouped({ tensor, axes }: Named, ...groups: readonly (readonly number[])[]): Tensor {
  const turned = tensor.transpose(groups.flat().map((axis) => axes.indexOf(axis)));
  const length = (axis: number) => tensor.shape[axes.indexOf(axis)] as number;
  return turned.reshape(groups.map((group) => group.reduce((product, axis) => product * length(axis), 1)));
}

/** The product of two factors, summed over the axes that are needed no more: one matrix product in batches. */
function contract(a: Named, b: Named, needed: ReadonlySet<number>): Named {
  const left = sumUnneeded(a, new Set([...b.axes, ...needed]));
  const right = sumUnneeded(b, new Set([...a.axes, ...needed]));
  const both = left.axes.filter((axis) => right.axes.includes(axis));
  const [batch, summed] = [both.filter((axis) => needed.has(axis)), both.filter((axis) => !needed.has(axis))];
  const rows = left.axes.filter((axis) => !both.includes(axis));
  const columns = right.axes.filter((axis) => !both.includes(axis));
  const product =
    left.tensor.dtype === "int32"
      ? integerProduct(grouped(left, batch, rows, summed), grouped(right, batch, columns, summed))
      : grouped(left, batch, rows, summed).matmul(grouped(right, batch, summed, columns));
  const lengths = new Map<number, number>();
  for (const { tensor, axes } of [left, right]) {
    for (const [i, axis] of axes.entries()) lengths.set(axis, tensor.shape[i] as number);
  }
  const axes = [...batch, ...rows, ...columns];
  return { tensor: product.reshape(axes.map((axis) => lengths.get(axis) as number)), axes };
}

export const einsumKernels: readonly Kernel[] = [
  lazyKernel<object, EinsumAttrs>("Einsum", (inputs, { equation }) => {
    const tensors = Object.values<Tensor>(inputs as Record<string, Tensor>);
    const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
    backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors.map(infoOf) as CoreTensor[]);
    const result = allDims.map((_, axis) => axis).filter((axis) => !summedDims.includes(axis));
    const areIntegers = tensors.every(({ dtype }) => dtype === "int32");
    const factors = tensors.map(
      (tensor, i): Named => ({ tensor: areIntegers ? tensor : float(tensor), axes: idDims[i] as number[] }),
    );
    let product = factors[0] as Named;
    for (let i = 1; i < factors.length; i++) {
      const needed = new Set([...result, ...factors.slice(i + 1).flatMap(({ axes }) => axes)]);
      product = contract(product, factors[i] as Named, needed);
    }
    const { tensor, axes } = sumUnneeded(product, new Set(result));
    return tensor.transpose(result.map((axis) => axes.indexOf(axis)));
  }),
];
