/** Looks at a library before Linux's loader does, which trusts what its header says. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Numbers of the ELF format. */
const ELF = { magic: 0x7f454c46, header: 64, class64: 2, littleEndian: 1, segment: 56, load: 1 };

/** Its numbers of processors, by Node's names. */
const PROCESSORS: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/**
 * Why a file is no complete library for this processor, or undefined where nothing is wrong.
 *
 * The loader maps the segments that the header lists without a look at the length of the file. Of a file that was cut
 * off it then reads what is not there, which ends the process (SIGBUS).
 */
export function elfProblem(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const header = read(file, 0, ELF.header);
    if (header === undefined) return `the file is cut off: it has ${size} bytes`;
    if (header.readUInt32BE(0) !== ELF.magic) return "not a library of this platform";
    // What nodegrad knows no processor for has been built on the spot.
    const processor = PROCESSORS[process.arch];
    if (processor === undefined) return undefined;
    if (header[4] !== ELF.class64 || header[5] !== ELF.littleEndian || header.readUInt16LE(18) !== processor) {
      return `built for another processor than this one (${process.arch})`;
    }
    const end = endOfSegments(file, header);
    if (end !== undefined && end <= size) return undefined;
    return `the file is cut off: it has ${size} bytes${end === undefined ? "" : ` of ${end}`}`;
  } finally {
    closeSync(file);
  }
}

/** Offset behind the last byte that the loader maps; undefined where even the list of segments is cut off. */
function endOfSegments(file: number, header: Buffer): number | undefined {
  const [start, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(56)];
  const list = read(file, start, count * ELF.segment);
  if (list === undefined) return undefined;
  let end = 0;
  for (let at = 0; at < list.length; at += ELF.segment) {
    if (list.readUInt32LE(at) !== ELF.load) continue;
    end = Math.max(end, Number(list.readBigUInt64LE(at + 8) + list.readBigUInt64LE(at + 32)));
  }
  return end;
}

/** `length` bytes of a file, or undefined where it is shorter. */
function read(file: number, position: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  return readSync(file, bytes, 0, length, position) === length ? bytes : undefined;
}
