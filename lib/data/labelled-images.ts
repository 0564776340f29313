/** What every data set of images for classification has. */

/** Grey images with a class each. */
export interface LabelledImages {
  /** Brightness 0–255, `[count, rows, columns]`, row-major. */
  readonly images: Uint8Array;
  /** Class of each image, in `[0, classes)`, `[count]`. */
  readonly labels: Uint8Array;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
}
