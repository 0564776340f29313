/** Valid arguments of `nodegrad/data` and `nodegrad/io`. */

import * as data from "../../lib/data/index.js";
import { encodeNpy, encodeSafetensors } from "../../lib/io/index.js";
import type { Draw } from "../tfjs/fuzz/draw.js";
import * as files from "./files.js";
import { each, floats, maybe, some, type Table } from "./given.js";

const seed = (draw: Draw) => draw.integer(0, 99);
const digits = data.generateDigits({ count: 6, size: 8 });
const dataset = () => data.imageDataset(digits);
const loader = () => new data.DataLoader(dataset(), { batchSize: 4 });
const indices = () => Int32Array.of(0, 3);
const random = () => new data.Random(1);
const scene = { number: 1, shape: "circle", colour: "red", ground: "blue" };
const vocabulary = () => new data.Vocabulary(["a red circle", "two stars"]);
const table = data.parseCsv(files.csvText);
const size = (d: Draw) => ({ count: d.integer(1, 3), ...some(d, { seed: seed(d), size: 16 }) });
const split = (d: Draw) => maybe(d, { split: d.pick(["train", "test"]) });
const pictures = (d: Draw) => ({ rows: 4, columns: 4, ...some(d, { channels: 3, fit: "stretch" }) });
const augment = (d: Draw) => some(d, { cropPadding: 1, flip: true, cutoutSize: 2, mixupAlpha: 0.2 });

/** Nobody answers there. */
const nowhere = "http://127.0.0.1:9/file";
const quickly = { timeoutMs: 1000, retries: 0, retryDelayMs: 0 };

export const datasets: Table = {
  batches: (d) => [
    { count: 9, batchSize: 4, ...some(d, { shuffle: d.truth(), seed: seed(d), epoch: 1, dropLast: true }) },
  ],
  gatherImages: (d) => [
    digits.images,
    indices(),
    new Float32Array(128),
    ...maybe(d, { mean: 0.5, std: 0.2, scale: 1 }),
  ],
  gatherPixels: () => [digits.images, indices(), new Uint8Array(128)],
  gatherLabels: () => [digits.labels, indices()],
  loadCifar10: (d) => [files.folder, ...split(d)],
  ...each("loadMnist loadFashionMnist", (d) => [files.mnistFolder, ...split(d)]),
  parseCsv: (d) =>
    [files.csvText, ...maybe(d, { header: d.truth(), delimiter: "," }), ...(d.once(4) ? ["table"] : [])].slice(0, 2),
  readCsv: (d) => [files.csvFile, ...maybe(d, { header: d.truth(), delimiter: "," })],
  csvNumbers: (d) => [table, ["a", ...(d.truth() ? ["b"] : [])]],
  csvClasses: () => [table, "kind"],
  arrayDataset: () => [{ x: files.array, y: { dtype: "int32", shape: [2], data: Int32Array.of(0, 1) } }],
  generateDigits: (d) => [size(d)],
  generateShapes: (d) => [size(d)],
  generateScenes: (d) => [size(d)],
  generateHardCase: (d) => [d.pick(["xor", "ring", "modes", "discs", "parity"]), { count: 5, ...some(d, { seed: 1 }) }],
  downloadFile: (d) => [
    {
      urls: [nowhere],
      path: files.newPath("file"),
      bytes: 3,
      sha256: "0".repeat(64),
      ...quickly,
      ...some(d, { onProgress: () => {} }),
    },
  ],
  parseIdx: (d) => [files.idxBytes, ...(d.truth() ? ["array"] : [])],
  readIdx: () => [files.idxFile],
  ...each("decodeImage", (d) => [data.encodePng(files.image), ...maybe(d, { channels: d.pick([1, 3]) })]),
  decodeSamples: (d) => [data.encodePng(files.image), ...(d.truth() ? ["image", "op"] : [])],
  encodePng: () => [files.image],
  savePng: () => [files.newPath("image.png"), files.image],
  loadImage: (d) => [
    files.pngFile,
    ...(d.truth() ? [{ rows: 2, columns: 3, ...some(d, { channels: 1, fit: "cover" }) }] : []),
  ],
  resizeImage: (d) => [files.image, 2, 5, ...(d.truth() ? ["stretch"] : [])],
  greyOf: () => [Uint8Array.of(1, 2, 3), 0],
  imageDataset: (d) => [
    digits,
    ...maybe(d, { normalise: { mean: 0.5, std: [0.2] }, augment: augment(d), dtype: "float32" }),
  ],
  ...each("openImageFolder loadImageFolder", (d) => [files.picturesFolder, pictures(d)]),
  imageSheet: (d) => [
    floats(d, [3, 1, 4, 4]),
    ...maybe(d, { columns: 2, gap: 1, scale: 2, range: d.pick<unknown>(["tile", [0, 1]]) }),
  ],
  lineChart: (d) => [
    { loss: [3, 2, 1] },
    ...maybe(d, { x: [0, 1, 2], title: "t", xLabel: "x", yRange: [0, 4], width: 300, height: 200 }),
  ],
  DataLoader: (d) => [
    dataset(),
    { batchSize: 4, ...some(d, { shuffle: true, seed: 1, dropLast: true, epochs: 2, workers: 0, prefetch: 1 }) },
  ],
  "DataLoader.epoch": (d) => [loader(), d.integer(0, 3)],
  "DataLoader.epochFrom": (d) => [loader(), d.integer(0, 3), d.integer(0, 2)],
  "DataLoader.[Symbol.asyncIterator]": () => [loader()],
  normaliseImages: (d) => [floats(d, [2, 3, 4, 4]), { mean: 0.5, std: d.truth() ? 0.2 : [0.2, 0.3, 0.4] }],
  Random: (d) => [seed(d), ...(d.truth() ? [3] : [])],
  ...each("Random.uint32 Random.bell", () => [random()]),
  "Random.below": (d) => [random(), d.integer(1, 9)],
  "Random.uniform": (d) => [random(), ...(d.truth() ? [-1, 1] : [])],
  "Random.shuffle": () => [random(), Int32Array.of(1, 2, 3)],
  captionOf: () => [scene],
  questionsAbout: () => [scene, random()],
  splitIndices: (d) => [10, [0.5, 0.25], ...maybe(d, { seed: 1, stratify: new Uint8Array(10) })],
  takeImages: () => [digits, indices()],
  splitImages: (d) => [digits, [0.5], ...(d.truth() ? [1] : [])],
  channelStatistics: () => [digits],
  Vocabulary: () => [["a red circle", "two stars"]],
  "Vocabulary.encode": (d) => [vocabulary(), ["a star"], ...maybe(d, { length: 5, mark: d.truth() })],
  "Vocabulary.decode": () => [vocabulary(), [1, 4, 5, 2]],
};

const tensors = { w: files.array };

export const readersAndWriters: Table = {
  decodeNpy: (d) => [encodeNpy(files.array), ...(d.truth() ? ["array"] : [])],
  encodeNpy: () => [files.array],
  loadNpy: () => [files.npyFile],
  saveNpy: () => [files.newPath("array.npy"), files.array],
  decodeSafetensors: (d) => [encodeSafetensors(tensors), ...(d.truth() ? ["tensors"] : [])],
  encodeSafetensors: (d) => [tensors, ...(d.truth() ? [{ author: "somebody" }] : [])],
  ...each("loadSafetensors loadSafetensorsMetadata", () => [files.modelFile]),
  saveSafetensors: (d) => [files.newPath("model.safetensors"), tensors, ...(d.truth() ? [{ author: "somebody" }] : [])],
};
