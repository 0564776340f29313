import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCifar10, type Split } from "../../lib/data/index.js";
import { FormatError, OptionError } from "../../lib/errors.js";

/** Records with the given labels; the pixels of each are all its `first` plus its number. */
function records(labels: readonly number[], first = 0): Buffer {
  return Buffer.concat(labels.map((label, i) => Buffer.concat([Buffer.of(label), Buffer.alloc(3072, first + i)])));
}

/** A gzip file that says it unpacks to another length than it does. */
function withClaim(bytes: Buffer, length: number): Buffer {
  const lying = Buffer.from(bytes);
  lying.writeUInt32LE(length, lying.length - 4);
  return lying;
}

describe("loadCifar10", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes);

  it("reads the files that are there, in order, plain or compressed", async () => {
    await write("data_batch_5.bin", records([9], 50));
    await write("data_batch_1.bin.gz", gzipSync(records([3, 0], 10)));
    const { images, labels, classNames, ...facts } = await loadCifar10(folder);
    expect(facts).toEqual({ count: 3, channels: 3, rows: 32, columns: 32, classes: 10 });
    expect([...labels]).toEqual([3, 0, 9]);
    expect(images).toHaveLength(3 * 3072);
    expect([0, 3071, 3072, 6144, 9215].map((at) => images[at])).toEqual([10, 10, 11, 50, 50]);
    expect(classNames[3]).toBe("cat");
  });

  it("keeps the planes of a record: red, green, blue", async () => {
    const record = records([1]);
    record.fill(1, 1, 1025).fill(2, 1025, 2049).fill(3, 2049);
    await write("test_batch.bin", record);
    const { images } = await loadCifar10(folder, { split: "test" });
    expect([0, 1023, 1024, 2047, 2048, 3071].map((at) => images[at])).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it.each(["cifar10", "cifar-10-batches-bin"])("finds the files in a folder named %s", async (name) => {
    await mkdir(join(folder, name));
    await write(`${name}/test_batch.bin`, records([7]));
    expect((await loadCifar10(folder, { split: "test" })).labels).toEqual(Uint8Array.of(7));
    await expect(loadCifar10(folder)).rejects.toThrow(/^loadCifar10: no train file in .*looked for data_batch_1.bin, /);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(0), /empty file/],
    ["a byte too few", records([1, 2]).subarray(1), /6145 bytes are no multiple of 3073/],
    ["a byte too many", Buffer.concat([records([1]), Buffer.of(0)]), /3074 bytes/],
    ["a byte too few, compressed", gzipSync(records([1, 2]).subarray(1)), /6145 bytes/],
    ["a label of 10", records([1, 10]), /label 10 at 1 in .*data_batch_1.bin.*; expected 0–9/],
    ["compressed nothing", gzipSync(Buffer.alloc(0)), /empty file/],
    ["the beginning of a gzip file", gzipSync(records([1])).subarray(0, 12), /truncated gzip/],
    ["a gzip file that is cut", withClaim(gzipSync(records([1])).subarray(0, 30), 3073), /corrupt gzip/],
    ["a bomb: more than it claims", withClaim(gzipSync(Buffer.alloc(2 ** 24)), 3073 * 3), /trailing bytes/],
    ["a claim beyond what it can hold", withClaim(gzipSync(records([1])), 3073 * 1000), /corrupt gzip/],
    ["less than it claims", withClaim(gzipSync(records([1])), 3073 * 2), /corrupt gzip/],
    ["two members", Buffer.concat([gzipSync(records([1])), gzipSync(records([1]))]), /trailing bytes/],
  ])("refuses %s", async (_, bytes, message) => {
    await write("data_batch_1.bin", bytes);
    await expect(loadCifar10(folder)).rejects.toThrow(FormatError);
    await expect(loadCifar10(folder)).rejects.toThrow(message);
  });

  it.each<[unknown, object, RegExp]>([
    ["data", { split: "validation" }, /"split" must be "train" or "test", got "validation"/],
    ["data", { splits: "test" }, /did you mean "split"/],
    [undefined, {}, /dir must be a string, got undefined/],
  ])("refuses %j, %j", async (dir, options, message) => {
    await expect(loadCifar10(dir as string, options)).rejects.toThrow(OptionError);
    await expect(loadCifar10(dir as string, options)).rejects.toThrow(message);
  });
});

const dataDir = process.env.NODEGRAD_DATA_DIR;

describe.skipIf(!dataDir)("CIFAR-10 itself (needs NODEGRAD_DATA_DIR)", () => {
  it.each<Split>(["train", "test"])(
    "has %s images of every class, with the colours they are known for",
    async (split) => {
      const { images, labels, count } = await loadCifar10(dataDir as string, { split });
      expect(images).toHaveLength(count * 3072);
      const perClass = new Array(10).fill(0);
      for (const label of labels) perClass[label]++;
      expect(Math.min(...perClass)).toBeGreaterThan(count / 20);
      // Of the 50,000 training images; parts of the set differ by a little.
      [0.4914, 0.4822, 0.4465].forEach((expected, channel) => {
        let sum = 0;
        for (let i = channel * 1024; i < images.length; i += 3072) {
          for (let j = i; j < i + 1024; j++) sum += images[j] as number;
        }
        expect(sum / (count * 1024 * 255)).toBeCloseTo(expected, 1.7);
      });
    },
  );
});
