/**
 * nodegrad as a backend of TensorFlow.js: programs stay as they are, but for one line.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import "nodegrad/tfjs";
 * await tf.setBackend("nodegrad");
 * ```
 *
 * `@tensorflow/tfjs-core` is a peer dependency; it is the only thing this module needs besides nodegrad.
 *
 * @packageDocumentation
 */

import { registerBackend, registerKernel } from "@tensorflow/tfjs-core";
import { NodegradBackend } from "./backend.js";
import { giveWayInFit } from "./give-way.js";
import { kernels } from "./kernels/index.js";

export { NodegradBackend };

/** Its name in `tf.setBackend`. */
export const BACKEND_NAME = "nodegrad";

/** Above that of the other backends of Node.js, so that `tf.ready()` chooses it. */
const PRIORITY = 10;

/** Called when the backend is first chosen, by when the program has imported what it uses. */
function makeBackend(): NodegradBackend {
  giveWayInFit();
  return new NodegradBackend();
}

registerBackend(BACKEND_NAME, makeBackend, PRIORITY);
for (const kernel of kernels) registerKernel({ ...kernel, backendName: BACKEND_NAME });
