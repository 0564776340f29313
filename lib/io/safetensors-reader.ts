/** Safetensors files read piece by piece: what they hold need never be in memory twice. */

import { allocate, type TypedArray } from "../dtype.js";
import { type Fail, failer, type ReadableFile, withFile } from "./files.js";
import {
  bytesOfElement,
  decodeElements,
  type Entry,
  endOfHeader,
  type Header,
  LENGTH_BYTES,
  parseHeader,
} from "./safetensors-header.js";

/** Elements of a piece: few enough for the caches, many enough that the system's calls do not count. */
const PIECE = 1 << 18;

/** Takes elements of a tensor from number `offset` on; the array is overwritten with those that follow. */
export type TakePiece = (piece: TypedArray, offset: number) => void;

/** An open safetensors file, whose header has been checked. */
export class SafetensorsReader {
  private readonly bytes = new Uint8Array(PIECE * 8);

  private constructor(
    private readonly file: ReadableFile,
    /** Where the elements begin. */
    private readonly start: number,
    readonly header: Header,
    private readonly fail: Fail,
  ) {}

  /** @internal Use `withSafetensors`. */
  static async open(file: ReadableFile, fail: Fail): Promise<SafetensorsReader> {
    const length = new Uint8Array(LENGTH_BYTES);
    if (file.size >= LENGTH_BYTES) await file.read(length, 0);
    const start = endOfHeader(length, file.size, fail);
    const json = new Uint8Array(start - LENGTH_BYTES);
    await file.read(json, LENGTH_BYTES);
    return new SafetensorsReader(file, start, parseHeader(json, file.size - start, fail), fail);
  }

  /**
   * Makes sure that the bytes of a tensor are elements: integers of 8 bytes may be beyond int32, bools neither 0 nor 1. Any
   * bytes will do for other dtypes, and are not read.
   */
  async check(entry: Entry): Promise<void> {
    if (entry.wide || entry.dtype === "bool") await this.read(entry, () => {});
  }

  /** Reads a tensor from its first element to its last. */
  async read(entry: Entry, take: TakePiece): Promise<void> {
    const width = bytesOfElement(entry);
    const length = (entry.end - entry.begin) / width;
    const piece = allocate(entry.dtype, Math.min(length, PIECE));
    for (let offset = 0; offset < length; offset += PIECE) {
      const count = Math.min(length - offset, PIECE);
      const bytes = this.bytes.subarray(0, count * width);
      await this.file.read(bytes, this.start + entry.begin + offset * width);
      const elements = piece.subarray(0, count);
      decodeElements(entry, bytes, elements, this.fail);
      take(elements, offset);
    }
  }
}

/**
 * Calls `body` with an open file.
 *
 * @param op Name of the public function, for messages.
 * @throws {OptionError} when the file cannot be read; {FormatError} when it is truncated or corrupt.
 */
export async function withSafetensors<T>(
  op: string,
  path: string,
  body: (reader: SafetensorsReader) => Promise<T>,
): Promise<T> {
  return await withFile(op, path, async (file) => body(await SafetensorsReader.open(file, failer(op, path))));
}
