// The same by `import`: a model to a folder and back.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-node";

const folder = await mkdtemp(join(tmpdir(), "nodegrad-model-"));
try {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] });
  await model.save(`file://${folder}`);
  const loaded = await tf.loadLayersModel(`file://${folder}/model.json`);
  const x = tf.tensor2d([[1, 2]]);
  assert.deepEqual(await loaded.predict(x).array(), await model.predict(x).array());
  console.log("import: saved and loaded a model");
} finally {
  await rm(folder, { recursive: true });
}
