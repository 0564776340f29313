/** The data sets that commands know, as images that a model takes. */

import {
  generateDigits,
  generateShapes,
  type ImageFolder,
  type ImageSize,
  type LabelledImages,
  loadCifar10,
  loadFashionMnist,
  loadMnist,
  type Split,
  splitIndices,
  takeImages,
} from "../data/index.js";
import { OptionError } from "../index.js";
import { convertImages } from "./convert.js";
import { openFolder, spread, takePictures } from "./folder.js";

/** Images in memory, or in files that are read when they are needed. */
export type Images = LabelledImages | ImageFolder;

/** Which images to use. */
export interface DataOptions {
  readonly dataset?: string;
  readonly dataDir?: string;
  readonly limit?: number;
}

/** A data set that commands know. */
interface KnownDataset {
  /** Rows and columns of its images; undefined where they are of many sizes. */
  readonly size?: number;
  /** Images of a generated set. */
  readonly generate?: (count: number, seed: number) => LabelledImages;
  /** Those in a folder. */
  readonly load?: (dir: string, split: Split, input: Input) => Promise<Images>;
}

type Input = ImageSize & { readonly channels: 1 | 3 };

/** Data sets by the name that commands know them under. */
export const datasets: Readonly<Record<string, KnownDataset>> = {
  digits: { size: 28, generate: (count, seed) => generateDigits({ count, seed }) },
  shapes: { size: 32, generate: (count, seed) => generateShapes({ count, seed }) },
  mnist: { size: 28, load: (dir, split) => loadMnist(dir, { split }) },
  "fashion-mnist": { size: 28, load: (dir, split) => loadFashionMnist(dir, { split }) },
  cifar10: { size: 32, load: (dir, split) => loadCifar10(dir, { split }) },
  folder: { load: openFolder },
};

/** How many images a generated set has, and their seed. */
const GENERATED: { readonly [S in Split]: { count: number; seed: number } } = {
  train: { count: 12_000, seed: 0 },
  test: { count: 2000, seed: 1 },
};

/**
 * The name of the data set that options mean: without one, what suits a model of so many channels.
 *
 * @param preferred What a model has learnt from, if it has.
 */
export function chooseDataset({ dataset, dataDir }: DataOptions, channels: number, preferred?: string): string {
  if (dataset !== undefined) return dataset;
  if (preferred !== undefined && !(dataDir !== undefined && datasets[preferred]?.generate)) return preferred;
  if (dataDir === undefined) return channels === 1 ? "digits" : "shapes";
  return channels === 1 ? "mnist" : "cifar10";
}

/**
 * A part of a data set, resized to what a model takes, in its colours.
 *
 * @throws {OptionError} when `dataDir` is missing or not needed, or its files are not there.
 * @throws {FormatError} when the files are corrupt.
 */
export async function loadImages(name: string, split: Split, options: DataOptions, input: Input): Promise<Images> {
  const { dataDir, limit = Number.POSITIVE_INFINITY } = options;
  const { generate, load } = datasets[name] as KnownDataset;
  if (generate) {
    if (dataDir !== undefined) throw new OptionError(`data set "${name}" is generated: leave out --data-dir`);
    const { count, seed } = GENERATED[split];
    return convertImages(generate(Math.min(count, limit), seed), input);
  }
  if (dataDir === undefined) throw new OptionError(`data set "${name}" needs the folder of its files: give --data-dir`);
  const images = (await load?.(dataDir, split, input)) as Images;
  // The pictures of a folder come class by class: some of each.
  if ("paths" in images) return takePictures(images, spread(images.count, limit));
  return convertImages(firstImages(images, limit), input);
}

/** At most the first `limit` images. */
export function firstImages(images: LabelledImages, limit: number): LabelledImages {
  if (limit >= images.count) return images;
  return takeImages(
    images,
    Int32Array.from({ length: limit }, (_, i) => i),
  );
}

/**
 * Divides images in two, each with its share of every class.
 *
 * @param share Of the second part.
 */
export function setApart(images: Images, share: number, seed = 0): [Images, Images] {
  const parts = splitIndices(images.count, [1 - share, share], { seed, stratify: images.labels });
  const take = (indices: Int32Array) =>
    ("paths" in images ? takePictures : takeImages)(images as never, indices.sort());
  return parts.map(take) as [Images, Images];
}
