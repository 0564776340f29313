/**
 * The IDX format of the original MNIST files: one array of any rank.
 *
 * ```
 * 2 bytes   0
 * 1 byte    type of the elements
 * 1 byte    rank
 * 4 × rank  the shape, big-endian
 * rest      the elements, big-endian, row-major
 * ```
 */

import type { DType, TypedArray } from "../dtype.js";
import { type Element, elements, readElements } from "../io/elements.js";
import { checkBytes, type Fail, failer, readBytes } from "../io/files.js";
import { largestSizeOf, MAX_RANK, MAX_SIZE, showShape, sizeOf } from "../shape.js";
import { gunzip, gunzipHead, isGzip } from "./gzip.js";

/** An array read from an IDX file: `data` holds `shape` row-major. */
export interface IdxArray {
  readonly dtype: DType;
  readonly shape: number[];
  readonly data: TypedArray;
}

/** What the first bytes of an IDX file say. */
interface Header {
  readonly element: Element;
  readonly shape: number[];
  /** Where the elements begin. */
  readonly start: number;
  /** Where they end: the length of the file. */
  readonly end: number;
}

/** Elements by the type in the header. */
const types = new Map<number, Element | undefined>([
  [0x08, elements.get("u1")],
  [0x09, elements.get("i1")],
  [0x0b, elements.get("i2")],
  [0x0c, elements.get("i4")],
  [0x0d, elements.get("f4")],
  [0x0e, elements.get("f8")],
]);

/** Compressed bytes that certainly hold the IDX header: a gzip header with a long file name and a Huffman table. */
const GZIP_HEAD_BYTES = 8192;

/**
 * Reads an IDX file, plain or compressed with gzip (told by its first bytes, not by its name).
 *
 * @throws {OptionError} when the file is missing or cannot be read.
 * @throws {FormatError} as `parseIdx` does.
 */
export async function readIdx(path: string): Promise<IdxArray> {
  return parseIdx(await readBytes("readIdx", path), path);
}

/**
 * The array in the bytes of an IDX file, plain or compressed with gzip.
 *
 * int8 and int16 become int32; other elements keep their dtype. Data is copied.
 *
 * @param name What to call the bytes in messages, usually the path.
 * @throws {FormatError} when the bytes are of another format, truncated, corrupt or too long, or hold
 *   more than 8 axes or more than 2³¹ − 1 elements.
 * @throws {OptionError} for what is no `Uint8Array`.
 */
export function parseIdx(bytes: Uint8Array, name = "bytes"): IdxArray {
  const op = "parseIdx";
  const fail: Fail = failer(op, name);
  checkBytes(op, bytes);
  const plain = isGzip(bytes) ? unpack(bytes, fail) : bytes;
  const { element, shape, start, end } = parseHeader(plain, fail);
  if (plain.length < end) fail(`truncated, ${plain.length} of ${end} bytes`);
  if (plain.length > end) fail(`trailing bytes, ${plain.length} instead of ${end}`);
  const data = readElements(plain.subarray(start), element, false, sizeOf(shape), fail);
  return { dtype: element.dtype, shape, data };
}

function parseHeader(bytes: Uint8Array, fail: Fail): Header {
  // By index: a detached array has elements no more, but cannot be iterated.
  const [zero0, zero1, type, rank] = [bytes[0], bytes[1], bytes[2], bytes[3]];
  if (type === undefined || rank === undefined) fail(`truncated, ${bytes.length} bytes, no header`);
  if (zero0 !== 0 || zero1 !== 0) fail(`not an IDX file, it begins with ${zero0}, ${zero1} instead of 0, 0`);
  const element = types.get(type);
  if (element === undefined) fail(`unknown element type ${type}`);
  if (rank > MAX_RANK) fail(`${rank} axes, at most ${MAX_RANK} are supported`);
  const start = 4 + 4 * rank;
  if (bytes.length < start) fail(`truncated, ${bytes.length} bytes, the header has ${start}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (largestSizeOf(shape) > MAX_SIZE) fail(`too many elements, ${showShape(shape)}, at most 2³¹ − 1`);
  return { element, shape, start, end: start + sizeOf(shape) * element.bytes };
}

/**
 * Decompresses in two steps: first only as much as tells the length of the array, then the rest, limited to
 * that length. A few hostile bytes can therefore not claim more memory than the array they describe.
 */
function unpack(bytes: Uint8Array, fail: Fail): Uint8Array {
  const head = gunzipHead(bytes.subarray(0, GZIP_HEAD_BYTES), fail);
  return gunzip(bytes, parseHeader(head, fail).end, fail);
}
