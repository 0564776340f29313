/** Small valid files of every format, and what makes their lengths and checksums right again after a change. */

import { crc32, deflateSync, gzipSync } from "node:zlib";

/** Bytes that look random and are always the same. */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

// ---------------------------------------------------------------------------------------------------- safetensors

/** A safetensors file with a header given as text. */
export function safetensorsFile(header: string, body: Uint8Array): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, body]);
}

/** The same bytes with the length of a header that ends with its last brace. */
export function sealSafetensors(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  if (file.length >= 8) file.writeBigUInt64LE(BigInt(Math.max(0, file.lastIndexOf("}") + 1 - 8)));
  return file;
}

// ------------------------------------------------------------------------------------------------------------ npy

/** An npy file with a header given as text. */
export function npyFile(header: string, body: Uint8Array, version = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`);
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(text.length, 0, length.length);
  return Buffer.concat([Buffer.from("\x93NUMPY", "latin1"), Buffer.of(version, 0), length, text, body]);
}

/** The same bytes with the length of a header that ends with the first newline. */
export function sealNpy(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  const [start, width] = file[6] === 1 ? [10, 2] : [12, 4];
  const end = file.indexOf("\n", start);
  if (end > 0 && file.length >= start) file.writeUIntLE((end + 1 - start) % 2 ** 16, start - width, width);
  return file;
}

// ------------------------------------------------------------------------------------------------------------ PNG

const PNG_SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

/** A chunk with its length and checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** A PNG file of chunks. */
export function pngOf(...chunks: readonly Uint8Array[]): Buffer {
  return Buffer.concat([PNG_SIGNATURE, ...chunks]);
}

/** What the first chunk of a PNG says. */
export interface PngHeader {
  readonly columns: number;
  readonly rows: number;
  readonly depth: number;
  /** 0 grey, 2 red, green and blue, 3 palette, 4 grey and 6 colours with opacity. */
  readonly colour: number;
  readonly isInterlaced?: boolean;
}

export function pngHeader({ columns, rows, depth, colour, isInterlaced = false }: PngHeader): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(columns, 0);
  data.writeUInt32BE(rows, 4);
  data.set([depth, colour, 0, 0, Number(isInterlaced)], 8);
  return pngChunk("IHDR", data);
}

/** A PNG file of noise, its lines filtered in every way. */
export function pngFile(header: PngHeader, between: readonly Uint8Array[] = []): Uint8Array {
  const { columns, rows, depth, colour, isInterlaced = false } = header;
  const bits = depth * ([1, 0, 3, 1, 2, 0, 4][colour] as number);
  const steps = isInterlaced
    ? ([
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
      ] as const)
    : ([[0, 0, 1, 1]] as const);
  const lines = steps.flatMap(([x, y, xStep, yStep]) => {
    const [wide, tall] = [Math.ceil((columns - x) / xStep), Math.ceil((rows - y) / yStep)];
    const line = (row: number) => Buffer.from([row % 5, ...noise(Math.ceil((wide * bits) / 8), row + 1)]);
    return wide > 0 ? Array.from({ length: tall }, (_, row) => line(row)) : [];
  });
  const data = deflateSync(Buffer.concat(lines));
  const half = data.length >> 1;
  const parts = [data.subarray(0, half), data.subarray(half)].map((part) => pngChunk("IDAT", part));
  return pngOf(pngHeader(header), ...between, ...parts, pngChunk("IEND", Buffer.alloc(0)));
}

/** The same chunks with right checksums. */
export function sealPng(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  for (let at = 8; at + 12 <= file.length; ) {
    const end = at + 8 + file.readUInt32BE(at);
    if (end + 4 > file.length) break;
    file.writeUInt32BE(crc32(file.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return file;
}

// ----------------------------------------------------------------------------------------------------------- JPEG

/** A segment with its length. */
function segment(marker: number, ...data: readonly number[]): number[] {
  return [0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255, ...data];
}

/** One code of each length up to 8: so many ones and a zero. */
const ONE_OF_EACH = [...new Array(8).fill(1), ...new Array(8).fill(0)];

/** Ones in the table of quantisation, and codes for differences, and for the end of a block and what else stands in it. */
const jpegTables = [
  ...segment(0xdb, 0, ...new Array(64).fill(1)),
  ...segment(0xc4, 0x00, ...ONE_OF_EACH, 0, 1, 2, 3, 4, 5, 6, 7),
  ...segment(0xc4, 0x10, ...ONE_OF_EACH, 0x00, 0x01, 0x10, 0x02, 0xf0, 0x11, 0x20, 0x21),
];

/** Bytes of codes, in which at most seven ones follow each other. */
const jpegCodes = (length: number) => [...noise(length, 7)].map((byte) => byte & 0x7f);

/** How a JPEG file has its codes. */
export interface JpegKind {
  readonly isProgressive?: boolean;
  /** Whether it begins anew after every second block; of one component. */
  readonly isRestarted?: boolean;
  /** How many times finer the first component is. */
  readonly fine?: number;
}

/** A JPEG file of 24 × 16 pixels of noise with one, three or four components. */
export function jpegFile(components: number, kind: JpegKind = {}): Uint8Array {
  const { isProgressive = false, isRestarted = false, fine = 1 } = kind;
  const ids = Array.from({ length: components }, (_, i) => i + 1);
  const frame = ids.flatMap((id) => [id, id === 1 ? fine * 0x11 : 0x11, 0]);
  const scan = (of: readonly number[], [first, last, bits]: readonly number[], codes: readonly number[]) => [
    ...segment(0xda, of.length, ...of.flatMap((id) => [id, 0]), first as number, last as number, bits as number),
    ...codes,
  ];
  // Six blocks of no difference and nothing else, two bits each.
  const restarted = [0, 0xff, 0xd0, 0, 0xff, 0xd1, 0];
  const scans = isProgressive
    ? [
        ...scan(ids, [0, 0, 0x01], jpegCodes(200)),
        ...ids.flatMap((id) => scan([id], [1, 63, 0], jpegCodes(600))),
        ...scan(ids, [0, 0, 0x10], jpegCodes(100)),
      ]
    : scan(ids, [0, 63, 0], isRestarted ? restarted : jpegCodes(2000));
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xee, ...Buffer.from("Adobe"), 0, 100, 0, 0, 0, 0, 0),
    ...jpegTables,
    ...segment(isProgressive ? 0xc2 : 0xc0, 8, 0, 16, 0, 24, components, ...frame),
    ...(isRestarted ? segment(0xdd, 0, 2) : []),
    ...scans,
    ...[0xff, 0xd9],
  ]);
}

// ------------------------------------------------------------------------------------------------------------ tar

/** A file in a tar archive: its header and its content. */
export function tarEntry(name: string, bytes: Uint8Array, type = "0"): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write("0000644\0", 100);
  header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write(`        ${type}ustar\0`, 148);
  return Buffer.concat([withTarChecksum(header), bytes, Buffer.alloc(-bytes.length & 511)]);
}

/** A header of 512 bytes with the checksum that it must have. */
export function withTarChecksum(header: Uint8Array): Buffer {
  const out = Buffer.from(header);
  out.write("        ", 148);
  const sum = out.reduce((total, byte) => total + byte, 0);
  out.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return out;
}

/** A compressed archive in which every block that looks like a header has the right checksum. */
export function sealTar(bytes: Uint8Array): Uint8Array {
  const archive = Buffer.from(bytes);
  for (let at = 0; at + 512 <= archive.length; at += 512) {
    const block = archive.subarray(at, at + 512);
    if (block.toString("latin1", 157, 162) === "ustar") archive.set(withTarChecksum(block), at);
  }
  return gzipSync(archive);
}
