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

import { allocate, type DType, dtypeInfo, type TypedArray } from "../dtype.js";
import { type Fail, failer, readBytes } from "../io/files.js";
import { MAX_RANK, MAX_SIZE, showShape, sizeOf } from "../shape.js";
import { gunzip, gunzipHead, isGzip } from "./gzip.js";

/** An array read from an IDX file: `data` holds `shape` row-major. */
export interface IdxArray {
  readonly dtype: DType;
  readonly shape: number[];
  readonly data: TypedArray;
}

/** What the first bytes of an IDX file say. */
interface Header {
  readonly dtype: DType;
  readonly shape: number[];
  /** Where the elements begin. */
  readonly start: number;
  /** Where they end: the length of the file. */
  readonly end: number;
}

const dtypeOf = new Map<number, DType>([
  [0x08, "uint8"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);

const unsupportedTypes = new Map([
  [0x09, "int8"],
  [0x0b, "int16"],
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
 * Elements of type uint8, int32, float32 and float64 are copied into the typed array of that dtype.
 *
 * @param name What to call the bytes in messages, usually the path.
 * @throws {FormatError} when the bytes are of another format, truncated, corrupt or too long, or hold int8 or
 *   int16, more than 8 axes or more than 2³¹ − 1 elements.
 */
export function parseIdx(bytes: Uint8Array, name = "bytes"): IdxArray {
  const fail: Fail = failer("parseIdx", name);
  const plain = isGzip(bytes) ? unpack(bytes, fail) : bytes;
  const { dtype, shape, start, end } = parseHeader(plain, fail);
  if (plain.length < end) fail(`truncated, ${plain.length} of ${end} bytes`);
  if (plain.length > end) fail(`trailing bytes, ${plain.length} instead of ${end}`);
  return { dtype, shape, data: readElements(dtype, plain.subarray(start)) };
}

function parseHeader(bytes: Uint8Array, fail: Fail): Header {
  const [zero0, zero1, type, rank] = bytes;
  if (type === undefined || rank === undefined) fail(`truncated, ${bytes.length} bytes, no header`);
  if (zero0 !== 0 || zero1 !== 0) fail(`not an IDX file, it begins with ${zero0}, ${zero1} instead of 0, 0`);
  const dtype = dtypeOf.get(type);
  if (dtype === undefined) {
    const unsupported = unsupportedTypes.get(type);
    fail(unsupported ? `elements of type ${unsupported} are unsupported` : `unknown element type ${type}`);
  }
  if (rank > MAX_RANK) fail(`${rank} axes, at most ${MAX_RANK} are supported`);
  const start = 4 + 4 * rank;
  if (bytes.length < start) fail(`truncated, ${bytes.length} bytes, the header has ${start}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = sizeOf(shape);
  if (size > MAX_SIZE) fail(`too many elements, ${showShape(shape)}, at most 2³¹ − 1`);
  return { dtype, shape, start, end: start + size * dtypeInfo[dtype].bytes };
}

/**
 * Decompresses in two steps: first only as much as tells the length of the array, then the rest, limited to
 * that length. A few hostile bytes can therefore not claim more memory than the array they describe.
 */
function unpack(bytes: Uint8Array, fail: Fail): Uint8Array {
  const head = gunzipHead(bytes.subarray(0, GZIP_HEAD_BYTES), fail);
  return gunzip(bytes, parseHeader(head, fail).end, fail);
}

/** Copies big-endian elements into a typed array. */
function readElements(dtype: DType, bytes: Uint8Array): TypedArray {
  if (dtype === "uint8") return new Uint8Array(bytes);
  const width = dtypeInfo[dtype].bytes;
  const data = allocate(dtype, bytes.length / width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < data.length; i++) {
    if (dtype === "int32") data[i] = view.getInt32(i * width);
    else if (dtype === "float32") data[i] = view.getFloat32(i * width);
    else data[i] = view.getFloat64(i * width);
  }
  return data;
}
