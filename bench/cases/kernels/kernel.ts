/** Single operations: what all groups of this level share. */

import { compile, type Tensor, tensor, transpose, type Variable, variable } from "nodegrad";
import { type Runner, repeat } from "../../harness/case.js";
import { numbers } from "../../harness/numbers.js";

/** Order of the axes in memory of a batch of images. nodegrad's operations take NCHW; NHWC is a transposed view. */
export type Layout = "NCHW" | "NHWC";

export const LAYOUTS: readonly Layout[] = ["NCHW", "NHWC"];

/** A variable of numbers of the random sequence `seed`. */
export function filled(shape: readonly number[], seed: number): Variable {
  return variable(tensor(numbers(product(shape), seed), { shape }));
}

export function product(factors: readonly number[]): number {
  return factors.reduce((a, b) => a * b, 1);
}

/** Computes into memory that is there, so that the kernel is measured and not an allocation. */
export function into(output: Variable, compute: () => Tensor): Runner {
  const run = compile(() => output.assign(compute()));
  return repeat(run, 1, () => output.dataSync() as Float32Array);
}

/** A batch of images in memory of some layout, as users of NCHW see it. */
export interface Images {
  readonly memory: Variable;
  /** `[n, c, h, w]`. */
  nchw(): Tensor;
  /** Computes into these images, from `[n, c, h, w]`. */
  into(compute: () => Tensor): Runner;
}

/** Images of size `[n, c, h, w]`, with the numbers of a sequence in the order of memory. */
export function images([n, c, h, w]: readonly [number, number, number, number], layout: Layout, seed: number): Images {
  if (layout === "NCHW") {
    const memory = filled([n, c, h, w], seed);
    return { memory, nchw: () => memory, into: (compute) => into(memory, compute) };
  }
  const memory = filled([n, h, w, c], seed);
  return {
    memory,
    nchw: () => transpose(memory, [0, 3, 1, 2]),
    into: (compute) => into(memory, () => transpose(compute(), [0, 2, 3, 1])),
  };
}
