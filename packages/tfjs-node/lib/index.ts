/**
 * Takes the place of `@tensorflow/tfjs-node`: everything of `@tensorflow/tfjs`, computed by nodegrad, with models in files,
 * pictures and TensorBoard.
 *
 * @packageDocumentation
 */

import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs";
import { BackendError } from "nodegrad";
import { BACKEND_NAME } from "nodegrad/tfjs";
import { fileSystem, fileSystemRouter } from "./file-system.js";
import { ProgbarLogger } from "./progbar-logger.js";

export * from "@tensorflow/tfjs";
export type { Histogram } from "./event-file.js";
export { NodeFileSystem } from "./file-system.js";
export { node } from "./node.js";
export { ProgbarLogger } from "./progbar-logger.js";
export type { TFSavedModel } from "./saved-model.js";
export type { SummaryFileWriter } from "./summary-writer.js";
export type { TensorBoardCallback, TensorBoardCallbackArgs } from "./tensor-board.js";

const own: { version: string } = createRequire(import.meta.url)("../package.json");

/**
 * Versions of the parts. `tfjs-node` is the version of TensorFlow.js whose tfjs-node this is like, since libraries look there
 * for what they can expect; that of this package is `nodegrad-tfjs-node`.
 */
export const version = { ...tf.version, "tfjs-node": tf.version.tfjs, "nodegrad-tfjs-node": own.version };

/** `tf.io` of `@tensorflow/tfjs`, and handlers of files and of HTTP. */
export const io = {
  ...tf.io,
  fileSystem,
  /**
   * A handler that loads a model from a URL, or posts it there.
   *
   * @param path URL of the JSON file, or to post to.
   * @param requestInit Options of every `fetch`.
   * @param weightPathPrefix What the names of weight files are relative to (default: the folder of the JSON file).
   */
  nodeHTTPRequest(path: string, requestInit?: RequestInit, weightPathPrefix?: string): tf.io.IOHandler {
    return tf.io.http(path, { ...(requestInit && { requestInit }), ...(weightPathPrefix && { weightPathPrefix }) });
  },
};

// A backend without start-up of its own is there at once. Waiting for the promise would make `require` impossible.
tf.setBackend(BACKEND_NAME);
if (tf.getBackend() !== BACKEND_NAME) {
  throw new BackendError(`nodegrad-tfjs-node: cannot choose the backend: "${BACKEND_NAME}", got "${tf.getBackend()}"`);
}

/** The name that tfjs-node's backend has: programs that choose it get nodegrad's, the same one, so that no tensor moves. */
const TENSORFLOW = "tensorflow";
if (!tf.findBackendFactory(TENSORFLOW)) {
  tf.registerBackend(TENSORFLOW, () => tf.findBackend(BACKEND_NAME), 3);
  tf.copyRegisteredKernels(BACKEND_NAME, TENSORFLOW);
}

const router = fileSystemRouter as Parameters<typeof tf.io.registerLoadRouter>[0];
tf.io.registerLoadRouter(router);
tf.io.registerSaveRouter(router);
tf.registerCallbackConstructor(1, ProgbarLogger);
