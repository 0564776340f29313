/** The functions of `tf.node`. */

import { decodeBmp, decodeGif, decodeImage, decodeJpeg, decodePng } from "./decode-image.js";
import { encodeJpeg, encodePng } from "./encode-image.js";
import { getMetaGraphsFromSavedModel, getNumOfSavedModels, loadSavedModel } from "./saved-model.js";
import { summaryFileWriter } from "./summary-writer.js";
import { tensorBoard } from "./tensor-board.js";

/** What TensorFlow.js has in Node.js beyond the browser. */
export const node = {
  decodeImage,
  decodeBmp,
  decodeGif,
  decodePng,
  decodeJpeg,
  encodeJpeg,
  encodePng,
  summaryFileWriter,
  tensorBoard,
  getMetaGraphsFromSavedModel,
  getNumOfSavedModels,
  loadSavedModel,
};
