import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DTypeError, FormatError, OptionError, ShapeError } from "../../lib/errors.js";
import { decodeNpy, encodeNpy, loadNpy, saveNpy, type TensorData } from "../../lib/io/index.js";

/** An npy file with a header and the elements in hexadecimal. */
function npy(header: string, hex: string, version = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`, "utf8");
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from("\x93NUMPY", "latin1"),
    Buffer.of(version, 0),
    length,
    text,
    Buffer.from(hex, "hex"),
  ]);
}

const header = (descr: string, shape: string, order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

const small = npy(header("<i4", "(2,)"), "01000000feffffff");

describe("decodeNpy", () => {
  // The elements as NumPy 2.4 wrote them.
  it.each<[string, string, string, string, number[], number[]]>([
    ["<f4", "(2, 2)", "0000c03f000000c00000404000008040", "float32", [2, 2], [1.5, -2, 3, 4]],
    [">f4", "(1,)", "3fc00000", "float32", [1], [1.5]],
    ["<f8", "(2,)", "000000000000f83f00000000000000c0", "float64", [2], [1.5, -2]],
    ["<i4", "(2,)", "01000000feffffff", "int32", [2], [1, -2]],
    [">i8", "()", "0000000000000007", "int32", [], [7]],
    [">u8", "(1,)", "0000000000000005", "int32", [1], [5]],
    ["<u4", "(2,)", "01000000ffffff7f", "int32", [2], [1, 2 ** 31 - 1]],
    ["<u2", "(2,)", "0100ffff", "int32", [2], [1, 65535]],
    [">i2", "(2,)", "0001fffe", "int32", [2], [1, -2]],
    ["|i1", "(2,)", "01fe", "int32", [2], [1, -2]],
    ["|u1", "(2,)", "01fe", "uint8", [2], [1, 254]],
    ["|b1", "(2,)", "0100", "bool", [2], [1, 0]],
    ["<f4", "(0, 3)", "", "float32", [0, 3], []],
    [
      "<f2",
      "(8,)",
      "003c00c1ff7b0100007c007e00808e06",
      "float32",
      [8],
      [1, -2.5, 65504, 2 ** -24, Infinity, Number.NaN, -0, 0x68e * 2 ** -24],
    ],
  ])("reads %s %s", (descr, shape, hex, dtype, expectedShape, values) => {
    for (const version of [1, 2, 3]) {
      const array = decodeNpy(npy(header(descr, shape), hex, version));
      expect([array.dtype, array.shape]).toEqual([dtype, expectedShape]);
      expect([...array.data]).toEqual(values);
    }
  });

  it("reads column-major arrays", () => {
    const matrix = npy(header("<i4", "(2, 3)", "True"), "000000000300000001000000040000000200000005000000");
    expect([...decodeNpy(matrix).data]).toEqual([0, 1, 2, 3, 4, 5]);
    const cube = npy(header("|u1", "(2, 3, 4)", "True"), "000c04100814010d05110915020e06120a16030f07130b17");
    expect([...decodeNpy(cube).data]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it("reads headers in other words for the same", () => {
    const text = `  {"shape":(2L,),"fortran_order":False , "descr":"=i4"}   `;
    expect(decodeNpy(npy(text, "01000000feffffff")).data).toEqual(Int32Array.of(1, -2));
  });

  it("reads bytes that begin inside a buffer, and copies them", () => {
    const bytes = new Uint8Array(small.length + 3).subarray(3);
    bytes.set(small);
    const { data } = decodeNpy(bytes);
    bytes.fill(0);
    expect(data).toEqual(Int32Array.of(1, -2));
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["another format", Buffer.from("\x89PNG\r\n\x1a\n"), /not an npy file/],
    ["version 4", npy(header("<i4", "(1,)"), "", 4), /unsupported version 4/],
    ["a long header", npy(`{${" ".repeat(70_000)}}`, "", 2), /header too long/],
    ["a header of 4 GB", Buffer.concat([small.subarray(0, 6), Buffer.of(2, 0, 255, 255, 255, 255)]), /header too long/],
    ["no dictionary", npy("[]", ""), /unsupported header/],
    ["an entry that is missing", npy("{'descr': '<i4', 'shape': (1,), }", ""), /unsupported header/],
    ["another entry", npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1,), 'x': 1}", ""), /unsupported header/],
    ["code", npy(`{'descr': '<i4', 'fortran_order': False, 'shape': (1,).__class__}`, ""), /unsupported header/],
    ["records", npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", "00000000"), /unsupported/],
    ["text", npy(header("<U2", "(1,)"), "6100000062000000"), /elements of type '<U2' are unsupported/],
    ["objects", npy(header("|O", "(1,)"), "00"), /elements of type '\|O' are unsupported/],
    ["complex numbers", npy(header("<c8", "(1,)"), "0000000000000000"), /'<c8'/],
    ["nine axes", npy(header("|u1", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), "00"), /9 axes/],
    ["2⁶⁰ elements", npy(header("|u1", "(1073741824, 1073741824)"), "00"), /too many elements/],
    ["2³¹ − 1 elements that are not there", npy(header("<f8", "(2147483647,)"), "00"), /truncated/],
    ["a trailing byte", Buffer.concat([small, Buffer.of(0)]), /trailing bytes/],
    [
      "an integer beyond int32",
      npy(header("<i8", "(1,)"), "0000008000000000"),
      /integer beyond int32, 2147483648 at 0/,
    ],
    ["an unsigned integer beyond int32", npy(header("<u4", "(1,)"), "00000080"), /beyond int32/],
    ["a bool of 2", npy(header("|b1", "(1,)"), "02"), /bool other than 0 and 1, 2 at 0/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeNpy(bytes, "file")).toThrow(FormatError);
    expect(() => decodeNpy(bytes, "file")).toThrow(message);
    expect(() => decodeNpy(bytes, "file")).toThrow(/^decodeNpy: .*: "file"$/s);
  });

  it("refuses a file cut at any byte", () => {
    for (let length = 0; length < small.length; length++) {
      expect(() => decodeNpy(small.subarray(0, length))).toThrow(FormatError);
    }
  });

  it("throws nothing but FormatError on corrupt bytes", () => {
    const flip = fc.tuple(fc.nat(small.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 3 }), (flips) => {
        const corrupt = Uint8Array.from(small);
        for (const [at, bits] of flips) corrupt[at] = (corrupt[at] as number) ^ bits;
        try {
          decodeNpy(corrupt);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe("encodeNpy", () => {
  it.each<TensorData>([
    { dtype: "float32", shape: [2, 1, 2], data: Float32Array.of(1.5, -0, Number.NaN, Infinity) },
    { dtype: "float64", shape: [], data: Float64Array.of(Math.PI) },
    { dtype: "int32", shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
    { dtype: "uint8", shape: [0, 5], data: new Uint8Array(0) },
    { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
  ])("is read back as it was: %j", (array) => {
    const bytes = encodeNpy(array);
    expect(decodeNpy(bytes)).toEqual(array);
    expect((bytes.length - array.data.byteLength) % 64).toBe(0);
  });

  it("writes what NumPy writes, but for the padding", () => {
    const bytes = encodeNpy({ dtype: "int32", shape: [2], data: Int32Array.of(1, -2) });
    const text = Buffer.from(bytes).toString("latin1");
    expect(text.slice(0, 10)).toBe("\x93NUMPY\x01\x00\x76\x00");
    expect(text.slice(10, 128)).toBe(`${"{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }".padEnd(117)}\n`);
  });

  it("refuses data that does not fit", () => {
    const data = new Float32Array(3);
    expect(() => encodeNpy({ dtype: "float32", shape: [2], data })).toThrow(ShapeError);
    expect(() => encodeNpy({ dtype: "int32", shape: [3], data } as unknown as TensorData)).toThrow(OptionError);
    expect(() => encodeNpy({ dtype: "int64", shape: [3], data } as unknown as TensorData)).toThrow(DTypeError);
  });

  it("goes to a file and back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
    try {
      const array: TensorData = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) };
      await saveNpy(join(folder, "a.npy"), array);
      expect(await loadNpy(join(folder, "a.npy"))).toEqual(array);
      await writeFile(join(folder, "b.npy"), "text");
      await expect(loadNpy(join(folder, "b.npy"))).rejects.toThrow(/not an npy file: ".*b.npy"/);
      await expect(loadNpy(join(folder, "c.npy"))).rejects.toThrow(/loadNpy: cannot read file.*ENOENT/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
