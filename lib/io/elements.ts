/** Elements of arrays in files: numbers of many widths, in either order of their bytes. */

import { allocate, type DType, type TypedArray } from "../dtype.js";
import type { Fail } from "./files.js";

/** How the elements of a file are read. */
export interface Element {
  readonly bytes: number;
  /** What they become. */
  readonly dtype: DType;
  readonly get: (view: DataView, at: number, littleEndian: boolean) => number;
}

/** Elements by kind and width, as NumPy calls them. Integers that an int32 may not hold are checked as they are read. */
export const elements = new Map<string, Element>([
  ["f2", { bytes: 2, dtype: "float32", get: (view, at, little) => halfToNumber(view.getUint16(at, little)) }],
  ["f4", { bytes: 4, dtype: "float32", get: (view, at, little) => view.getFloat32(at, little) }],
  ["f8", { bytes: 8, dtype: "float64", get: (view, at, little) => view.getFloat64(at, little) }],
  ["i1", { bytes: 1, dtype: "int32", get: (view, at) => view.getInt8(at) }],
  ["i2", { bytes: 2, dtype: "int32", get: (view, at, little) => view.getInt16(at, little) }],
  ["i4", { bytes: 4, dtype: "int32", get: (view, at, little) => view.getInt32(at, little) }],
  ["i8", { bytes: 8, dtype: "int32", get: (view, at, little) => Number(view.getBigInt64(at, little)) }],
  ["u1", { bytes: 1, dtype: "uint8", get: (view, at) => view.getUint8(at) }],
  ["u2", { bytes: 2, dtype: "int32", get: (view, at, little) => view.getUint16(at, little) }],
  ["u4", { bytes: 4, dtype: "int32", get: (view, at, little) => view.getUint32(at, little) }],
  ["u8", { bytes: 8, dtype: "int32", get: (view, at, little) => Number(view.getBigUint64(at, little)) }],
  ["b1", { bytes: 1, dtype: "bool", get: (view, at) => view.getUint8(at) }],
]);

/**
 * Copies elements into a typed array.
 *
 * @param bytes At least as many as the elements take.
 * @throws {FormatError} for an integer beyond int32, and a bool other than 0 and 1.
 */
export function readElements(
  bytes: Uint8Array,
  { bytes: width, dtype, get }: Element,
  littleEndian: boolean,
  size: number,
  fail: Fail,
): TypedArray {
  if (dtype === "uint8") return new Uint8Array(bytes.subarray(0, size));
  const data = allocate(dtype, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < size; i++) {
    const value = get(view, i * width, littleEndian);
    if (dtype === "int32" && (value < -(2 ** 31) || value >= 2 ** 31)) fail(`integer beyond int32, ${value} at ${i}`);
    if (dtype === "bool" && value > 1) fail(`bool other than 0 and 1, ${value} at ${i}`);
    data[i] = value;
  }
  return data;
}

/** The number that 16 bits of IEEE 754 stand for. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
