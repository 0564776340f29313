/** Everything that reads bytes of others, each with small files that it takes. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { loadClassifier, saveClassifier } from "../../lib/cli/classifier.js";
import { modelOf } from "../../lib/cli/models.js";
import {
  csvClasses,
  csvNumbers,
  decodeImage,
  decodeSamples,
  loadCifar10,
  parseCsv,
  parseIdx,
  type Samples,
} from "../../lib/data/index.js";
import { readTarGz } from "../../lib/data/tar.js";
import { allocate } from "../../lib/dtype.js";
import { FormatError, OptionError } from "../../lib/errors.js";
import {
  decodeNpy,
  decodeSafetensors,
  encodeNpy,
  encodeSafetensors,
  loadSafetensors,
  loadSafetensorsMetadata,
  type TensorData,
} from "../../lib/io/index.js";
import { Linear } from "../../lib/nn/index.js";
import { verifyProgram } from "../../lib/program/index.js";
import { checkShape, sizeOf } from "../../lib/shape.js";
import { earlyStopping, History, loadCheckpoint, saveCheckpoint } from "../../lib/train/index.js";
import { decodeImage as decodePicture } from "../../packages/tfjs-node/lib/decode-image.js";
import { fileSystem } from "../../packages/tfjs-node/lib/file-system.js";
import { writeInstruction } from "../program/hand-written.js";
import { validInstructions } from "../program/valid-instructions.js";
import { bmpFile, gifFile } from "../tfjs-node/pictures.js";
import {
  jpegFile,
  noise,
  npyFile,
  pngChunk,
  pngFile,
  safetensorsFile,
  sealNpy,
  sealPng,
  sealSafetensors,
  sealTar,
  tarEntry,
} from "./files.js";

/** Something that reads bytes. */
export interface Reader {
  readonly name: string;
  /** Files that it takes. */
  readonly files: readonly Uint8Array[];
  /** Reads bytes, and checks that what they gave makes sense. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** Makes lengths and checksums right again; compresses where the files are not compressed yet. */
  readonly seal?: (bytes: Uint8Array) => Uint8Array;
  /** Whether `files` have to be sealed to be taken. */
  readonly isSealed?: boolean;
  /** Where changes may begin (default: anywhere): files whose format is in the first bytes may have many others. */
  readonly head?: number;
  /** Whether the bytes go through a file. */
  readonly isOfFiles?: boolean;
  /** How much slower it is than the others. */
  readonly cost?: number;
}

/** A tensor is what its shape and dtype say. */
function checkTensor({ dtype, shape, data }: TensorData): void {
  checkShape("tensor", shape);
  if (data.length !== sizeOf(shape) || data.constructor !== allocate(dtype, 0).constructor) {
    throw new Error(`a ${data.constructor.name} of ${data.length} elements for ${dtype} [${shape.join(", ")}]`);
  }
}

function checkPixels(rows: number, columns: number, channels: number, data: Uint8Array): void {
  if (data.length === rows * columns * channels && data.length > 0) return;
  throw new Error(`${data.length} samples for ${rows} × ${columns} × ${channels}`);
}

const tensors: Readonly<Record<string, TensorData>> = {
  weight: { dtype: "float32", shape: [16, 16], data: new Float32Array(Uint8Array.from(noise(1024)).buffer) },
  step: { dtype: "int32", shape: [], data: Int32Array.of(7) },
  mask: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
  "": { dtype: "uint8", shape: [0, 4], data: new Uint8Array(0) },
};

const wide = safetensorsFile(
  '{"a":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"__metadata__":{"__proto__":"x"}}',
  Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 254, 255, 255, 255, 255, 255, 255, 255),
);

const safetensors: Reader = {
  name: "safetensors",
  files: [encodeSafetensors(tensors, { format: "pt", note: "text" }), wide],
  seal: sealSafetensors,
  read(bytes) {
    for (const tensor of Object.values(decodeSafetensors(bytes, "file").tensors)) checkTensor(tensor);
  },
};

const npy: Reader = {
  name: "npy",
  files: [
    encodeNpy(tensors.weight as TensorData),
    npyFile("{'descr': '>i8', 'fortran_order': True, 'shape': (2, 1), }", noise(16).fill(0, 0, 5).fill(0, 8, 13), 2),
    npyFile("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", noise(6), 3),
    npyFile("{'descr': '|b1', 'fortran_order': False, 'shape': (), }", Uint8Array.of(1)),
  ],
  seal: sealNpy,
  read: (bytes) => checkTensor(decodeNpy(bytes, "file")),
};

const idxFiles = [
  Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 255),
  Uint8Array.of(0, 0, 0x0e, 1, 0, 0, 0, 2, ...noise(16)),
  Uint8Array.of(0, 0, 0x0b, 0, 1, 2),
];

const idx: Reader = {
  name: "IDX",
  files: [...idxFiles, ...idxFiles.map((file) => gzipSync(file))],
  seal: gzipSync,
  read: (bytes) => checkTensor(parseIdx(bytes, "file") as TensorData),
};

const pngs = [
  pngFile({ columns: 5, rows: 7, depth: 8, colour: 2 }, [pngChunk("tEXt", Buffer.from("Title\0text"))]),
  pngFile({ columns: 5, rows: 6, depth: 16, colour: 6 }),
  pngFile({ columns: 9, rows: 5, depth: 1, colour: 0 }, [pngChunk("tRNS", Uint8Array.of(0, 1))]),
  pngFile({ columns: 4, rows: 3, depth: 8, colour: 4, isInterlaced: true }),
  pngFile({ columns: 7, rows: 5, depth: 2, colour: 3 }, [
    pngChunk("PLTE", noise(12)),
    pngChunk("tRNS", Uint8Array.of(0, 99)),
  ]),
];

function readPicture(bytes: Uint8Array): void {
  const { rows, columns, channels, data }: Samples = decodeSamples(bytes, "file");
  checkPixels(rows, columns, channels, data);
  const grey = decodeImage(bytes, { channels: 1 }, "file");
  checkPixels(grey.rows, grey.columns, 1, grey.pixels);
}

const png: Reader = { name: "PNG", files: pngs, seal: sealPng, read: readPicture };

const jpeg: Reader = {
  name: "JPEG",
  files: [
    jpegFile(1),
    jpegFile(3, { fine: 2 }),
    jpegFile(4),
    jpegFile(1, { isRestarted: true }),
    jpegFile(3, { isProgressive: true }),
  ],
  read: readPicture,
};

const palette = [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255];

const gif: Reader = {
  name: "GIF",
  files: [
    gifFile(6, 9, palette, [
      { columns: 6, rows: 9, colours: [...noise(54)].map((byte) => byte & 3), isInterlaced: true },
      {
        left: 1,
        top: 2,
        columns: 3,
        rows: 3,
        colours: [...noise(9)].map((byte) => byte & 3),
        disposal: 2,
        transparent: 1,
      },
      { left: 5, columns: 1, rows: 2, colours: [1, 1], disposal: 3 },
    ]),
  ],
  read: (bytes) => tf.dispose(decodePicture(bytes)),
};

const bmp: Reader = {
  name: "BMP",
  files: [
    bmpFile(2, 2, 24, [[...noise(6)], [...noise(6)]]),
    bmpFile(3, 1, 4, [[0x01, 0x20]], { palette: [...noise(64)] }),
    bmpFile(
      9,
      -2,
      1,
      [
        [0xff, 0x80],
        [0x0f, 0],
      ],
      { palette: [0, 0, 0, 0, 255, 255, 255, 0], gap: 3 },
    ),
    bmpFile(1, 1, 32, [[3, 2, 1, 0]], { compression: 3, masks: [0xff, 0xff00, 0xff0000, 0] }),
  ],
  read: (bytes) => tf.dispose(decodePicture(bytes)),
};

const csv: Reader = {
  name: "CSV",
  files: ['\ufeffa,b,"c ""d"""\r\n1,2.5,+3\r\n\r\n-inf,,"4\n"\r\n', "1,2\n3,4\n"].map((text) => Buffer.from(text)),
  read(bytes) {
    const table = parseCsv(bytes, {}, "file");
    for (const row of table.rows) expect(row.length).toBe(table.columns.length);
    for (const column of table.columns) csvClasses(table, column);
    checkTensor(csvNumbers(table));
  },
};

const programs: Reader = {
  name: "Program",
  files: Object.values(validInstructions).map((one) => new Uint8Array(writeInstruction(one).buffer)),
  read: (bytes) => verifyProgram(new Int32Array(Uint8Array.from(bytes.subarray(0, bytes.length & ~3)).buffer)),
};

/** Readers of bytes. */
export const byteReaders: readonly Reader[] = [safetensors, npy, idx, png, jpeg, gif, bmp, csv, programs];

/** Readers of files, which lie in a folder. */
export async function fileReaders(folder: string): Promise<Reader[]> {
  const path = join(folder, "file");
  return [
    safetensorsFiles(path),
    await checkpoints(path),
    await classifiers(path),
    await cifar10(folder),
    archives(path),
    await tfjsModels(folder),
  ];
}

function safetensorsFiles(path: string): Reader {
  const layer = new Linear(2, 3);
  return {
    name: "safetensors file",
    files: [...safetensors.files, encodeSafetensors(layer.state())],
    seal: sealSafetensors,
    isOfFiles: true,
    cost: 5,
    async read(bytes) {
      await writeFile(path, bytes);
      const metadata = await loadSafetensorsMetadata(path);
      const file = await loadSafetensors(path);
      expect(metadata).toEqual(file.metadata);
      for (const tensor of Object.values(file.tensors)) checkTensor(tensor);
      // Others have other tensors.
      await layer.load(path).catch((error: unknown) => expect(error).toBeInstanceOf(FormatError));
    },
  };
}

async function checkpoints(path: string): Promise<Reader> {
  const history = new History();
  history.rows.push({ epoch: 1, step: 20, seconds: 1, loss: 0.5 });
  const parts = { model: new Linear(2, 3), history, stopping: earlyStopping() };
  await saveCheckpoint(path, parts, { epoch: 3, step: 40, seed: 5 });
  return {
    name: "checkpoint",
    files: [await readFile(path)],
    seal: sealSafetensors,
    isOfFiles: true,
    cost: 5,
    async read(bytes) {
      await writeFile(path, bytes);
      const { epoch, step, seed } = await loadCheckpoint(path, parts);
      for (const count of [epoch, step, seed]) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
    },
  };
}

async function classifiers(path: string): Promise<Reader> {
  const model = modelOf("lenet5").make({ classes: 2, seed: 0 });
  const input = { channels: 1, rows: 28, columns: 28 } as const;
  const description = { name: "lenet5", normalise: { mean: [0.1], std: [0.3] }, dataset: "digits" };
  await saveClassifier(path, { ...description, model, input, classNames: ["a", "b"] });
  const file = await readFile(path);
  return {
    name: "classifier",
    files: [file],
    seal: sealSafetensors,
    head: 8 + Number(file.readBigUInt64LE()),
    isOfFiles: true,
    cost: 10,
    async read(bytes) {
      await writeFile(path, bytes);
      const classifier = await loadClassifier(path);
      expect(classifier.input).toEqual(input);
      expect(classifier.classNames).toHaveLength(2);
      const { mean, std } = classifier.normalise;
      expect([[mean].flat().length, [std].flat().length]).toEqual([1, 1]);
    },
  };
}

async function cifar10(folder: string): Promise<Reader> {
  const records = Buffer.concat([0, 9, 5].map((label) => Buffer.of(label, ...noise(3072, label))));
  await mkdir(join(folder, "cifar"), { recursive: true });
  return {
    name: "CIFAR-10",
    files: [records, gzipSync(records)],
    seal: gzipSync,
    isOfFiles: true,
    cost: 5,
    async read(bytes) {
      await writeFile(join(folder, "cifar", "test_batch.bin"), bytes);
      const { images, count, labels } = await loadCifar10(join(folder, "cifar"), { split: "test" });
      expect([images.length, labels.length]).toEqual([count * 3072, count]);
      expect(labels.every((label) => label < 10)).toBe(true);
    },
  };
}

function archives(path: string): Reader {
  const wanted = new Map([
    ["a.bin", 700],
    ["b.bin", 0],
  ]);
  const archive = Buffer.concat([
    tarEntry("folder/", new Uint8Array(0), "5"),
    tarEntry("folder/a.bin", noise(700)),
    tarEntry("folder/other", noise(10)),
    tarEntry("link", new Uint8Array(0), "2"),
    tarEntry("b.bin", new Uint8Array(0)),
    Buffer.alloc(1024),
  ]);
  return {
    name: "tar.gz",
    files: [archive],
    seal: sealTar,
    isSealed: true,
    isOfFiles: true,
    cost: 5,
    async read(bytes) {
      await writeFile(path, bytes);
      for await (const file of readTarGz("test", path, wanted)) expect(file.bytes.length).toBe(wanted.get(file.name));
    },
  };
}

async function tfjsModels(folder: string): Promise<Reader> {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  await model.save(fileSystem(join(folder, "tfjs")));
  const path = join(folder, "tfjs", "model.json");
  const own = await readFile(path);
  const others = [
    { name: "s", shape: [2], dtype: "string" },
    { name: "q", shape: [4], dtype: "float32", quantization: { dtype: "uint8", scale: 0.5, min: 0 } },
    { name: "c", shape: [1, 2], dtype: "complex64" },
  ];
  await writeFile(join(folder, "tfjs", "others.bin"), Buffer.from([1, 0, 0, 0, 65, 0, 0, 0, 0, ...noise(20)]));
  const manifest = JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ["others.bin"], weights: others }] });
  return {
    name: "model.json",
    files: [own, Buffer.from(manifest)],
    isOfFiles: true,
    cost: 5,
    async read(bytes) {
      await writeFile(path, bytes);
      const artifacts = await fileSystem(path)
        .load()
        .catch((error: unknown) => {
          // A changed name is that of no file.
          if (!(error instanceof OptionError)) throw error;
        });
      if (artifacts?.weightSpecs === undefined) return;
      try {
        tf.dispose(tf.io.decodeWeights(artifacts.weightData as ArrayBuffer, artifacts.weightSpecs));
      } catch (error) {
        // What TensorFlow.js does not know is its own error.
        expect(error).toBeInstanceOf(Error);
      }
    },
  };
}
