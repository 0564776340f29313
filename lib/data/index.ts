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
export { loadCifar10 } from "./cifar10.js";
export { type DigitsOptions, generateDigits } from "./digits.js";
export type { Split, SplitOptions } from "./find-file.js";
export { type IdxArray, parseIdx, readIdx } from "./idx.js";
export type { LabelledImages, Labels } from "./labelled-images.js";
export { loadFashionMnist, loadMnist } from "./mnist.js";
export { Random } from "./random.js";
export { generateShapes, type ShapesOptions } from "./shapes.js";
