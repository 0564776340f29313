/** SavedModels, which only TensorFlow itself can run. */

import type * as tf from "@tensorflow/tfjs";
import { BackendError } from "nodegrad";

/** What `loadSavedModel` of tfjs-node gives, for programs that are typed by it: here there is none. */
export interface TFSavedModel extends tf.InferenceModel {
  /** Computes its outputs. */
  predict(
    inputs: tf.Tensor | tf.Tensor[] | tf.NamedTensorMap,
    config?: tf.ModelPredictConfig,
  ): tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;
  /** Frees its memory. */
  dispose(): void;
}

/** @throws {BackendError} always: SavedModels need TensorFlow's C library. */
export async function loadSavedModel(path: string, _tags?: string[], _signature?: string): Promise<TFSavedModel> {
  return unsupported("loadSavedModel", path);
}

/** @throws {BackendError} always: SavedModels need TensorFlow's C library. */
export async function getMetaGraphsFromSavedModel(path: string): Promise<tf.MetaGraph[]> {
  return unsupported("getMetaGraphsFromSavedModel", path);
}

/** How many are loaded: none. */
export function getNumOfSavedModels(): number {
  return 0;
}

function unsupported(op: string, path: string): never {
  throw new BackendError(
    `${op}: SavedModels need TensorFlow's C library, which nodegrad does without: ${JSON.stringify(path)}; convert it by ` +
      "tensorflowjs_converter --input_format=tf_saved_model, and load model.json by tf.loadGraphModel",
  );
}
