/** Running sums and products. */

import type { CumsumAttrs, CumsumInputs } from "@tensorflow/tfjs-core";
import type { Range, Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel } from "../kernel.js";
import { numeric } from "./dtypes.js";

/** How a scan goes: along which axis, from which end, and whether an element counts for its own result. */
interface ScanOptions {
  readonly axis: number;
  readonly exclusive?: boolean;
  readonly reverse?: boolean;
}

/**
 * out[i] = x[0] ∘ … ∘ x[i] along an axis, for an associative ∘ with a neutral element: in ⌈log₂ n⌉ passes, each of which
 * combines every element with the one as far before it as all passes before have reached.
 */
export function scan(
  x: Tensor,
  { axis, exclusive = false, reverse = false }: ScanOptions,
  combine: (a: Tensor, b: Tensor) => Tensor,
  neutral: number,
): Tensor {
  const along = axis < 0 ? axis + x.rank : axis;
  const length = x.shape[along] as number;
  const shifted = (y: Tensor, by: number) => {
    const kept = y.slice([...x.shape.slice(0, along).map((): Range => null), [0, Math.max(0, length - by)]]);
    return kept.pad(
      x.shape.map((_, i): [number, number] => (i === along ? [Math.min(by, length), 0] : [0, 0])),
      { value: neutral },
    );
  };
  let y = reverse ? x.flip({ axes: along }) : x;
  if (exclusive) y = shifted(y, 1);
  for (let reach = 1; reach < length; reach *= 2) y = combine(y, shifted(y, reach));
  return reverse ? y.flip({ axes: along }) : y;
}

export const scanKernels: readonly Kernel[] = [
  lazyKernel<CumsumInputs, CumsumAttrs>("Cumsum", ({ x }, attributes) => scan(numeric(x), attributes, ng.add, 0)),
  lazyKernel<CumsumInputs, CumsumAttrs>("Cumprod", ({ x }, attributes) => scan(numeric(x), attributes, ng.mul, 1)),
];
