/** Values as people write them. */

import type { TypedArray } from "../dtype.js";

/** Six significant digits; of many elements the first six. */
export function showValues(values: TypedArray): string {
  const first = Array.from(values.subarray(0, 6), (value) => `${Number(value.toPrecision(6))}`.replace("-", "−"));
  if (values.length === 1) return first[0] as string;
  return `[${first.join(", ")}${values.length > 6 ? ", …" : ""}]`;
}
