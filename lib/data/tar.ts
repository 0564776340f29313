/**
 * Files out of a tar archive: blocks of 512 bytes, a header and then the content of each file.
 *
 * Only names that the caller asks for are ever written, so that no archive can place a file elsewhere.
 */

import { createReadStream } from "node:fs";
import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { FormatError, show } from "../errors.js";

const BLOCK = 512;

/** A file in an archive. */
export interface TarFile {
  /** Without its folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The files with certain names, in whatever folder, in a tar archive compressed with gzip; the rest is passed over.
 *
 * @param wanted Names without folder, and the length that each must have.
 * @throws {FormatError} when the archive is corrupt or truncated, or a file has another length.
 */
export async function* readTarGz(
  op: string,
  path: string,
  wanted: ReadonlyMap<string, number>,
): AsyncGenerator<TarFile, void, undefined> {
  const unpacked = createGunzip();
  // What goes wrong comes out of the reading end.
  const running = pipeline(createReadStream(path), unpacked).catch(() => {});
  try {
    const reader = new Reader(unpacked);
    for (;;) {
      const header = await reader.take(BLOCK);
      if (header.every((byte) => byte === 0)) return;
      const { name, size } = parseHeader(header);
      const expected = wanted.get(name);
      if (expected === undefined) {
        await reader.skip(padded(size));
        continue;
      }
      if (size !== expected) throw new FormatError(`${show(name)} has ${size} bytes instead of ${expected}`);
      yield { name, bytes: (await reader.take(padded(size))).subarray(0, size) };
    }
  } catch (cause) {
    throw new FormatError(`${op}: corrupt archive, ${(cause as Error).message}: ${show(path)}`, { cause });
  } finally {
    unpacked.destroy();
    await running;
  }
}

/** Sizes are rounded up to whole blocks. */
function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function parseHeader(header: Uint8Array): { name: string; size: number } {
  const field = (from: number, to: number) => {
    const bytes = header.subarray(from, to);
    const end = bytes.indexOf(0);
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1");
  };
  const octal = (from: number, to: number) => {
    const text = field(from, to).trim();
    if (!/^[0-7]+$/.test(text)) throw new Error(`no octal number, ${show(text)}`);
    return Number.parseInt(text, 8);
  };
  // The checksum counts its own eight bytes as spaces.
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (octal(148, 156) !== sum) throw new Error("a header with another checksum");
  // Only plain files have a content that is theirs; links and folders have none, and other kinds describe the next entry.
  const isFile = header[156] === 0x30 || header[156] === 0;
  return { name: isFile ? posix.basename(field(0, 100)) : "", size: octal(124, 136) };
}

/** Bytes of a stream in the portions one asks for. */
class Reader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next `length` bytes. */
  async take(length: number): Promise<Uint8Array> {
    const out = new Uint8Array(length);
    await this.#advance(length, (bytes, at) => out.set(bytes, at));
    return out;
  }

  /** Passes over the next `length` bytes. */
  async skip(length: number): Promise<void> {
    await this.#advance(length, () => {});
  }

  async #advance(length: number, use: (bytes: Uint8Array, at: number) => void): Promise<void> {
    for (let done = 0; done < length; ) {
      if (this.#rest.length === 0) {
        const { value, done: ended } = await this.#chunks.next();
        if (ended) throw new Error("it ends in the middle");
        this.#rest = value;
      }
      const bytes = this.#rest.subarray(0, length - done);
      use(bytes, done);
      done += bytes.length;
      this.#rest = this.#rest.subarray(bytes.length);
    }
  }
}
