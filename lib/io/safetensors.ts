/**
 * The safetensors format: named tensors in one file, without code to execute on loading.
 *
 * ```
 * 8 bytes   N, little-endian
 * N bytes   JSON: { name: { dtype, shape, data_offsets: [begin, end] }, "__metadata__": { string: string } }
 * rest      the elements, little-endian, row-major; offsets count from here and leave no gap
 * ```
 *
 * Elements are copied as they lie in memory: every platform Node.js supports nodegrad on is little-endian.
 */

import { allocate, type DType, dtypeInfo, type TypedArray } from "../dtype.js";
import { OptionError, type ShapeError, show } from "../errors.js";
import { checkShape, type Shape, showShape, sizeOf } from "../shape.js";
import { checkBytes, type Fail, failer, readBytes, writeAtomically } from "./files.js";
import { checkTensorData, type TensorData } from "./tensor-data.js";

/** What a safetensors file holds. Both records have no prototype, so any name is safe as a key. */
export interface SafetensorsFile {
  readonly tensors: Record<string, TensorData>;
  /** Free text about the file, `{}` when it has none. */
  readonly metadata: Record<string, string>;
}

/** One entry of the JSON header. */
interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
  /** Whether the file has integers of 8 bytes instead of the dtype's 4. */
  readonly wide: boolean;
}

const METADATA = "__metadata__";

/** Size of the field that holds the header's length. */
const LENGTH_BYTES = 8;

/** The format's own limit, so that a reader may refuse to parse a header that is not one. */
const MAX_HEADER_BYTES = 100_000_000;

const fileDTypes: { readonly [D in DType]: string } = {
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
 * The bytes of a safetensors file.
 *
 * The same tensors give the same bytes whatever the order of their names: wider dtypes come first (so
 * that every tensor is aligned to its element size), then names in code unit order.
 *
 * @param tensors By name; any name but `"__metadata__"`. Dtypes float32, float64, int32, uint8, bool.
 * @param metadata Free text to keep with them.
 * @throws {OptionError} for a reserved name, data of another typed array class, metadata that is not text.
 * @throws {DTypeError} for an unknown dtype.
 * @throws {ShapeError} for a bad shape, or data of another length.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const op = "encodeSafetensors";
  if (!isRecord(tensors)) throw new OptionError(`${op}: needs tensors by name, got ${show(tensors)}`);
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name === METADATA) throw new OptionError(`${op}: reserved name: ${show(name)}`);
    checkTensorData(`${op}: tensor ${show(name)}`, tensor);
  }
  checkMetadata(op, metadata);
  const sorted = Object.entries(tensors).sort(
    ([aName, a], [bName, b]) => dtypeInfo[b.dtype].bytes - dtypeInfo[a.dtype].bytes || (aName < bName ? -1 : 1),
  );

  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype: fileDTypes[dtype], shape, data_offsets: [begin, end] };
  }

  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new OptionError(`${op}: header too long: ${headerBytes} bytes; at most ${MAX_HEADER_BYTES}`);
  }
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + json.length, LENGTH_BYTES + headerBytes);
  let position = LENGTH_BYTES + headerBytes;
  for (const [, { data }] of sorted) {
    bytes.set(bytesOf(data), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * The tensors in the bytes of a safetensors file. Their data is copied: the result does not refer to `bytes`. Integers of
 * 64 bits (`I64`) become int32.
 *
 * @param name What to call the bytes in messages, usually the path.
 * @throws {FormatError} when the bytes are truncated, corrupt, or hold a dtype or shape nodegrad lacks, or
 *   integers beyond int32.
 * @throws {OptionError} for what is no `Uint8Array`.
 */
export function decodeSafetensors(bytes: Uint8Array, name = "bytes"): SafetensorsFile {
  const op = "decodeSafetensors";
  const fail: Fail = failer(op, name);
  checkBytes(op, bytes);
  const [header, dataStart] = parseHeader(bytes, fail);
  const body = bytes.subarray(dataStart);

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
  checkLayout(entries, body.length, fail);

  const tensors: Record<string, TensorData> = Object.create(null);
  for (const { name: key, dtype, shape, begin, end, wide } of entries) {
    const data = allocate(dtype, sizeOf(shape));
    if (wide) data.set(narrowed(body.subarray(begin, end), key, fail));
    else bytesOf(data).set(body.subarray(begin, end));
    if (dtype === "bool" && data.some((element) => element > 1)) fail(`bool other than 0 and 1: tensor ${show(key)}`);
    tensors[key] = { dtype, shape, data };
  }
  return { tensors, metadata };
}

/**
 * Writes tensors to a safetensors file. The file appears complete or not at all: an existing one stays
 * as it was until the new one is on disk.
 *
 * @throws {OptionError} when the path cannot be written, and as `encodeSafetensors` does.
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorData>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  await writeAtomically("saveSafetensors", path, encodeSafetensors(tensors, metadata));
}

/**
 * Reads a safetensors file.
 *
 * @throws {OptionError} when the file is missing or cannot be read.
 * @throws {FormatError} when it is truncated or corrupt.
 */
export async function loadSafetensors(path: string): Promise<SafetensorsFile> {
  return decodeSafetensors(await readBytes("loadSafetensors", path), path);
}

/** The parsed JSON header, and where the elements begin. */
function parseHeader(bytes: Uint8Array, fail: Fail): [Record<string, unknown>, number] {
  if (bytes.length < LENGTH_BYTES) fail(`truncated: ${bytes.length} bytes, shorter than the length of a header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) fail(`header too long: ${length} bytes, at most ${MAX_HEADER_BYTES}`);
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > bytes.length) fail(`truncated: the header ends at byte ${dataStart} of ${bytes.length}`);
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    header = JSON.parse(text.decode(bytes.subarray(LENGTH_BYTES, dataStart)));
  } catch (cause) {
    fail("header is not JSON", { cause });
  }
  if (!isRecord(header)) fail(`header is not an object: ${show(header)}`);
  return [header, dataStart];
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

function checkMetadata(op: string, metadata: unknown): void {
  if (!isRecord(metadata)) throw new OptionError(`${op}: metadata must be texts by name, got ${show(metadata)}`);
  for (const [field, text] of Object.entries(metadata)) {
    if (typeof text !== "string") {
      throw new OptionError(`${op}: metadata must be text: ${show(field)} is ${show(text)}`);
    }
  }
}

function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
