/** MNIST and Fashion-MNIST: 60,000 + 10,000 grey images of 28 × 28 pixels, in the same four files. */

import { FormatError, show } from "../errors.js";
import { showShape } from "../shape.js";
import { checkSplit, findFile, foldersOf, notFound, type Split, type SplitOptions } from "./find-file.js";
import { type IdxArray, readIdx } from "./idx.js";
import { DIGIT_NAMES, type LabelledImages } from "./labelled-images.js";

/** Folders inside the one given that Fashion-MNIST may lie in. */
export const FASHION_MNIST_FOLDERS: readonly string[] = ["fashion-mnist", "FashionMNIST"];

const fashionNames: readonly string[] = [
  "T-shirt/top",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];

const prefixes: { readonly [S in Split]: string } = { train: "train", test: "t10k" };

/**
 * Reads MNIST, handwritten digits, from the four original files.
 *
 * They are looked for in `dir` and in `dir/mnist`, with or without `.gz`, and also under the names that some
 * unpackers give them (`train-images.idx3-ubyte`).
 *
 * @returns Images `[n, 1, 28, 28]` and labels `[n]` in 0–9, in the order of the files.
 * @throws {OptionError} when a file is not there or cannot be read, or an option is wrong.
 * @throws {FormatError} when a file is corrupt or the two do not fit each other.
 */
export function loadMnist(dir: string, options: SplitOptions = {}): Promise<LabelledImages> {
  return loadIdxPair("loadMnist", dir, ["mnist"], DIGIT_NAMES, options);
}

/**
 * Reads Fashion-MNIST, pieces of clothing, from the four original files. They have the names of MNIST's, so they need a
 * folder of their own: they are looked for in `dir`, `dir/fashion-mnist` and `dir/FashionMNIST`.
 *
 * @returns Images `[n, 1, 28, 28]` and labels `[n]` in 0–9, in the order of the files.
 * @throws {OptionError} when a file is not there or cannot be read, or an option is wrong.
 * @throws {FormatError} when a file is corrupt or the two do not fit each other.
 */
export function loadFashionMnist(dir: string, options: SplitOptions = {}): Promise<LabelledImages> {
  return loadIdxPair("loadFashionMnist", dir, FASHION_MNIST_FOLDERS, fashionNames, options);
}

async function loadIdxPair(
  op: string,
  dir: string,
  folderNames: readonly string[],
  classNames: readonly string[],
  options: SplitOptions,
): Promise<LabelledImages> {
  const split = checkSplit(op, options);
  const folders = foldersOf(op, dir, folderNames);
  const imagesPath = await findIdx(op, folders, `${prefixes[split]}-images`, "idx3-ubyte");
  const labelsPath = await findIdx(op, folders, `${prefixes[split]}-labels`, "idx1-ubyte");
  const images = checkArray(op, await readIdx(imagesPath), 3, imagesPath);
  const labels = checkArray(op, await readIdx(labelsPath), 1, labelsPath);

  const [count = 0, rows = 0, columns = 0] = images.shape;
  if (labels.data.length !== count) {
    const given = `${show(imagesPath)}, ${show(labelsPath)}`;
    throw new FormatError(`${op}: ${count} images but ${labels.data.length} labels: ${given}`);
  }
  const classes = classNames.length;
  const wrong = labels.data.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    const given = `label ${labels.data[wrong]} at ${wrong} in ${show(labelsPath)}`;
    throw new FormatError(`${op}: label outside the classes: ${given}; expected 0–${classes - 1}`);
  }
  return { images: images.data, labels: labels.data, count, channels: 1, rows, columns, classes, classNames };
}

async function findIdx(op: string, folders: readonly string[], stem: string, suffix: string): Promise<string> {
  const names = [`${stem}-${suffix}`, `${stem}-${suffix}.gz`, `${stem}.${suffix}`, `${stem}.${suffix}.gz`];
  const path = await findFile(folders, names);
  if (path === undefined) throw notFound(op, stem, folders, names);
  return path;
}

function checkArray(op: string, array: IdxArray, rank: number, path: string): { shape: number[]; data: Uint8Array } {
  const { dtype, shape, data } = array;
  if (!(data instanceof Uint8Array) || shape.length !== rank) {
    const given = `${dtype} ${showShape(shape)} in ${show(path)}`;
    throw new FormatError(`${op}: not the expected array: ${given}; expected uint8 with ${rank} axes`);
  }
  return { shape, data };
}
