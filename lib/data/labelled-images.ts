/** What every data set of images for classification has. */

/** Size of an image. */
export interface ImageSize {
  /** 1 for grey images, 3 for red, green and blue. */
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
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
