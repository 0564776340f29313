/** One misuse of each public function of `nodegrad/data` and `nodegrad/io`, and the error it gives. */

import { FormatError, IndexError, OptionError, ShapeError } from "../../lib/errors.js";
import { data, io, type Misuses, matrix, ng } from "./given.js";

const image = { pixels: new Uint8Array(4), channels: 1, rows: 2, columns: 2 };
const digits = data.generateDigits({ count: 6, size: 8 });
const indices = Int32Array.of(0, 3);
const table = data.parseCsv("a,b\n1,2\n");
const loader = new data.DataLoader(data.imageDataset(digits), { batchSize: 4 });

export const dataMisuses: Misuses = {
  batches: [
    () => data.batches({ count: 9 }),
    OptionError,
    'batches: option "batchSize" must be an integer in [1, 2147483647], got undefined',
  ],
  gatherImages: [
    () => data.gatherImages(digits.images, indices, new Float32Array(3)),
    ShapeError,
    "gatherImages: out does not hold the batch: 2 of 384 elements into 3; expected as many as the batch's images have",
  ],
  gatherPixels: [
    () => data.gatherPixels([1], indices, new Uint8Array(1)),
    OptionError,
    "gatherPixels: bytes must be a Uint8Array, got [1]",
  ],
  gatherLabels: [
    () => data.gatherLabels(digits.labels, Int32Array.of(6)),
    IndexError,
    "gatherLabels: index out of range: 6 at position 0; expected [0, 6)",
  ],
  loadCifar10: [() => data.loadCifar10(3), OptionError, "loadCifar10: dir must be a string, got 3"],
  loadMnist: [
    () => data.loadMnist("data", { split: "validation" }),
    OptionError,
    'loadMnist: option "split" must be "train" or "test", got "validation"',
  ],
  loadFashionMnist: [
    () => data.loadFashionMnist(undefined),
    OptionError,
    "loadFashionMnist: dir must be a string, got undefined",
  ],
  parseCsv: [() => data.parseCsv(5), OptionError, "parseCsv: text must be a string or a Uint8Array, got 5"],
  readCsv: [() => data.readCsv(null), OptionError, "readCsv: path must be a string, got null"],
  csvNumbers: [() => data.csvNumbers(table, ["c"]), OptionError, 'csvNumbers: no column "c": the columns are "a", "b"'],
  csvClasses: [
    () => data.csvClasses(undefined, "a"),
    OptionError,
    "csvClasses: needs the table of parseCsv, got undefined",
  ],
  arrayDataset: [
    () => data.arrayDataset({ x: [1, 2] }),
    OptionError,
    'arrayDataset: "x": must be { dtype, shape, data }, got [1, 2]',
  ],
  generateDigits: [
    () => data.generateDigits({ count: -1 }),
    OptionError,
    'generateDigits: option "count" must be an integer in [0, 2739137], got -1',
  ],
  generateShapes: [
    () => data.generateShapes({ count: 2, size: 4 }),
    OptionError,
    'generateShapes: option "size" must be an integer in [8, 256], got 4',
  ],
  generateScenes: [
    () => data.generateScenes({ count: 2, seed: 0.5 }),
    OptionError,
    'generateScenes: option "seed" must be a non-negative safe integer, got 0.5',
  ],
  generateHardCase: [
    () => data.generateHardCase("spiral", { count: 5 }),
    OptionError,
    'generateHardCase: unknown case "spiral"; known: xor, ring, modes, discs, parity',
  ],
  downloadFile: [
    () => data.downloadFile({ urls: [] }),
    OptionError,
    'downloadFile: option "urls" must be http or https addresses, at least one, got []',
  ],
  downloadDataset: [
    () => data.downloadDataset("imagenet", "data"),
    OptionError,
    'downloadDataset: name must be one of mnist, fashion-mnist, cifar10, got "imagenet"',
  ],
  parseIdx: [
    () => data.parseIdx(Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 1, 5)),
    FormatError,
    'parseIdx: unknown element type 7: "bytes"',
  ],
  readIdx: [() => data.readIdx(0), OptionError, "readIdx: path must be a string, got 0"],
  decodeImage: [() => data.decodeImage("abc"), OptionError, 'decodeImage: bytes must be a Uint8Array, got "abc"'],
  decodeSamples: [
    () => data.decodeSamples(Uint8Array.of(1, 2, 3)),
    FormatError,
    'decodeSamples: neither PNG nor JPEG: "bytes"',
  ],
  encodePng: [
    () => data.encodePng(matrix),
    OptionError,
    "encodePng: needs an image { pixels, channels, rows, columns }, got Tensor",
  ],
  savePng: [() => data.savePng(3, image), OptionError, "savePng: path must be a string, got 3"],
  loadImage: [
    () => data.loadImage("cat.png", { rows: 2 }),
    OptionError,
    'loadImage: cannot read file: "cat.png" (ENOENT)',
  ],
  resizeImage: [
    () => data.resizeImage(image, 0, 2),
    OptionError,
    'resizeImage: option "rows" must be an integer in [1, 32768], got 0',
  ],
  imageDataset: [
    () => data.imageDataset({ ...digits, labels: digits.labels.subarray(1) }),
    ShapeError,
    "imageDataset: 384 pixels and 5 labels for 6 images [1, 8, 8]",
  ],
  openImageFolder: [
    () => data.openImageFolder("pictures", { rows: 4 }),
    OptionError,
    'openImageFolder: option "columns" must be an integer in [1, 32768], got undefined',
  ],
  loadImageFolder: [
    () => data.loadImageFolder("pictures", { rows: 4, columns: 4, channels: 2 }),
    OptionError,
    'openImageFolder: option "channels" must be 1 or 3, got 2',
  ],
  imageSheet: [
    () => data.imageSheet(matrix),
    ShapeError,
    "imageSheet: images must be [n, c, h, w] with c = 1 or 3 and not empty, got [2, 3]; reshape them first",
  ],
  lineChart: [
    () => data.lineChart({ loss: "3, 2, 1" }),
    OptionError,
    'lineChart: curve "loss" must be an array of numbers, got "3, 2, 1"',
  ],
  DataLoader: [
    () => new data.DataLoader(digits, { batchSize: 2 }),
    OptionError,
    "DataLoader: dataset must be a Dataset, such as imageDataset makes, got Object",
  ],
  "DataLoader.epoch": [
    () => loader.epoch(-1),
    OptionError,
    'DataLoader.epoch: option "epoch" must be an integer in [0, 2147483647], got -1',
  ],
  "DataLoader.epochFrom": [
    () => loader.epochFrom(0, 0.5),
    OptionError,
    'DataLoader.epochFrom: option "batch" must be an integer in [0, 2147483647], got 0.5',
  ],
  normaliseImages: [
    () => data.normaliseImages(ng.zeros([1, 3, 2, 2]), { mean: 0, std: 0 }),
    OptionError,
    'normaliseImages: option "std" must be positive, got [0, 0, 0]',
  ],
  Random: [
    () => new data.Random(Number.NaN),
    OptionError,
    'Random: option "seed" must be a non-negative safe integer, got NaN',
  ],
  "Random.below": [
    () => new data.Random(0).below(0),
    OptionError,
    'Random.below: option "bound" must be an integer in [1, 4294967296], got 0',
  ],
  "Random.uniform": [
    () => new data.Random(0).uniform("0", 1),
    OptionError,
    'Random.uniform: bounds must be numbers, got "0" and 1',
  ],
  "Random.shuffle": [
    () => new data.Random(0).shuffle([1, 2]),
    OptionError,
    "Random.shuffle: values must be an Int32Array, got [1, 2]",
  ],
  captionOf: [
    () => data.captionOf({ number: 4 }),
    OptionError,
    "captionOf: needs a scene { number, shape, colour, ground } of generateScenes, got Object",
  ],
  questionsAbout: [
    () => data.questionsAbout({ number: 1, shape: "circle", colour: "red", ground: "blue" }, Math.random),
    OptionError,
    "questionsAbout: random must be a Random, got function random",
  ],
  splitIndices: [
    () => data.splitIndices(10, [0.5, 0.75]),
    OptionError,
    "splitIndices: shares must be numbers ≥ 0 that add up to at most 1, got [0.5, 0.75]",
  ],
  takeImages: [() => data.takeImages(digits, [0]), OptionError, "takeImages: indices must be an Int32Array, got [0]"],
  splitImages: [
    () => data.splitImages(undefined, [0.5]),
    OptionError,
    "splitImages: needs images { images, labels, count, channels, rows, columns, … }, got undefined",
  ],
  channelStatistics: [
    () => data.channelStatistics([digits]),
    OptionError,
    "channelStatistics: needs images { images, labels, count, channels, rows, columns, … }, got Array(1)",
  ],
  Vocabulary: [
    () => new data.Vocabulary("a text"),
    OptionError,
    'Vocabulary: texts must be a list of strings, got "a text"',
  ],
  "Vocabulary.encode": [
    () => new data.Vocabulary(["a"]).encode(["a b"], { length: 1 }),
    OptionError,
    "Vocabulary.encode: a text takes 2 indices; expected at most 1",
  ],
  "Vocabulary.decode": [
    () => new data.Vocabulary(["a"]).decode([9]),
    IndexError,
    "Vocabulary.decode: index out of range: 9; expected [0, 5)",
  ],
};

export const ioMisuses: Misuses = {
  decodeNpy: [() => io.decodeNpy(Uint8Array.of(1)), FormatError, 'decodeNpy: not an npy file: "bytes"'],
  encodeNpy: [
    () => io.encodeNpy({ dtype: "float32", shape: [3], data: new Float32Array(2) }),
    ShapeError,
    "encodeNpy: [3] holds 3 elements, got 2",
  ],
  loadNpy: [() => io.loadNpy(undefined), OptionError, "loadNpy: path must be a string, got undefined"],
  saveNpy: [
    () => io.saveNpy("array.npy", [1, 2]),
    OptionError,
    "encodeNpy: must be { dtype, shape, data }, got [1, 2]",
  ],
  decodeSafetensors: [
    () => io.decodeSafetensors(new Uint8Array(4)),
    FormatError,
    'decodeSafetensors: truncated: 4 bytes, shorter than the length of a header: "bytes"',
  ],
  encodeSafetensors: [
    () => io.encodeSafetensors({ w: null }),
    OptionError,
    'encodeSafetensors: tensor "w": must be { dtype, shape, data }, got null',
  ],
  loadSafetensors: [
    () => io.loadSafetensors("no/such/file"),
    OptionError,
    'loadSafetensors: cannot read file: "no/such/file" (ENOENT)',
  ],
  loadSafetensorsMetadata: [
    () => io.loadSafetensorsMetadata(5),
    OptionError,
    "loadSafetensorsMetadata: path must be a string, got 5",
  ],
  saveSafetensors: [
    () => io.saveSafetensors("model.safetensors", {}, { epoch: 3 }),
    OptionError,
    'saveSafetensors: metadata must be text: "epoch" is 3',
  ],
};
