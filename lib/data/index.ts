/** Data sets and what brings them to a training loop. */

export {
  type Batches,
  type BatchesOptions,
  batches,
  type GatherImagesOptions,
  gatherImages,
  gatherLabels,
  gatherPixels,
} from "./batches.js";
export { type DigitsOptions, generateDigits } from "./digits.js";
export { type IdxArray, parseIdx, readIdx } from "./idx.js";
export type { LabelledImages } from "./labelled-images.js";
export { loadMnist, type MnistOptions, type Split } from "./mnist.js";
export { Random } from "./random.js";
