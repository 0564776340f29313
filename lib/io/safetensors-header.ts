/** The header of a safetensors file: what it says about the tensors, checked. */

import { type DType, dtypeInfo, type TypedArray } from "../dtype.js";
import { type ShapeError, show } from "../errors.js";
import { checkShape, type Shape, showShape, sizeOf } from "../shape.js";
import type { Fail } from "./files.js";
import { repeatedKey } from "./json-keys.js";

/** What the header says about one tensor. */
export interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Where its bytes lie, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
  /** Whether the file has integers of 8 bytes instead of the dtype's 4. */
  readonly wide: boolean;
}

/** All that a header says. */
export interface Header {
  readonly entries: readonly Entry[];
  /** A record without a prototype. */
  readonly metadata: Record<string, string>;
}

/** The name of the entry that is no tensor. */
export const METADATA = "__metadata__";

/** Size of the field that holds the header's length. */
export const LENGTH_BYTES = 8;

/** The format's own limit, so that a reader may refuse to parse a header that is not one. */
export const MAX_HEADER_BYTES = 100_000_000;

/** What dtypes are called in files. */
export const fileDTypes: { readonly [D in DType]: string } = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
};

/** Integers of 8 bytes, with which PyTorch counts: they are read as int32. */
const WIDE = "I64";

const dtypeOf = new Map([
  ...Object.entries(fileDTypes).map(([dtype, code]) => [code, dtype as DType] as const),
  [WIDE, "int32"] as const,
]);

/**
 * Where the elements begin.
 *
 * @param start The first `LENGTH_BYTES` of the file, or all of a shorter one.
 * @param size Of the file, in bytes.
 */
export function endOfHeader(start: Uint8Array, size: number, fail: Fail): number {
  if (size < LENGTH_BYTES) fail(`truncated: ${size} bytes, shorter than the length of a header`);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) fail(`header too long: ${length} bytes, at most ${MAX_HEADER_BYTES}`);
  const end = LENGTH_BYTES + Number(length);
  if (end > size) fail(`truncated: the header ends at byte ${end} of ${size}`);
  return end;
}

/**
 * Reads a header.
 *
 * @param json Its bytes, without their length.
 * @param size Bytes that follow it, all of which it must describe.
 */
export function parseHeader(json: Uint8Array, size: number, fail: Fail): Header {
  let text = "";
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
    header = JSON.parse(text);
  } catch (cause) {
    fail("header is not JSON", { cause });
  }
  if (!isRecord(header)) fail(`header is not an object: ${show(header)}`);
  const twice = repeatedKey(text);
  if (twice !== undefined) fail(`header has a name twice: ${show(twice)}`);
  const metadata: Record<string, string> = Object.create(null);
  const entries: Entry[] = [];
  for (const [key, value] of Object.entries(header)) {
    if (key !== METADATA) {
      entries.push(parseEntry(key, value, fail));
      continue;
    }
    if (!isRecord(value)) fail(`${METADATA} is not an object: ${show(value)}`);
    for (const [field, text] of Object.entries(value)) {
      if (typeof text !== "string") fail(`metadata is not text: ${show(field)} is ${show(text)}`);
      metadata[field] = text;
    }
  }
  checkLayout(entries, size, fail);
  return { entries, metadata };
}

/** Bytes of an element in the file. */
export function bytesOfElement({ dtype, wide }: Entry): number {
  return wide ? 8 : dtypeInfo[dtype].bytes;
}

/**
 * Elements from their bytes in the file.
 *
 * @param into Of the entry's dtype, as many as there are bytes for.
 */
export function decodeElements(entry: Entry, bytes: Uint8Array, into: TypedArray, fail: Fail): void {
  const { name, dtype, wide } = entry;
  if (wide) into.set(narrowed(bytes, name, fail));
  else new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(bytes);
  if (dtype === "bool" && into.some((element) => element > 1)) fail(`bool other than 0 and 1: tensor ${show(name)}`);
}

/** Checks one entry of the header by itself. */
function parseEntry(name: string, value: unknown, fail: Fail): Entry {
  const tensor = `tensor ${show(name)}`;
  if (!isRecord(value)) fail(`${tensor} is not described by an object`);
  const dtype = dtypeOf.get(value.dtype as string);
  if (dtype === undefined) {
    fail(`unsupported dtype of ${tensor}, ${show(value.dtype)}; expected one of ${[...dtypeOf.keys()].join(", ")}`);
  }
  let shape: Shape = [];
  try {
    shape = checkShape(tensor, value.shape);
  } catch (cause) {
    fail((cause as ShapeError).message, { cause });
  }
  const [begin, end, ...rest] = Array.isArray(value.data_offsets) ? value.data_offsets : [];
  if (!isOffset(begin) || !isOffset(end) || rest.length > 0) fail(`${tensor} has no pair of data_offsets`);
  const wide = value.dtype === WIDE;
  const expected = sizeOf(shape) * (wide ? 8 : dtypeInfo[dtype].bytes);
  if (end - begin !== expected) {
    fail(`${tensor} of ${dtype} ${showShape(shape)} needs ${expected} bytes, its data_offsets are [${begin}, ${end}]`);
  }
  return { name, dtype, shape, begin, end, wide };
}

/** Integers of 8 bytes as numbers that an int32 holds. */
function narrowed(bytes: Uint8Array, name: string, fail: Fail): number[] {
  const integers = Array.from(new BigInt64Array(Uint8Array.from(bytes).buffer));
  const large = integers.find((integer) => BigInt.asIntN(32, integer) !== integer);
  if (large !== undefined) fail(`integer beyond int32: tensor ${show(name)} has ${large}`);
  return integers.map(Number);
}

/** Checks that the entries cover `size` bytes: no gap, no overlap, nothing beyond. */
function checkLayout(entries: readonly Entry[], size: number, fail: Fail): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      fail(`${begin < covered ? "overlap" : "gap"} before tensor ${show(name)}, it begins at ${begin}, not ${covered}`);
    }
    covered = end;
  }
  if (covered > size) fail(`truncated: ${size} bytes of data, the header describes ${covered}`);
  if (covered < size) fail(`trailing bytes: ${size} bytes of data, the header describes ${covered}`);
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
