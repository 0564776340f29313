import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DTypeError, FormatError, OptionError, ShapeError } from "../../lib/errors.js";
import {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  saveSafetensors,
  type TensorData,
} from "../../lib/io/index.js";

const example: Record<string, TensorData> = {
  weight: { dtype: "float32", shape: [2, 3], data: Float32Array.of(1, -2, 0.5, Infinity, -0, 3e-45) },
  double: { dtype: "float64", shape: [1], data: Float64Array.of(Math.PI) },
  steps: { dtype: "int32", shape: [], data: Int32Array.of(-(2 ** 31)) },
  pixels: { dtype: "uint8", shape: [3], data: Uint8Array.of(0, 127, 255) },
  mask: { dtype: "bool", shape: [2, 1], data: Uint8Array.of(1, 0) },
  empty: { dtype: "float32", shape: [0, 4], data: new Float32Array(0) },
};

/** A file with the given header, written by hand: no code under test takes part. */
function file(header: unknown, body: readonly number[] = []): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.from(body)]);
}

/** One uint8 tensor `x` of two elements, with parts of its entry replaced. */
function twoBytes(changes: object, body: readonly number[] = [1, 2]): Uint8Array {
  return file({ x: { dtype: "U8", shape: [2], data_offsets: [0, 2], ...changes } }, body);
}

describe("safetensors bytes", () => {
  it("follow the format to the byte", () => {
    const header = '{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const bytes = encodeSafetensors({ w: { dtype: "float32", shape: [2], data: Float32Array.of(1, -2) } }, { a: "b" });
    expect(Buffer.from(bytes)).toEqual(
      Buffer.concat([
        Buffer.of(80, 0, 0, 0, 0, 0, 0, 0),
        Buffer.from(header.padEnd(80)),
        Buffer.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0),
      ]),
    );
  });

  it("are read as another writer may lay them out", () => {
    const header = {
      b: { dtype: "I32", shape: [1], data_offsets: [3, 7] },
      a: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
    };
    const { tensors, metadata } = decodeSafetensors(file(header, [7, 8, 9, 0xfe, 0xff, 0xff, 0xff]));
    expect(tensors).toEqual({
      a: { dtype: "uint8", shape: [3], data: Uint8Array.of(7, 8, 9) },
      b: { dtype: "int32", shape: [1], data: Int32Array.of(-2) },
    });
    expect(metadata).toEqual({});
  });

  it("have integers of 64 bits read as int32", () => {
    const header = { x: { dtype: "I64", shape: [2], data_offsets: [0, 16] } };
    const body = [7, 0, 0, 0, 0, 0, 0, 0, 254, 255, 255, 255, 255, 255, 255, 255];
    const { tensors } = decodeSafetensors(file(header, body));
    expect(tensors.x).toEqual({ dtype: "int32", shape: [2], data: Int32Array.of(7, -2) });
    expect(() => decodeSafetensors(file(header, body.with(3, 128)), "a")).toThrow(
      'decodeSafetensors: integer beyond int32: tensor "x" has 2147483655: "a"',
    );
  });

  it("hold every dtype, scalars and empty tensors", () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(example, { epoch: "3", note: "µ ≈ 0" }));
    expect(tensors).toEqual(example);
    expect(metadata).toEqual({ epoch: "3", note: "µ ≈ 0" });
  });

  it("may have the same names in different places", () => {
    const header = {
      __metadata__: { x: "dtype", shape: '"x":' },
      x: { dtype: "U8", shape: [0], data_offsets: [0, 0] },
      shape: { dtype: "U8", shape: [0], data_offsets: [0, 0] },
    };
    expect(Object.keys(decodeSafetensors(file(header)).tensors)).toEqual(["x", "shape"]);
  });

  it("are the same whatever the order of the names", () => {
    const reversed = Object.fromEntries(Object.entries(example).reverse());
    expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(example));
  });

  it("align every tensor to its element size", () => {
    const bytes = Buffer.from(encodeSafetensors(example));
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
    const width: Record<string, number> = { F64: 8, F32: 4, I32: 4, U8: 1, BOOL: 1 };
    expect(length % 8).toBe(0);
    for (const { dtype, data_offsets } of Object.values<{ dtype: string; data_offsets: number[] }>(header)) {
      expect((data_offsets[0] as number) % (width[dtype] as number)).toBe(0);
    }
  });

  it("are read at any alignment, and copied", () => {
    const bytes = encodeSafetensors(example);
    for (let offset = 0; offset < 8; offset++) {
      const shifted = new Uint8Array(bytes.length + offset).subarray(offset);
      shifted.set(bytes);
      const { tensors } = decodeSafetensors(shifted);
      shifted.fill(0);
      expect(tensors).toEqual(example);
    }
  });

  it("write the elements a view selects, not its whole buffer", () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const { tensors } = decodeSafetensors(encodeSafetensors({ x: { dtype: "float32", shape: [2], data } }));
    expect(tensors.x?.data).toEqual(Float32Array.of(2, 3));
  });

  it("keep any name, also those with a meaning in JavaScript", () => {
    const one: TensorData = { dtype: "uint8", shape: [1], data: Uint8Array.of(1) };
    const names = ["__proto__", "constructor", "toString", "", '"\\\n', "層.0"];
    const input = Object.fromEntries(names.map((name) => [name, one]));
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(input, JSON.parse('{"__proto__": "text"}')));
    expect(Object.keys(tensors).sort()).toEqual([...names].sort());
    expect(Object.values(tensors)).toEqual(names.map(() => one));
    expect(Object.entries(metadata)).toEqual([["__proto__", "text"]]);
    expect(({} as { dtype?: string }).dtype).toBeUndefined();
    expect(decodeSafetensors(encodeSafetensors({})).tensors.toString).toBeUndefined();
  });

  it("may have no tensors at all", () => {
    expect(decodeSafetensors(encodeSafetensors({}))).toEqual({ tensors: {}, metadata: {} });
  });
});

describe("decodeSafetensors", () => {
  it("accepts the example that the cases below break", () => {
    expect(decodeSafetensors(twoBytes({})).tensors.x?.data).toEqual(Uint8Array.of(1, 2));
  });

  const tensor = (begin: number, end: number) => ({ dtype: "U8", shape: [end - begin], data_offsets: [begin, end] });
  it.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /truncated/],
    ["a header longer than the file", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d), /truncated/],
    ["a header over 100 MB", Uint8Array.of(1, 0xe1, 0xf5, 5, 0, 0, 0, 0), /header too long: 100000001/],
    ["a header of 2⁶⁴ − 1 bytes", new Uint8Array(16).fill(255), /header too long/],
    ["a header that is not JSON", file("{]"), /not JSON/],
    ["a header that is not UTF-8", Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xff, 0x7d), /not JSON/],
    ["a header that is a list", file("[]"), /not an object/],
    ["a header that is null", file("null"), /not an object/],
    ["a tensor twice", file('{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"x":{}}'), /a name twice: "x"/],
    ["a tensor twice, spelt differently", file('{"a{\\"":{},"x" : {},"\\u0078"\n:{}}'), /a name twice: "x"/],
    ["a dtype twice", file('{"x":{"dtype":"U8","shape":[["dtype"]],"dtype":"F32"}}'), /a name twice: "dtype"/],
    ["metadata that is not an object", file({ __metadata__: [] }), /__metadata__ is not an object/],
    ["metadata that is not text", file({ __metadata__: { epoch: 3 } }), /metadata is not text: "epoch" is 3/],
    ["an entry that is a number", file({ x: 1 }), /tensor "x" is not described/],
    ["an entry that is null", file({ x: null }), /tensor "x" is not described/],
    ["a dtype nodegrad lacks", twoBytes({ dtype: "BF16" }), /unsupported dtype of tensor "x", "BF16"/],
    ["a dtype that is a property of objects", twoBytes({ dtype: "constructor" }), /unsupported dtype/],
    ["a missing shape", twoBytes({ shape: undefined }), /tensor "x": shape must be/],
    ["a negative length", twoBytes({ shape: [-1, -2] }), /tensor "x": shape must hold/],
    ["a fractional length", twoBytes({ shape: [0.5, 4] }), /tensor "x": shape must hold/],
    ["nine axes", twoBytes({ shape: [2, 1, 1, 1, 1, 1, 1, 1, 1] }), /more than 8 axes/],
    ["more than 2³¹ − 1 elements", twoBytes({ shape: [2 ** 16, 2 ** 16] }), /too many elements/],
    ["missing offsets", twoBytes({ data_offsets: undefined }), /no pair of data_offsets/],
    ["three offsets", twoBytes({ data_offsets: [0, 1, 2] }), /no pair of data_offsets/],
    ["negative offsets", twoBytes({ data_offsets: [-2, 0] }), /no pair of data_offsets/],
    ["offsets as text", twoBytes({ data_offsets: ["0", "2"] }), /no pair of data_offsets/],
    ["offsets beyond exact integers", twoBytes({ data_offsets: [2 ** 60, 2 ** 60 + 512] }), /no pair/],
    ["offsets in the wrong order", twoBytes({ data_offsets: [2, 0] }), /needs 2 bytes/],
    ["offsets that do not fit the shape", twoBytes({ shape: [3] }), /needs 3 bytes/],
    ["offsets that do not fit the dtype", twoBytes({ dtype: "I32" }), /needs 8 bytes/],
    ["data before the first tensor", twoBytes({ data_offsets: [1, 3] }, [1, 2, 3]), /gap before tensor "x"/],
    ["a gap", file({ a: tensor(0, 1), b: tensor(2, 3) }, [1, 2, 3]), /gap before tensor "b"/],
    ["an overlap", file({ a: tensor(0, 2), b: tensor(1, 3) }, [1, 2, 3]), /overlap before tensor "b"/],
    ["the same range twice", file({ a: tensor(0, 2), b: tensor(0, 2) }, [1, 2]), /overlap before tensor "b"/],
    ["too little data", twoBytes({}, [1]), /truncated: 1 bytes of data, the header describes 2/],
    ["too much data", twoBytes({}, [1, 2, 3]), /trailing bytes: 3 bytes of data, the header describes 2/],
    ["a bool of 2", twoBytes({ dtype: "BOOL" }), /bool other than 0 and 1: tensor "x"/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "a.safetensors")).toThrow(FormatError);
    expect(() => decodeSafetensors(bytes, "a.safetensors")).toThrow(message);
    expect(() => decodeSafetensors(bytes, "a.safetensors")).toThrow(/^decodeSafetensors: .*"a\.safetensors"$/);
  });

  it("refuses a file cut at any byte", () => {
    const bytes = encodeSafetensors(example, { note: "text" });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(FormatError);
    }
  });

  it("throws nothing but FormatError on corrupt bytes", () => {
    const bytes = encodeSafetensors(example, { note: "text" });
    const flip = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 4 }), (flips) => {
        const corrupt = bytes.slice();
        for (const [at, bits] of flips) corrupt[at] = (corrupt[at] as number) ^ bits;
        expectOnlyFormatError(() => decodeSafetensors(corrupt));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  it("throws nothing but FormatError on a valid header of nonsense", () => {
    const entry = fc.record(
      { dtype: fc.constantFrom("F32", "U8", "BOOL"), shape: fc.jsonValue(), data_offsets: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const header = fc.dictionary(fc.oneof(fc.string(), fc.constant("__metadata__")), fc.oneof(entry, fc.jsonValue()));
    fc.assert(
      fc.property(header, (value) => expectOnlyFormatError(() => decodeSafetensors(file(value)))),
      { seed: 1, numRuns: 1000 },
    );
  });
});

describe("encodeSafetensors", () => {
  const data = Float32Array.of(1, 2);
  it.each<[string, unknown, unknown, new (message: string) => Error, RegExp]>([
    ["an unknown dtype", { x: { dtype: "float16", shape: [2], data } }, {}, DTypeError, /tensor "x": unknown dtype/],
    ["a bad shape", { x: { dtype: "float32", shape: [-2], data } }, {}, ShapeError, /tensor "x": shape must hold/],
    ["too little data", { x: { dtype: "float32", shape: [3], data } }, {}, ShapeError, /\[3\] holds 3 elements, got 2/],
    ["other data", { x: { dtype: "int32", shape: [2], data } }, {}, OptionError, /int32 must be a Int32Array/],
    ["a plain array", { x: { dtype: "float32", shape: [2], data: [1, 2] } }, {}, OptionError, /got \[1, 2\]/],
    ["a reserved name", { __metadata__: { dtype: "float32", shape: [2], data } }, {}, OptionError, /reserved name/],
    ["a number as metadata", {}, { epoch: 3 }, OptionError, /metadata must be text: "epoch" is 3/],
  ])("refuses %s", (_, tensors, metadata, type, message) => {
    const encode = () => encodeSafetensors(tensors as Record<string, TensorData>, metadata as Record<string, string>);
    expect(encode).toThrow(type);
    expect(encode).toThrow(message);
  });
});

describe("safetensors files", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("come back as they were saved, and nothing else is left in the folder", async () => {
    const path = join(folder, "model.safetensors");
    await saveSafetensors(path, {});
    await saveSafetensors(path, example, { epoch: "1" });
    expect(await loadSafetensors(path)).toEqual({ tensors: example, metadata: { epoch: "1" } });
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });

  it("leave the old file alone when the new one cannot be written", async () => {
    const path = join(folder, "model.safetensors");
    await saveSafetensors(path, example);
    const before = await readFile(path);
    const bad = { x: { dtype: "float32", shape: [3], data: Float32Array.of(1) } } as const;
    await expect(saveSafetensors(path, bad)).rejects.toThrow(ShapeError);
    expect(await readFile(path)).toEqual(before);
  });

  it("report a path that cannot be written, and clean up", async () => {
    await expect(saveSafetensors(join(folder, "missing", "model"), {})).rejects.toThrow(/cannot write file.*ENOENT/);
    // The target is a folder: the temporary file is written, and the rename fails.
    await expect(saveSafetensors(folder, {})).rejects.toThrow(OptionError);
    expect(await readdir(folder)).toEqual([]);
    expect((await readdir(tmpdir())).filter((name) => name.includes(folder.slice(-10)))).toHaveLength(1);
  });

  it("clear away what a killed writer left, and nothing else", async () => {
    const path = join(folder, "model");
    const ended = spawnSync(process.execPath, ["-e", ""]).pid;
    const names = {
      killed: `.model.${hostname()}.${ended}.0.1234abcd.tmp`,
      before: `.model.${hostname()}.${process.pid}.${threadId}.1234abcd.tmp`,
      alive: `.model.${hostname()}.${process.ppid}.0.1234abcd.tmp`,
      elsewhere: `.model.another-host.${ended}.0.1234abcd.tmp`,
      other: `.model2.${hostname()}.${ended}.0.1234abcd.tmp`,
    };
    for (const name of Object.values(names)) await writeFile(join(folder, name), "part");
    await Promise.all([saveSafetensors(path, example), saveSafetensors(path, example)]);
    expect((await readdir(folder)).sort()).toEqual([names.alive, names.elsewhere, names.other, "model"].sort());
    expect((await loadSafetensors(path)).tensors).toEqual(example);
  });

  it("report a file that is missing or corrupt, by its path", async () => {
    const path = join(folder, "model.safetensors");
    const missing = await loadSafetensors(path).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(OptionError);
    expect(missing).toMatchObject({ message: expect.stringContaining(path), cause: { code: "ENOENT" } });
    await writeFile(path, "not tensors");
    await expect(loadSafetensors(path)).rejects.toThrow(FormatError);
    await expect(loadSafetensors(path)).rejects.toThrow(path);
  });
});

/** Runs `action`, which may succeed, or fail with a FormatError. */
function expectOnlyFormatError(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}
