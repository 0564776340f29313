/** SavedModels, which only TensorFlow itself can run. */

import { BackendError } from "nodegrad";

/** @throws {BackendError} always: SavedModels need TensorFlow's C library. */
export async function loadSavedModel(path: string, _tags?: string[], _signature?: string): Promise<never> {
  return unsupported("loadSavedModel", path);
}

/** @throws {BackendError} always: SavedModels need TensorFlow's C library. */
export async function getMetaGraphsFromSavedModel(path: string): Promise<never> {
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
