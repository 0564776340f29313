/** Folders of pictures as a data set of two parts. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type ImageFolder,
  type ImageSize,
  loadImage,
  openImageFolder,
  type Split,
  splitIndices,
} from "../data/index.js";
import { OptionError } from "../index.js";

/** Names of the folders that a part may lie in. */
const PARTS: { readonly [S in Split]: readonly string[] } = {
  train: ["train", "training"],
  test: ["test", "val", "valid", "validation"],
};

/** Share of the pictures to test on where the folder does not say which. */
const TEST_SHARE = 0.2;

/**
 * A part of a folder of pictures: of its subfolders `train` and `test` (or `val`), which have one for each class, or if it
 * has the classes itself, a fifth of each class to test on, always the same, and the others.
 *
 * @throws {OptionError} as `openImageFolder` does, and when the parts have different classes.
 */
export async function openFolder(
  dir: string,
  split: Split,
  { channels, rows, columns }: ImageSize & { readonly channels: 1 | 3 },
): Promise<ImageFolder> {
  const open = (path: string) => openImageFolder(path, { rows, columns, channels });
  const names = await readdir(dir).catch((): string[] => []);
  const [train, test] = [PARTS.train, PARTS.test].map((known) => known.find((name) => names.includes(name)));
  if (train === undefined || test === undefined) {
    const all = await open(dir);
    const [rest, tested] = splitIndices(all.count, [1 - TEST_SHARE, TEST_SHARE], { stratify: all.labels });
    return takePictures(all, ((split === "train" ? rest : tested) as Int32Array).sort());
  }
  const [learnt, tested] = await Promise.all([open(join(dir, train)), open(join(dir, test))]);
  if (learnt.classNames.join("\n") !== tested.classNames.join("\n")) {
    const given = [learnt, tested].map(({ classNames }) => classNames.join(", ")).join(" and ");
    throw new OptionError(`data set "folder": ${train} and ${test} have different classes: ${given}`);
  }
  return split === "train" ? learnt : tested;
}

/** Some pictures of a folder, in the order of the indices. */
export function takePictures(folder: ImageFolder, indices: Int32Array): ImageFolder {
  const paths = Array.from(indices, (index) => folder.paths[index] as string);
  const labels = indices.map((index) => folder.labels[index] as number);
  return { ...folder, paths, labels, count: indices.length };
}

/** So many of the numbers below `count`, as far apart as can be; at most all of them. */
export function spread(count: number, limit: number): Int32Array {
  const length = Math.min(count, limit);
  return Int32Array.from({ length }, (_, i) => Math.floor((i * count) / length));
}

/** The pixels of all pictures, `[count, channels, rows, columns]`. */
export async function readPixels({ paths, channels, rows, columns, fit }: ImageFolder): Promise<Uint8Array> {
  const size = channels * rows * columns;
  const pixels = new Uint8Array(paths.length * size);
  for (const [i, path] of paths.entries()) {
    pixels.set((await loadImage(path, { channels, rows, columns, fit })).pixels, i * size);
  }
  return pixels;
}
