/** What is passed by mistake, and the error it gives at the caller's line. */

import { describe, expect, it } from "vitest";
import {
  arrayDataset,
  channelStatistics,
  csvClasses,
  csvNumbers,
  DataLoader,
  type Dataset,
  decodeImage,
  encodePng,
  gatherLabels,
  gatherPixels,
  generateDigits,
  imageDataset,
  parseCsv,
  parseIdx,
  Random,
  readIdx,
  resizeImage,
  splitImages,
  splitIndices,
  takeImages,
} from "../../lib/data/index.js";
import { DTypeError, FormatError, IndexError, type NodegradError, OptionError, ShapeError } from "../../lib/errors.js";
import { zeros } from "../../lib/index.js";
import {
  decodeNpy,
  decodeSafetensors,
  encodeNpy,
  encodeSafetensors,
  loadNpy,
  saveNpy,
  saveSafetensors,
} from "../../lib/io/index.js";

/** What TypeScript would not let pass. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point
const wrong = (value?: unknown): any => value;

const images = generateDigits({ count: 20, size: 8 });
const array = { dtype: "float32", shape: [2], data: new Float32Array(2) } as const;
const pixel = { pixels: new Uint8Array(1), channels: 1, rows: 1, columns: 1 };
const indices = Int32Array.of(0);
const table = parseCsv("a,b\n1,2");
const blueprint = { module: "data:text/javascript,", name: "make", args: [] };
const remote = (change: object): Dataset => ({
  length: 1,
  read: () => ({}),
  blueprint: wrong({ ...blueprint, ...change }),
});

/** The first batch of a loader over what reads it. */
const firstOf = (read: () => unknown) =>
  new DataLoader(wrong({ length: 1, read }), { batchSize: 1 })[Symbol.asyncIterator]().next();

type Mistake = readonly [string, new (message: string) => NodegradError, RegExp, () => unknown];

const mistakes: readonly Mistake[] = [
  ["no source", OptionError, /^imageDataset: source must be images/, () => imageDataset(wrong())],
  ["a tensor as source", OptionError, /^imageDataset: needs images/, () => imageDataset(wrong(zeros([2, 1, 8, 8])))],
  [
    "too few pixels",
    ShapeError,
    /^imageDataset: 1275 pixels and 20 labels for 20 images \[1, 8, 8\]/,
    () => imageDataset({ ...images, images: images.images.subarray(5) }),
  ],
  ["too few labels", ShapeError, /17 labels/, () => imageDataset({ ...images, labels: images.labels.subarray(3) })],
  [
    "a label that is no class",
    IndexError,
    /label out of range: 9 at 9; expected \[0, 9\)/,
    () => imageDataset({ ...images, classes: 9 }),
  ],
  [
    "no augmentation",
    OptionError,
    /^imageDataset: options must be an object, got null/,
    () => {
      imageDataset(images, { augment: wrong(null) });
    },
  ],
  ["a tensor in arrays", OptionError, /^arrayDataset: "x": /, () => arrayDataset({ x: wrong(zeros([2])) })],
  ["a list in arrays", OptionError, /^arrayDataset: "x": must be \{/, () => arrayDataset({ x: wrong([1, 2]) })],
  ["an unknown dtype", DTypeError, /float16/, () => arrayDataset({ x: { ...array, dtype: wrong("float16") } })],
  [
    "another typed array",
    OptionError,
    /data of float32 must be a Float32Array/,
    () => arrayDataset({ x: { ...array, data: wrong(new Int32Array(2)) } }),
  ],
  [
    "images to a loader",
    OptionError,
    /^DataLoader: dataset must be a Dataset/,
    () => {
      new DataLoader(wrong(images), { batchSize: 2 });
    },
  ],
  [
    "no length",
    OptionError,
    /^DataLoader: dataset must be a Dataset/,
    () => {
      new DataLoader(wrong({ read: () => ({}) }), { batchSize: 2 });
    },
  ],
  [
    "a data set that reads nothing",
    OptionError,
    /^DataLoader: dataset must read arrays by name/,
    () => {
      return firstOf(() => undefined);
    },
  ],
  ["a data set that reads numbers", OptionError, /^DataLoader: "x": must be/, () => firstOf(() => ({ x: 1 }))],
  [
    "a module of no URL",
    OptionError,
    /^DataLoader: blueprint must be/,
    () => {
      new DataLoader(remote({ module: "./mine.js" }), { batchSize: 1, workers: 1 });
    },
  ],
  [
    "arguments that cannot be sent",
    OptionError,
    /^DataLoader: a blueprint that threads cannot be sent/,
    () => {
      return new DataLoader(remote({ args: [() => 1] }), { batchSize: 1, workers: 1 }).epoch().next();
    },
  ],
  [
    "a list of indices",
    OptionError,
    /^takeImages: indices must be an Int32Array/,
    () => takeImages(images, wrong([0])),
  ],
  ["no labels", OptionError, /^gatherLabels: labels must be/, () => gatherLabels(wrong(), indices)],
  [
    "pixels as a list",
    OptionError,
    /^gatherPixels: bytes must be/,
    () => {
      gatherPixels(wrong([1]), indices, new Uint8Array(1));
    },
  ],
  ["no text", OptionError, /^parseCsv: text must be/, () => parseCsv(wrong(5))],
  ["no table", OptionError, /^csvNumbers: columns must be a list/, () => csvNumbers(wrong())],
  ["no table of classes", OptionError, /^csvClasses: needs the table of parseCsv/, () => csvClasses(wrong(), "a")],
  ["a column instead of a list", OptionError, /^csvNumbers: columns must be/, () => csvNumbers(table, wrong("a"))],
  ["text as a picture", OptionError, /^decodeImage: bytes must be a Uint8Array/, () => decodeImage(wrong("abc"))],
  ["no image", OptionError, /^encodePng: needs an image/, () => encodePng(wrong())],
  ["a tensor as image", OptionError, /^encodePng: needs an image/, () => encodePng(wrong(zeros([1, 2, 2])))],
  [
    "floats as pixels",
    OptionError,
    /^encodePng: needs/,
    () => {
      encodePng({ ...pixel, pixels: wrong(new Float32Array(1)) });
    },
  ],
  [
    "too few pixels to resize",
    ShapeError,
    /^resizeImage: no image: 1 pixels for \[1, 4, 1\]/,
    () => {
      resizeImage({ ...pixel, rows: 4 }, 2, 2);
    },
  ],
  ["no images for statistics", OptionError, /^channelStatistics: needs images/, () => channelStatistics(wrong())],
  ["no shares", OptionError, /^splitIndices: shares must be a list/, () => splitIndices(10, wrong(0.5))],
  ["no images to split", OptionError, /^splitImages: needs images/, () => splitImages(wrong(), [0.5])],
  ["no bytes of IDX", OptionError, /^parseIdx: bytes must be a Uint8Array, got undefined/, () => parseIdx(wrong())],
  ["a number as path", OptionError, /^readIdx: path must be a string, got 0/, () => readIdx(wrong(0))],
  ["no seed", OptionError, /^Random: option "seed"/, () => new Random(Number.NaN)],
  ["a stream below 0", OptionError, /^Random: option "stream"/, () => new Random(0, -1)],
  ["a bound of 0", OptionError, /^Random.below: option "bound"/, () => new Random(0).below(0)],
  ["no bytes of npy", OptionError, /^decodeNpy: bytes must be/, () => decodeNpy(wrong())],
  ["no array for npy", OptionError, /^encodeNpy: must be \{ dtype, shape, data \}/, () => encodeNpy(wrong())],
  ["no path of npy", OptionError, /^loadNpy: path must be a string/, () => loadNpy(wrong())],
  ["no path for npy", OptionError, /^saveNpy: path must be a string/, () => saveNpy(wrong(), array)],
  ["no bytes of safetensors", OptionError, /^decodeSafetensors: bytes/, () => decodeSafetensors(wrong())],
  ["no tensors", OptionError, /^encodeSafetensors: needs tensors by name/, () => encodeSafetensors(wrong())],
  [
    "nothing as tensor",
    OptionError,
    /^encodeSafetensors: tensor "a": must be/,
    () => encodeSafetensors(wrong({ a: null })),
  ],
  ["no metadata", OptionError, /^encodeSafetensors: metadata must be texts/, () => encodeSafetensors({}, wrong(null))],
  ["no path for safetensors", OptionError, /^saveSafetensors: path/, () => saveSafetensors(wrong(), {})],
  ["a number of another base", FormatError, /no number: "0x10"/, () => csvNumbers(parseCsv("a\n0x10"))],
  ["a sign alone", FormatError, /no number: "-"/, () => csvNumbers(parseCsv("a\n-"))],
];

describe("mistakes with data and files", () => {
  it.each(mistakes)("%s", async (_, type, message, run) => {
    const failure = await (async () => run())().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(type);
    expect((failure as Error).message).toMatch(message);
  });

  it("are told at the caller's line", () => {
    let error: unknown;
    try {
      imageDataset(wrong());
    } catch (thrown) {
      error = thrown;
    }
    const [, ...lines] = ((error as Error).stack as string).split("\n");
    expect(lines.filter((line) => line.includes("misuse.test.ts"))).not.toEqual([]);
  });
});
