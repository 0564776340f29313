/** Files of a few hundred bytes that ask for gigabytes, or for hours: each is refused before it gets either. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeSamples, loadCifar10, parseCsv, parseIdx } from "../../lib/data/index.js";
import { readTarGz } from "../../lib/data/tar.js";
import { FormatError, ShapeError } from "../../lib/errors.js";
import { zeros } from "../../lib/index.js";
import { decodeNpy, decodeSafetensors, loadSafetensors, saveSafetensors, type TensorData } from "../../lib/io/index.js";
import { Linear } from "../../lib/nn/index.js";
import { HEADER_WORDS, Header, PROGRAM_ABI, PROGRAM_MAGIC, verifyProgram } from "../../lib/program/index.js";
import { History, loadCheckpoint, saveCheckpoint } from "../../lib/train/index.js";
import { decodeBmp, decodeGif } from "../../packages/tfjs-node/lib/decode-image.js";
import { fileSystem } from "../../packages/tfjs-node/lib/file-system.js";
import { bmpFile, gifFile } from "../tfjs-node/pictures.js";
import {
  jpegFile,
  npyFile,
  pngChunk,
  pngFile,
  pngHeader,
  pngOf,
  safetensorsFile,
  tarEntry,
  withTarChecksum,
} from "./files.js";
import { MOST_BYTES, MOST_BYTES_OF_FILES, peakBytes } from "./memory.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodegrad-hostile-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What an attempt throws, after a look at the memory that it asked for. */
async function refusal(attempt: () => unknown, mostBytes = MOST_BYTES): Promise<Error> {
  const before = peakBytes();
  const error = await (async () => attempt())().catch((thrown: unknown) => thrown);
  expect(peakBytes() - before).toBeLessThan(mostBytes);
  expect(error).toBeInstanceOf(FormatError);
  return error as Error;
}

const entry = (changes: object) =>
  safetensorsFile(
    JSON.stringify({ x: { dtype: "F32", shape: [1], data_offsets: [0, 4], ...changes } }),
    Buffer.alloc(4),
  );
const array = (shape: string) =>
  npyFile(`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }`, Buffer.alloc(8));
const idx = (...shape: number[]) => {
  const file = Buffer.alloc(4 + 4 * shape.length + 8);
  file.set([0, 0, 0x0e, shape.length]);
  for (const [axis, length] of shape.entries()) file.writeUInt32BE(length, 4 + 4 * axis);
  return file;
};
const huge = pngHeader({ columns: 60_000, rows: 60_000, depth: 8, colour: 2 });
const small = { columns: 3, rows: 2, depth: 8, colour: 0 } as const;

/** A JPEG file with parts of its frame replaced. */
function frameOf(changes: Readonly<Record<number, number>>): Buffer {
  const file = Buffer.from(jpegFile(1));
  const frame = file.indexOf(Buffer.of(0xff, 0xc0));
  for (const [at, value] of Object.entries(changes)) file.writeUInt8(value, frame + Number(at));
  return file;
}

/** A JPEG file whose first scan is there so many times. */
function scansOf(count: number): Buffer {
  const file = Buffer.from(jpegFile(1, { isRestarted: true }));
  const scan = file.subarray(file.indexOf(Buffer.of(0xff, 0xda)), file.length - 2);
  return Buffer.concat([file.subarray(0, -2), ...new Array<Buffer>(count - 1).fill(scan), file.subarray(-2)]);
}

const program = (changes: Partial<Record<keyof typeof Header, number>>) => {
  const words = new Int32Array(HEADER_WORDS);
  [words[Header.magic], words[Header.abi]] = [PROGRAM_MAGIC, PROGRAM_ABI];
  for (const [name, value] of Object.entries(changes)) words[Header[name as keyof typeof Header]] = value;
  return words;
};

describe("bytes that ask for too much", () => {
  const length = Buffer.alloc(8, 0xff);
  it.each<[string, () => unknown, RegExp]>([
    ["safetensors: a header of 2⁶⁴ − 1 bytes", () => decodeSafetensors(length), /header too long/],
    ["safetensors: 2³¹ elements", () => decodeSafetensors(entry({ shape: [2 ** 31] })), /too many elements/],
    ["safetensors: 2⁵³ elements", () => decodeSafetensors(entry({ shape: [2 ** 53] })), /too many elements/],
    ["safetensors: elements beside an empty axis", () => decodeSafetensors(entry({ shape: [0, 2 ** 40] })), /too many/],
    [
      "safetensors: 8 GB that are not there",
      () => decodeSafetensors(entry({ shape: [2 ** 31 - 1], data_offsets: [0, 8589934588] })),
      /truncated/,
    ],
    [
      "safetensors: a length of 1e400",
      () =>
        decodeSafetensors(
          safetensorsFile('{"x":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}', Buffer.alloc(4)),
        ),
      /shape must hold/,
    ],
    [
      "safetensors: a name of a megabyte",
      () => decodeSafetensors(safetensorsFile(`{"${"x".repeat(1e6)}":1}`, Buffer.alloc(0))),
      /^.{1,1000}$/,
    ],
    ["safetensors: 300,000 axes", () => decodeSafetensors(entry({ shape: new Array(300_000).fill(1) })), /^.{1,1000}$/],
    [
      "safetensors: a header a million levels deep",
      () => decodeSafetensors(safetensorsFile("[".repeat(1e6), Buffer.alloc(0))),
      /not JSON/,
    ],
    ["npy: 16 GB that are not there", () => decodeNpy(array("(2147483647,)")), /truncated/],
    ["npy: an axis of 400 digits", () => decodeNpy(array(`(${"9".repeat(400)},)`)), /too many elements/],
    [
      "npy: an axis of 400 digits beside an empty one",
      () => decodeNpy(array(`(0, ${"9".repeat(400)})`)),
      /too many elements/,
    ],
    [
      "npy: a header of 4 GB",
      () => decodeNpy(Buffer.from("\x93NUMPY\x02\x00\xff\xff\xff\xff", "latin1")),
      /header too long/,
    ],
    ["IDX: 16 GB that are not there", () => parseIdx(idx(2 ** 31 - 1)), /truncated/],
    ["IDX: 2⁹⁶ elements", () => parseIdx(idx(2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1)), /too many elements/],
    ["IDX: elements beside an empty axis", () => parseIdx(idx(0, 2 ** 32 - 1)), /too many elements/],
    ["IDX: 16 GB, compressed", () => parseIdx(gzipSync(idx(2 ** 31 - 1))), /truncated/],
    [
      "PNG: 60,000 × 60,000 pixels",
      () => decodeSamples(pngOf(huge, pngChunk("IDAT", Buffer.alloc(9)), pngChunk("IEND", Buffer.alloc(0)))),
      /more than 9 bytes can hold|more than 67108864/,
    ],
    ["PNG: a second header", () => decodeSamples(pngFile(small, [huge])), /its header is not its first chunk/],
    [
      "PNG: another chunk first",
      () => decodeSamples(pngOf(pngChunk("tEXt", Buffer.alloc(13)), huge)),
      /its header is not its first chunk/,
    ],
    [
      "PNG: a chunk of 4 GB",
      () => decodeSamples(Buffer.concat([pngOf(pngHeader(small)), length, length])),
      /truncated PNG/,
    ],
    [
      "JPEG: 65,535 × 65,535 pixels",
      () => decodeSamples(frameOf({ 5: 255, 6: 255, 7: 255, 8: 255 })),
      /JPEG claims 65535 × 65535 pixels/,
    ],
    ["JPEG: no rows", () => decodeSamples(frameOf({ 5: 0, 6: 0 })), /JPEG without pixels/],
    ["JPEG: 255 components", () => decodeSamples(frameOf({ 9: 255 })), /JPEG of 255 components is unsupported/],
    [
      "JPEG: 15 × 15 samples of a component",
      () => decodeSamples(frameOf({ 11: 255 })),
      /a component of 15 × 15 samples/,
    ],
    ["JPEG: 101 scans", () => decodeSamples(scansOf(101)), /JPEG has more than 100 scans/],
    [
      "GIF: a screen that nobody paints",
      () => decodeGif(gifFile(9000, 9000, new Array(12).fill(0), [{ columns: 1, rows: 1, colours: [0] }])),
      /GIF claims 9000 × 9000 pixels/,
    ],
    ["BMP: 2³¹ − 1 columns", () => decodeBmp(bmpFile(2 ** 31 - 1, 1, 1, [])), /BMP claims 2147483647 × 1 pixels/],
    ["BMP: −2³¹ rows", () => decodeBmp(bmpFile(1, -(2 ** 31), 1, [])), /BMP claims 1 × 2147483648 pixels/],
    ["CSV: a quote behind a megabyte", () => parseCsv(`a\n${"x".repeat(1e6)}"\n`), /^.{1,1000}$/],
    ["Program: 2³¹ − 1 buffers", () => verifyProgram(program({ buffers: 2 ** 31 - 1 })), /announces .* words/],
    [
      "Program: 2³¹ − 1 instructions",
      () => verifyProgram(program({ instructions: 2 ** 31 - 1 })),
      /instructions in 0 words of code/,
    ],
  ])("%s", async (_, attempt, message) => {
    expect((await refusal(attempt)).message).toMatch(message);
  });

  it("are no tables of a hundred thousand columns, which are read in no time", () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
    const start = performance.now();
    expect(parseCsv(`${names.join()}\n`).columns).toHaveLength(100_000);
    expect(() => parseCsv(`${names.join()},c7\n`)).toThrow(/two columns have one name, "c7"/);
    // Comparing each with each takes more than a minute.
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("are no pictures with a lot beside the pixels, of which nothing is unpacked or decoded", () => {
    const profile = pngChunk("iCCP", Buffer.concat([Buffer.from("name\0\0"), gzipSync(Buffer.alloc(1000))]));
    expect(decodeSamples(pngFile(small, [profile])).data).toEqual(decodeSamples(pngFile(small)).data);
    const plain = Buffer.from(jpegFile(1));
    const inner = Buffer.concat([
      Buffer.of(0xff, 0xe1, 0, 22),
      frameOf({ 5: 255 })
        .subarray(plain.indexOf(Buffer.of(0xff, 0xc0)))
        .subarray(0, 20),
    ]);
    const withPicture = Buffer.concat([plain.subarray(0, 2), inner, plain.subarray(2)]);
    expect(decodeSamples(withPicture)).toEqual(decodeSamples(plain));
    expect(decodeSamples(scansOf(100)).rows).toBe(16);
  });
});

describe("a history of a million rows", () => {
  it("is read like one of a few", () => {
    const history = new History();
    const data = new Float64Array(1e6);
    history.loadState({ loss: { dtype: "float64", shape: [1e6], data } });
    expect(history.rows).toHaveLength(1e6);
    history.loadState({});
    expect(history.rows).toEqual([]);
  });
});

describe("shapes with an empty axis", () => {
  it("have other axes that a machine can count", () => {
    expect(() => zeros([0, 2 ** 31 - 1, 2])).toThrow(ShapeError);
    expect(() => zeros([2 ** 53, 0])).toThrow(/too many elements/);
    expect(
      zeros([0, 2 ** 31 - 1])
        .add(1)
        .dataSync(),
    ).toHaveLength(0);
  });
});

describe("files that ask for too much", () => {
  const wanted = new Map([["a.bin", 10]]);
  const unpack = async (...parts: Buffer[]) => {
    const path = join(folder, "a.tar.gz");
    await writeFile(path, gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)])));
    const found = [];
    for await (const file of readTarGz("unpack", path, wanted)) found.push(file);
    return found;
  };
  /** A header with another text as the size. */
  const sized = (size: string) => {
    const header = tarEntry("a.bin", Buffer.alloc(0));
    header.write(size.padEnd(12, "\0"), 124, "latin1");
    return withTarChecksum(header);
  };

  it.each([
    ["8 GB", sized("77777777777"), /"a.bin" has 8589934591 bytes instead of 10/],
    ["a size in base 256", sized("\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), /no octal number/],
    ["a negative size", sized("-1"), /no octal number/],
  ])("a tar archive with %s", async (_, header, message) => {
    expect((await refusal(() => unpack(header), MOST_BYTES_OF_FILES)).message).toMatch(message);
  });

  it("a tar archive with what looks like the file and is none: links, devices, folders, sparse files, long names", async () => {
    const others = ["1", "2", "3", "4", "5", "6", "S", "L", "K", "x", "g"];
    expect(await unpack(...others.map((type) => tarEntry("a.bin", Buffer.alloc(0), type)))).toEqual([]);
  });

  it("a batch of CIFAR-10 that says to be 4 GB unpacked", async () => {
    const bytes = gzipSync(Buffer.alloc(3073));
    bytes.writeUInt32LE(2 ** 32 - 1, bytes.length - 4);
    await writeFile(join(folder, "test_batch.bin.gz"), bytes);
    expect((await refusal(() => loadCifar10(folder, { split: "test" }), MOST_BYTES_OF_FILES)).message).toMatch(
      /corrupt gzip data/,
    );
  });

  it("a safetensors file whose header is longer than it", async () => {
    const path = join(folder, "a.safetensors");
    await writeFile(path, Buffer.of(0, 0xe1, 0xf5, 5, 0, 0, 0, 0, 0x7b));
    expect((await refusal(() => loadSafetensors(path), MOST_BYTES_OF_FILES)).message).toMatch(/truncated/);
  });

  it("a checkpoint with a tensor of a name that has a meaning", async () => {
    const path = join(folder, "checkpoint");
    const model = new Linear(1, 1);
    await saveCheckpoint(path, { model }, { epoch: 0, step: 0, seed: 0 });
    const { tensors, metadata } = await loadSafetensors(path);
    await saveSafetensors(path, { ...tensors, "model.__proto__": tensors["model.weight"] as TensorData }, metadata);
    const error = await refusal(() => loadCheckpoint(path, { model }), MOST_BYTES_OF_FILES);
    expect(error.message).toMatch(/unknown variable: "__proto__"/);
  });

  const weights = [{ name: "w", shape: [1], dtype: "float32" }];
  it.each<[string, object, RegExp]>([
    [
      "10¹² strings in no bytes",
      { paths: [], weights: [{ name: "w", shape: [1e12], dtype: "string" }] },
      /weights of 4000000000000 bytes in files of 0/,
    ],
    [
      "weights of a dtype that is a property of objects",
      { paths: [], weights: [{ name: "w", shape: [], dtype: "constructor" }] },
      /unknown dtype "constructor"/,
    ],
    ["weights above its folder", { paths: ["../../etc/hostname"], weights }, /weights outside the folder of the model/],
    [
      "weights above its folder by a detour",
      { paths: ["a/../../b"], weights },
      /weights outside the folder of the model/,
    ],
    ["the same weights many times", { paths: ["w.bin", "./w.bin"], weights }, /weights that are named twice/],
  ])("a model of TensorFlow.js with %s", async (_, group, message) => {
    const path = join(folder, "model.json");
    await writeFile(join(folder, "w.bin"), Buffer.alloc(4));
    await writeFile(path, JSON.stringify({ modelTopology: {}, weightsManifest: [group] }));
    expect((await refusal(() => fileSystem(path).load(), MOST_BYTES_OF_FILES)).message).toMatch(message);
  });
});
