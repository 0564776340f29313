/** The dtypes that kernels compute in: TF.js takes any where nodegrad's operations ask for some. */

import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";

/** A tensor that can be calculated with: booleans as integers. So sums and products of booleans are int32. */
export function numeric(x: Tensor): Tensor {
  return x.dtype === "bool" ? ng.cast(x, "int32") : x;
}

/** A tensor as floats. */
export const float = (x: Tensor): Tensor => ng.cast(x, "float32");

/** A tensor as booleans: ≠ 0. */
export const truth = (x: Tensor): Tensor => ng.cast(x, "bool");

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** A number as an attribute of an operation on tensors of a dtype: a whole one within range for int32. */
export function numberOf(value: number, { dtype }: Tensor): number {
  return dtype === "int32" ? Math.min(Math.max(Math.trunc(value), INT32_MIN), INT32_MAX) : value;
}
