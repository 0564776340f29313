import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseIdx, readIdx } from "../../lib/data/index.js";
import { FormatError, OptionError } from "../../lib/errors.js";

const matrix = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 255);
const matrixArray = { dtype: "uint8", shape: [2, 3], data: Uint8Array.of(10, 20, 30, 40, 50, 255) };

describe("parseIdx", () => {
  it("reads uint8", () => {
    expect(parseIdx(matrix)).toEqual(matrixArray);
  });

  it.each<[string, number[], number[], ArrayLike<number>]>([
    ["int32", [0x09, 1, 0, 0, 0, 3, 5, 0x80, 0xff], [3], Int32Array.of(5, -128, -1)],
    ["int32", [0x0b, 1, 0, 0, 0, 2, 1, 2, 0xff, 0xfe], [2], Int32Array.of(258, -2)],
    ["int32", [0x0c, 1, 0, 0, 0, 2, 0, 0, 1, 2, 0xff, 0xff, 0xff, 0xfe], [2], Int32Array.of(258, -2)],
    ["float32", [0x0d, 1, 0, 0, 0, 2, 0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], [2], Float32Array.of(1, -2.5)],
    ["float64", [0x0e, 1, 0, 0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], [1], Float64Array.of(1.5)],
    ["float32", [0x0d, 0, 0x40, 0, 0, 0], [], Float32Array.of(2)],
    ["uint8", [8, 2, 0, 0, 0, 0, 0, 0, 0, 9], [0, 9], new Uint8Array(0)],
  ])("reads big-endian %s: %j", (dtype, tail, shape, data) => {
    const bytes = Uint8Array.of(0, 0, ...tail);
    expect(parseIdx(bytes)).toEqual({ dtype, shape, data });
    expect(parseIdx(gzipSync(bytes))).toEqual({ dtype, shape, data });
  });

  it("copies: the array does not change with the bytes", () => {
    const bytes = matrix.slice();
    const { data } = parseIdx(bytes);
    bytes.fill(0);
    expect(data).toEqual(matrixArray.data);
    expect(data.byteLength).toBe(data.buffer.byteLength);
  });

  it("reads bytes that begin inside a buffer", () => {
    const bytes = new Uint8Array(matrix.length + 3).subarray(3);
    bytes.set(matrix);
    expect(parseIdx(bytes)).toEqual(matrixArray);
  });

  it("reads gzip with a file name in its header", () => {
    const plain = gzipSync(matrix);
    // Flag FNAME, and the name between the ten bytes of the header and the data.
    const named = Buffer.concat([plain.subarray(0, 10), Buffer.from("images\0"), plain.subarray(10)]);
    named[3] = 8;
    expect(parseIdx(named)).toEqual(matrixArray);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /truncated, 0 bytes, no header/],
    ["another format", Buffer.from("\x89PNG\r\n"), /not an IDX file/],
    ["an unknown type", Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 1, 5), /unknown element type 7/],
    ["nine axes", Uint8Array.of(0, 0, 8, 9, ...new Uint8Array(36)), /9 axes/],
    ["2³¹ elements", Uint8Array.of(0, 0, 8, 1, 0x80, 0, 0, 0), /too many elements, \[2147483648\]/],
    ["2⁶⁴ elements", Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255), /too many elements/],
    ["a trailing byte", Uint8Array.of(...matrix, 0), /trailing bytes, 19 instead of 18/],
    ["a trailing byte, compressed", gzipSync(Uint8Array.of(...matrix, 0)), /trailing bytes/],
    ["another member after the first", Buffer.concat([gzipSync(matrix), gzipSync(matrix)]), /trailing bytes/],
    ["bytes after the compressed data", Buffer.concat([gzipSync(matrix), Buffer.of(1)]), /corrupt gzip/],
    ["too few elements, compressed", gzipSync(matrix.subarray(0, 17)), /truncated, 17 of 18/],
    ["no elements, compressed", gzipSync(Uint8Array.of(0, 0, 8, 0)), /truncated, 4 of 5/],
    ["nothing, compressed", gzipSync(new Uint8Array(0)), /no header/],
    ["a bomb of 2³¹ elements", gzipSync(Uint8Array.of(0, 0, 8, 1, 0x80, 0, 0, 0)), /too many elements/],
    ["a bomb after a small array", gzipSync(Buffer.concat([matrix, Buffer.alloc(2 ** 24)])), /trailing bytes/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseIdx(bytes, "images")).toThrow(FormatError);
    expect(() => parseIdx(bytes, "images")).toThrow(message);
    expect(() => parseIdx(bytes, "images")).toThrow(/^parseIdx: .*"images"$/);
  });

  it("refuses a file cut at any byte", () => {
    for (const bytes of [matrix, gzipSync(matrix)]) {
      for (let length = 0; length < bytes.length; length++) {
        expect(() => parseIdx(bytes.subarray(0, length))).toThrow(FormatError);
      }
    }
  });

  it("throws nothing but FormatError on corrupt bytes", () => {
    const flip = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
    const original = fc.constantFrom<Uint8Array>(matrix, gzipSync(matrix));
    fc.assert(
      fc.property(original, fc.array(flip, { minLength: 1, maxLength: 3 }), (bytes, flips) => {
        const corrupt = bytes.slice();
        for (const [at, bits] of flips) corrupt[at % bytes.length] = (corrupt[at % bytes.length] as number) ^ bits;
        try {
          parseIdx(corrupt);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  it("detects every changed bit in compressed elements by their checksum", () => {
    const bytes = gzipSync(matrix);
    const checksum = bytes.length - 8;
    for (let at = checksum; at < bytes.length; at++) {
      const corrupt = Buffer.from(bytes);
      corrupt[at] = (corrupt[at] as number) ^ 1;
      expect(() => parseIdx(corrupt)).toThrow(/corrupt gzip/);
    }
  });
});

describe("readIdx", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("tells gzip by content, not by name", async () => {
    const path = join(folder, "array");
    await writeFile(path, gzipSync(matrix));
    expect(await readIdx(path)).toEqual(matrixArray);
    await writeFile(`${path}.gz`, matrix);
    expect(await readIdx(`${path}.gz`)).toEqual(matrixArray);
  });

  it("names the file in errors", async () => {
    const path = join(folder, "array");
    const missing = await readIdx(path).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(OptionError);
    expect(missing).toMatchObject({ message: expect.stringContaining(path), cause: { code: "ENOENT" } });
    await expect(readIdx(folder)).rejects.toThrow(/cannot read file.*EISDIR/);
    await writeFile(path, matrix.subarray(0, 9));
    await expect(readIdx(path)).rejects.toThrow(path);
  });
});
