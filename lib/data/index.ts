/** Data sets and what brings them to a training loop. */

export type { AugmentOptions } from "./augment.js";
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
export {
  type CsvClasses,
  type CsvOptions,
  type CsvTable,
  csvClasses,
  csvNumbers,
  parseCsv,
  readCsv,
} from "./csv.js";
export { type Arrays, arrayDataset, type BatchRequest, type Blueprint, type Dataset } from "./dataset.js";
export { type DigitsOptions, generateDigits } from "./digits.js";
export { type DownloadFileOptions, type DownloadProgress, downloadFile, type TransferOptions } from "./download.js";
export { DATASET_NAMES, type DatasetName, type DownloadDatasetOptions, downloadDataset } from "./download-dataset.js";
export type { Split, SplitOptions } from "./find-file.js";
export {
  generateHardCase,
  type HardCaseName,
  type HardCaseOptions,
  type LabelledPoints,
} from "./hard-cases.js";
export { type IdxArray, parseIdx, readIdx } from "./idx.js";
export {
  type DecodeImageOptions,
  decodeImage,
  encodePng,
  type LoadImageOptions,
  loadImage,
  savePng,
} from "./image.js";
export { type ImageDatasetOptions, imageDataset } from "./image-dataset.js";
export { type ImageFolder, type ImageFolderOptions, loadImageFolder, openImageFolder } from "./image-folder.js";
export { type ImageSheetOptions, imageSheet } from "./image-sheet.js";
export type { Image, ImageSize, LabelledImages, Labels } from "./labelled-images.js";
export { type LineChartOptions, lineChart } from "./line-chart.js";
export { type Batch, DataLoader, type DataLoaderOptions } from "./loader.js";
export { loadFashionMnist, loadMnist } from "./mnist.js";
export { type Normalisation, normaliseImages } from "./normalise.js";
export { Random } from "./random.js";
export { type Fit, resizeImage } from "./resize.js";
export { decodeSamples, greyOf, type Samples } from "./samples.js";
export { captionOf, type Question, questionsAbout, SCENE_ANSWERS } from "./scene-words.js";
export {
  generateScenes,
  SCENE_COLOURS,
  SCENE_SHAPES,
  type Scene,
  type SceneColour,
  type SceneShape,
  type Scenes,
  type ScenesOptions,
} from "./shape-scenes.js";
export { generateShapes, type ShapesOptions } from "./shapes.js";
export { type SplitIndicesOptions, splitImages, splitIndices, takeImages } from "./split.js";
export { type ChannelStatistics, channelStatistics } from "./statistics.js";
export { type EncodeOptions, Vocabulary } from "./vocabulary.js";
