/** Folders of pictures, one subfolder for each class. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, OptionError, show } from "../errors.js";
import { MAX_SIZE } from "../shape.js";
import { checkInteger } from "./check.js";
import { checkChannels, loadImage } from "./image.js";
import type { ImageSize, LabelledImages } from "./labelled-images.js";
import { checkFit, type Fit, MAX_SIDE } from "./resize.js";

/** Options of `openImageFolder` and `loadImageFolder`. */
export interface ImageFolderOptions {
  /** Rows that every picture is resized to. */
  rows: number;
  /** Columns that every picture is resized to. */
  columns: number;
  /** 3 for red, green and blue (default), 1 for grey. */
  channels?: 1 | 3;
  /** How to resize (default `"cover"`); see `resizeImage`. */
  fit?: Fit;
}

/** Pictures in files with a class each, read when they are needed. */
export interface ImageFolder extends ImageSize {
  /** The files, `[count]`. */
  readonly paths: readonly string[];
  /** Class of each picture, in `[0, classes)`, `[count]`. */
  readonly labels: Int32Array;
  readonly count: number;
  readonly channels: 1 | 3;
  readonly fit: Fit;
  readonly classes: number;
  /** Names of the subfolders, `[classes]`. */
  readonly classNames: readonly string[];
}

/**
 * Finds the PNG and JPEG files (by their names) in a folder with one subfolder for each class: `cats/1.png`,
 * `dogs/2021/2.jpg`. Subfolders, and the files in each, are taken in code unit order; those whose names begin with a dot
 * are left out. The pictures themselves are not read: `imageDataset` does that batch by batch, on worker threads
 * if asked to.
 *
 * @throws {OptionError} when the folder cannot be read, has no subfolders or one without pictures, or an option is wrong.
 */
export async function openImageFolder(dir: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const op = "openImageFolder";
  checkOptions(op, options, ["rows", "columns", "channels", "fit"]);
  const rows = checkInteger(op, "rows", options.rows, 1, MAX_SIDE);
  const columns = checkInteger(op, "columns", options.columns, 1, MAX_SIDE);
  const channels = checkChannels(op, options.channels);
  const fit = checkFit(op, options.fit);
  const entries = await readdir(dir, { withFileTypes: true }).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new OptionError(`${op}: cannot read folder: ${show(dir)} (${code ?? cause})`, { cause });
  });
  const classNames = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name);
  if (classNames.length === 0) throw new OptionError(`${op}: no subfolders, one for each class: ${show(dir)}`);
  classNames.sort();
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classNames.entries()) {
    const files = await readdir(join(dir, name), { recursive: true });
    const pictures = files.filter(isPicture).sort();
    if (pictures.length === 0) throw new OptionError(`${op}: no pictures in ${show(join(dir, name))}`);
    for (const file of pictures) {
      paths.push(join(dir, name, file));
      labels.push(label);
    }
  }
  const size = { channels, rows, columns, fit };
  return {
    paths,
    labels: Int32Array.from(labels),
    count: paths.length,
    ...size,
    classes: classNames.length,
    classNames,
  };
}

function isPicture(file: string): boolean {
  return /\.(png|jpe?g)$/i.test(file) && !/(^|[\\/])\./.test(file);
}

/** Reads one picture of a folder, `[channels, rows, columns]`. */
export async function readPicture(folder: ImageFolder, index: number): Promise<Uint8Array> {
  const { channels, rows, columns, fit } = folder;
  const { pixels } = await loadImage(folder.paths[index] as string, { channels, rows, columns, fit });
  return pixels;
}

/**
 * Reads all pictures of a folder into memory; see `openImageFolder`.
 *
 * @throws {OptionError} as `openImageFolder` does, and for more than 2³¹ − 1 bytes.
 * @throws {FormatError} for a file that is no picture.
 */
export async function loadImageFolder(dir: string, options: ImageFolderOptions): Promise<LabelledImages> {
  const folder = await openImageFolder(dir, options);
  const { labels, count, channels, rows, columns, classes, classNames } = folder;
  const size = channels * rows * columns;
  if (count * size > MAX_SIZE) {
    throw new OptionError(
      `loadImageFolder: too many pictures for memory: ${count} of ${size} bytes; openImageFolder reads them later`,
    );
  }
  const images = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) images.set(await readPicture(folder, i), i * size);
  return { images, labels, count, channels, rows, columns, classes, classNames };
}
