import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadFashionMnist, loadMnist, type Split } from "../../lib/data/index.js";
import { FormatError, OptionError } from "../../lib/errors.js";

/** An IDX file of uint8. */
function idx(shape: readonly number[], data: readonly number[]): Uint8Array {
  return Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((length) => [0, 0, 0, length]), ...data);
}

const images = idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
const labels = idx([2], [9, 0]);
const loaded = {
  images: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
  labels: Uint8Array.of(9, 0),
  count: 2,
  channels: 1,
  rows: 2,
  columns: 3,
  classes: 10,
  classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
};

describe("loadMnist", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes);

  it.each<[string, string, Uint8Array, Uint8Array]>([
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", images, labels],
    ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", gzipSync(images), gzipSync(labels)],
    ["train-images.idx3-ubyte", "train-labels.idx1-ubyte.gz", images, gzipSync(labels)],
  ])("finds %s", async (imagesName, labelsName, imagesBytes, labelsBytes) => {
    await write(imagesName, imagesBytes);
    await write(labelsName, labelsBytes);
    expect(await loadMnist(folder)).toEqual(loaded);
    expect(await loadMnist(folder, { split: "train" })).toEqual(loaded);
  });

  it("finds the test split in a folder named mnist, past folders of a file's name", async () => {
    await mkdir(join(folder, "t10k-images-idx3-ubyte"));
    await mkdir(join(folder, "mnist"));
    await write("mnist/t10k-images-idx3-ubyte", images);
    await write("mnist/t10k-labels-idx1-ubyte", labels);
    expect(await loadMnist(folder, { split: "test" })).toEqual(loaded);
  });

  it("says where it looked, and for what", async () => {
    const failure = loadMnist(folder, { split: "test" });
    await expect(failure).rejects.toThrow(OptionError);
    await expect(failure).rejects.toThrow(
      `loadMnist: no t10k-images file in ${JSON.stringify(folder)} or ${JSON.stringify(join(folder, "mnist"))}: ` +
        "looked for t10k-images-idx3-ubyte, t10k-images-idx3-ubyte.gz, t10k-images.idx3-ubyte, t10k-images.idx3-ubyte.gz",
    );
    await write("t10k-images-idx3-ubyte", images);
    await expect(loadMnist(folder, { split: "test" })).rejects.toThrow("no t10k-labels file");
  });

  it.each<[string, Uint8Array, Uint8Array, RegExp]>([
    ["counts that differ", images, idx([3], [1, 2, 3]), /2 images but 3 labels/],
    ["a label of 10", images, idx([2], [9, 10]), /label 10 at 1 in .*train-labels/],
    ["labels in place of images", labels, labels, /uint8 \[2\] in .*train-images.*; expected uint8 with 3 axes/],
    ["images in place of labels", images, images, /uint8 \[2, 2, 3\] in .*train-labels.*; expected uint8 with 1 axes/],
    ["other elements", Uint8Array.of(0, 0, 0x0d, 3, ...new Uint8Array(12)), labels, /float32 \[0, 0, 0\]/],
    ["a truncated file", images.subarray(0, 20), labels, /truncated.*train-images/],
  ])("refuses %s", async (_, imagesBytes, labelsBytes, message) => {
    await write("train-images-idx3-ubyte", imagesBytes);
    await write("train-labels-idx1-ubyte", labelsBytes);
    await expect(loadMnist(folder)).rejects.toThrow(FormatError);
    await expect(loadMnist(folder)).rejects.toThrow(message);
  });

  it.each<[unknown, object, RegExp]>([
    ["data", { split: "validation" }, /"split" must be "train" or "test", got "validation"/],
    ["data", { split: "toString" }, /"split"/],
    ["data", { splits: "test" }, /did you mean "split"/],
    [undefined, {}, /dir must be a string, got undefined/],
  ])("refuses %j, %j", async (dir, options, message) => {
    await expect(loadMnist(dir as string, options)).rejects.toThrow(OptionError);
    await expect(loadMnist(dir as string, options)).rejects.toThrow(message);
  });
});

describe("loadFashionMnist", () => {
  it("reads the same files from a folder of its own, and knows the names of the classes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
    try {
      await mkdir(join(folder, "fashion-mnist"));
      await writeFile(join(folder, "fashion-mnist", "train-images-idx3-ubyte.gz"), gzipSync(images));
      await writeFile(join(folder, "fashion-mnist", "train-labels-idx1-ubyte"), labels);
      const set = await loadFashionMnist(folder);
      expect(set).toEqual({ ...loaded, classNames: expect.any(Array) });
      expect([...set.labels].map((label) => set.classNames[label])).toEqual(["ankle boot", "T-shirt/top"]);
      await expect(loadFashionMnist(folder, { split: "test" })).rejects.toThrow(
        /^loadFashionMnist: no t10k-images file/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

const dataDir = process.env.NODEGRAD_DATA_DIR;

describe.skipIf(!dataDir)("MNIST itself (needs NODEGRAD_DATA_DIR)", () => {
  it.each<[Split, number, number[]]>([
    ["train", 60_000, [5, 0, 4, 1, 9]],
    ["test", 10_000, [7, 2, 1, 0, 4]],
  ])("has the %s images it is known for", async (split, count, firstLabels) => {
    const set = await loadMnist(dataDir as string, { split });
    expect(set).toMatchObject({ count, channels: 1, rows: 28, columns: 28, classes: 10 });
    expect(set.images).toHaveLength(count * 784);
    expect([...set.labels.subarray(0, 5)]).toEqual(firstLabels);
  });

  it("has a mean brightness of 0.1307", async () => {
    const { images } = await loadMnist(dataDir as string);
    let sum = 0;
    for (const value of images) sum += value;
    expect(sum / images.length / 255).toBeCloseTo(0.1307, 4);
  });
});
