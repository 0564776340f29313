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

import { allocate, dtypeInfo, type TypedArray } from "../dtype.js";
import { OptionError, show } from "../errors.js";
import { sizeOf } from "../shape.js";
import { checkBytes, type Fail, failer, writeAtomically } from "./files.js";
import {
  decodeElements,
  type Entry,
  endOfHeader,
  fileDTypes,
  isRecord,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA,
  parseHeader,
} from "./safetensors-header.js";
import { withSafetensors } from "./safetensors-reader.js";
import { checkTensorData, type TensorData } from "./tensor-data.js";

/** What a safetensors file holds. Both records have no prototype, so any name is safe as a key. */
export interface SafetensorsFile {
  readonly tensors: Record<string, TensorData>;
  /** Free text about the file, `{}` when it has none. */
  readonly metadata: Record<string, string>;
}

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
  const parts = encodedParts("encodeSafetensors", tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

/** The bytes of a file in parts: the header, and the tensors' own memory. */
function encodedParts(
  op: string,
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
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
  const start = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerBytes), true);
  start.set(json, LENGTH_BYTES);
  return [start, ...sorted.map(([, { data }]) => bytesOf(data))];
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
  const start = endOfHeader(bytes, bytes.length, fail);
  const { entries, metadata } = parseHeader(bytes.subarray(LENGTH_BYTES, start), bytes.length - start, fail);
  const tensors: Record<string, TensorData> = Object.create(null);
  for (const entry of entries) {
    const tensor = emptyTensor(entry);
    decodeElements(entry, bytes.subarray(start + entry.begin, start + entry.end), tensor.data, fail);
    tensors[entry.name] = tensor;
  }
  return { tensors, metadata };
}

function emptyTensor({ dtype, shape }: Entry): TensorData {
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
}

/**
 * Writes tensors to a safetensors file. The file appears complete or not at all: an existing one stays
 * as it was until the new one is on disk.
 *
 * @param tensors As for `encodeSafetensors`; they are written from where they are, and must not change until the promise
 *   settles.
 * @throws {OptionError} when the path cannot be written, and as `encodeSafetensors` does.
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomically("saveSafetensors", path, encodedParts("saveSafetensors", tensors, metadata));
}

/**
 * Reads a safetensors file. To bring one into a model, `Module.load` takes half the memory.
 *
 * @throws {OptionError} when the file is missing or cannot be read.
 * @throws {FormatError} when it is truncated or corrupt.
 */
export async function loadSafetensors(path: string): Promise<SafetensorsFile> {
  return await withSafetensors("loadSafetensors", path, async (reader) => {
    const { entries, metadata } = reader.header;
    const tensors: Record<string, TensorData> = Object.create(null);
    for (const entry of entries) {
      const tensor = emptyTensor(entry);
      await reader.read(entry, (piece, offset) => tensor.data.set(piece, offset));
      tensors[entry.name] = tensor;
    }
    return { tensors, metadata };
  });
}

/**
 * The metadata of a safetensors file, of which no tensor is read: to tell what model to make before `Module.load`.
 *
 * @returns A record without a prototype, `{}` for a file without metadata.
 * @throws as `loadSafetensors`.
 */
export async function loadSafetensorsMetadata(path: string): Promise<Record<string, string>> {
  return await withSafetensors("loadSafetensorsMetadata", path, async ({ header }) => header.metadata);
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
