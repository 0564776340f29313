/**
 * CIFAR-10: 50,000 + 10,000 photographs of 32 × 32 pixels in colour, of ten classes (Krizhevsky, "Learning multiple
 * layers of features from tiny images").
 *
 * The binary version is records of 3073 bytes without a header: the class, then 1024 bytes each of red, green and
 * blue, row-major.
 */

import { FormatError, show } from "../errors.js";
import { type Fail, failer, readBytes } from "../io/files.js";
import { MAX_SIZE } from "../shape.js";
import { checkSplit, findFile, foldersOf, notFound, type Split, type SplitOptions } from "./find-file.js";
import { claimedLength, gunzip, isGzip } from "./gzip.js";
import type { LabelledImages } from "./labelled-images.js";

/** Folders inside the one given that CIFAR-10 may lie in. */
const CIFAR10_FOLDERS: readonly string[] = ["cifar10", "cifar-10-batches-bin"];

/** Names of the files of each part, without `.gz`. */
export const cifar10Files: { readonly [S in Split]: readonly string[] } = {
  train: [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`),
  test: ["test_batch.bin"],
};

const classNames: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

const [CHANNELS, ROWS, COLUMNS] = [3, 32, 32];
const PIXELS = CHANNELS * ROWS * COLUMNS;

/** Bytes of an image with its label. */
const RECORD = 1 + PIXELS;

/** Length of each published file: 10,000 images. */
export const cifar10Bytes = 10_000 * RECORD;

/**
 * Reads CIFAR-10 from the files of its binary version: `data_batch_1.bin` to `data_batch_5.bin` (those of them that are
 * there, at least one), or `test_batch.bin`. They are looked for in `dir`, `dir/cifar10` and
 * `dir/cifar-10-batches-bin`, with or without `.gz`.
 *
 * @returns Images `[n, 3, 32, 32]`, red, green and blue, and labels `[n]` in 0–9, in the order of the files.
 * @throws {OptionError} when no file is there or one cannot be read, or an option is wrong.
 * @throws {FormatError} when a file is corrupt.
 */
export async function loadCifar10(dir: string, options: SplitOptions = {}): Promise<LabelledImages> {
  const op = "loadCifar10";
  const split = checkSplit(op, options);
  const folders = foldersOf(op, dir, CIFAR10_FOLDERS);
  const paths: string[] = [];
  for (const name of cifar10Files[split]) {
    const path = await findFile(folders, [name, `${name}.gz`]);
    if (path !== undefined) paths.push(path);
  }
  if (paths.length === 0) throw notFound(op, split, folders, cifar10Files[split]);
  const files = await Promise.all(paths.map(async (path) => readRecords(await readBytes(op, path), failer(op, path))));

  const count = files.reduce((sum, records) => sum + records.length / RECORD, 0);
  if (count * PIXELS > MAX_SIZE) throw new FormatError(`${op}: too many images: ${count} in ${show(paths)}`);
  const images = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  let image = 0;
  files.forEach((records, file) => {
    for (let at = 0; at < records.length; at += RECORD, image++) {
      labels[image] = records[at] as number;
      if ((labels[image] as number) >= classNames.length) {
        const given = `label ${labels[image]} at ${at / RECORD} in ${show(paths[file])}`;
        throw new FormatError(`${op}: label outside the classes: ${given}; expected 0–${classNames.length - 1}`);
      }
      images.set(records.subarray(at + 1, at + RECORD), image * PIXELS);
    }
  });
  const size = { channels: CHANNELS, rows: ROWS, columns: COLUMNS };
  return { images, labels, count, ...size, classes: classNames.length, classNames };
}

/** The records of a file, plain or compressed: a whole number of them, which is known before anything is unpacked. */
function readRecords(bytes: Uint8Array, fail: Fail): Uint8Array {
  const length = isGzip(bytes) ? claimedLength(bytes, fail) : bytes.length;
  if (length === 0) fail("empty file");
  if (length % RECORD !== 0) fail(`truncated or of another format, ${length} bytes are no multiple of ${RECORD}`);
  return isGzip(bytes) ? gunzip(bytes, length, fail) : bytes;
}
