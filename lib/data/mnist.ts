/** MNIST: 60,000 + 10,000 handwritten digits of 28 × 28 pixels, and data sets in the same files (Fashion-MNIST). */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, FormatError, OptionError, show } from "../errors.js";
import { showShape } from "../shape.js";
import { type IdxArray, readIdx } from "./idx.js";
import type { LabelledImages } from "./labelled-images.js";

/** Which part of a data set. */
export type Split = "train" | "test";

/** Options of `loadMnist`. */
export interface MnistOptions {
  /** 60,000 images to train on (the default), or 10,000 to test on. */
  split?: Split;
}

const CLASSES = 10;

const prefixes: { readonly [S in Split]: string } = { train: "train", test: "t10k" };

/**
 * Reads MNIST from the four original files.
 *
 * They are looked for in `dir` and in `dir/mnist`, with or without `.gz`, and also under the names that some
 * unpackers give them (`train-images.idx3-ubyte`).
 *
 * @returns Images `[n, 28, 28]` and labels `[n]` in 0–9, in the order of the files.
 * @throws {OptionError} when a file is not there or cannot be read, or an option is wrong.
 * @throws {FormatError} when a file is corrupt or the two do not fit each other.
 */
export async function loadMnist(dir: string, options: MnistOptions = {}): Promise<LabelledImages> {
  const op = "loadMnist";
  checkOptions(op, options, ["split"]);
  const { split = "train" } = options;
  if (!Object.hasOwn(prefixes, split)) {
    throw new OptionError(`${op}: option "split" must be "train" or "test", got ${show(split)}`);
  }
  const imagesPath = await findFile(op, dir, `${prefixes[split]}-images`, "idx3-ubyte");
  const labelsPath = await findFile(op, dir, `${prefixes[split]}-labels`, "idx1-ubyte");
  const images = checkArray(op, await readIdx(imagesPath), 3, imagesPath);
  const labels = checkArray(op, await readIdx(labelsPath), 1, labelsPath);

  const [count = 0, rows = 0, columns = 0] = images.shape;
  if (labels.data.length !== count) {
    const given = `${show(imagesPath)}, ${show(labelsPath)}`;
    throw new FormatError(`${op}: ${count} images but ${labels.data.length} labels: ${given}`);
  }
  const wrong = labels.data.findIndex((label) => label >= CLASSES);
  if (wrong >= 0) {
    const given = `label ${labels.data[wrong]} at ${wrong} in ${show(labelsPath)}`;
    throw new FormatError(`${op}: label outside the classes: ${given}; expected 0–${CLASSES - 1}`);
  }
  return { images: images.data, labels: labels.data, count, rows, columns, classes: CLASSES };
}

/** The first file that exists among the names a part of the data set goes by. */
async function findFile(op: string, dir: string, stem: string, suffix: string): Promise<string> {
  if (typeof dir !== "string") throw new OptionError(`${op}: dir must be a string, got ${show(dir)}`);
  const folders = [dir, join(dir, "mnist")];
  const names = [`${stem}-${suffix}`, `${stem}-${suffix}.gz`, `${stem}.${suffix}`, `${stem}.${suffix}.gz`];
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      // Some unpackers make a folder of that name around the file.
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile()) return path;
    }
  }
  throw new OptionError(`${op}: no ${stem} file in ${folders.map(show).join(" or ")}: looked for ${names.join(", ")}`);
}

function checkArray(op: string, array: IdxArray, rank: number, path: string): { shape: number[]; data: Uint8Array } {
  const { dtype, shape, data } = array;
  if (!(data instanceof Uint8Array) || shape.length !== rank) {
    const given = `${dtype} ${showShape(shape)} in ${show(path)}`;
    throw new FormatError(`${op}: not the expected array: ${given}; expected uint8 with ${rank} axes`);
  }
  return { shape, data };
}
