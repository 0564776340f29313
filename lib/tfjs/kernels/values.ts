/** Values of tensors as the kernels that compute on the calling thread read and write them. */

import { type DataType, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { Values } from "../kernel.js";

/** The integers of an int32 tensor. */
export const integersOf = ({ values }: Values): Int32Array => values as Int32Array;

/** The strings of a string tensor, as UTF-8. */
export const stringsOf = ({ values }: Values): readonly Uint8Array[] => values as Uint8Array[];

/** Elements of any dtype, strings too, as the values of a tensor. */
export function arrayOf(elements: readonly unknown[], dtype: DataType): Values["values"] {
  if (dtype === "string") return elements as readonly string[];
  const values = util.makeZerosTypedArray(elements.length, dtype as "float32");
  (values as Float32Array).set(elements as readonly number[]);
  return values as Float32Array;
}

/** A vector of int32. */
export const integerVector = (values: readonly number[]): Values => ({
  shape: [values.length],
  dtype: "int32",
  values: Int32Array.from(values),
});

const NO_DATA = {};

/** A tensor as helpers of the core take it that look at its shape and dtype only. */
export const infoOf = ({
  shape,
  dtype,
}: {
  readonly shape: readonly number[];
  readonly dtype: string;
}): TensorInfo => ({
  dataId: NO_DATA,
  shape: shape as number[],
  dtype: dtype as DataType,
});
