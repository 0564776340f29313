/** Images in memory: one, or many with a class each. */

import { IndexError, OptionError, ShapeError, show } from "../errors.js";

/** Size of an image. */
export interface ImageSize {
  /** 1 for grey images, 3 for red, green and blue. */
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** A picture. */
export interface Image extends ImageSize {
  /** Brightness 0–255, `[channels, rows, columns]`, row-major. */
  readonly pixels: Uint8Array;
}

/** Images with a class each, in memory. */
export interface LabelledImages extends ImageSize {
  /** Brightness 0–255, `[count, channels, rows, columns]`, row-major. */
  readonly images: Uint8Array;
  /** Class of each image, in `[0, classes)`, `[count]`. */
  readonly labels: Labels;
  readonly count: number;
  readonly classes: number;
  /** What the classes are called, `[classes]`. */
  readonly classNames: readonly string[];
}

/** The class of each example. */
export type Labels = Uint8Array | Int32Array;

/** Names of the classes of digits. */
export const DIGIT_NAMES: readonly string[] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/**
 * @throws {OptionError} for what is no image, {ShapeError} for one without pixels, or with others than its size says.
 */
export function checkImage(op: string, image: Image): Image {
  if (!(image?.pixels instanceof Uint8Array)) {
    throw new OptionError(`${op}: needs an image { pixels, channels, rows, columns }, got ${show(image)}`);
  }
  const { pixels, channels, rows, columns } = image;
  if (pixels.length === 0 || pixels.length !== channels * rows * columns) {
    throw new ShapeError(`${op}: no image: ${pixels.length} pixels for [${channels}, ${rows}, ${columns}]`);
  }
  return image;
}

/**
 * @throws {OptionError} for what is no set of images.
 * @throws {ShapeError} when it holds other pixels or labels than its size says.
 * @throws {IndexError} for a label that is no class.
 */
export function checkLabelledImages(op: string, set: LabelledImages): LabelledImages {
  if (!(set?.images instanceof Uint8Array) || !ArrayBuffer.isView(set.labels)) {
    throw new OptionError(
      `${op}: needs images { images, labels, count, channels, rows, columns, … }, got ${show(set)}`,
    );
  }
  const { images, labels, count, channels, rows, columns, classes } = set;
  if (images.length !== count * channels * rows * columns || labels.length !== count) {
    const given = `${images.length} pixels and ${labels.length} labels`;
    throw new ShapeError(`${op}: ${given} for ${count} images [${channels}, ${rows}, ${columns}]`);
  }
  const wrong = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (wrong < 0) return set;
  throw new IndexError(`${op}: label out of range: ${labels[wrong]} at ${wrong}; expected [0, ${classes})`);
}
