/**
 * TensorFlow.js on nodegrad: a model is saved to model.json and weights.bin, as TensorFlow.js writes them everywhere, and read
 * again by nodegrad and by the backend cpu. The same model moves from one backend to the other, too.
 *
 *     node build-examples/examples/tfjs-save-load.js
 */

import { readFile, writeFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs";
import "nodegrad/tfjs";

/** Writes a model to files, and reads it: what `file://` is in tfjs-node. */
const files: tf.io.IOHandler = {
  async save({ modelTopology, weightSpecs, weightData, trainingConfig }) {
    const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
    await writeFile("model.json", JSON.stringify({ modelTopology, trainingConfig, weightsManifest }));
    await writeFile("weights.bin", new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  },
  async load() {
    const { modelTopology, trainingConfig, weightsManifest } = JSON.parse(await readFile("model.json", "utf8"));
    const weightData = new Uint8Array(await readFile("weights.bin")).buffer;
    return { modelTopology, trainingConfig, weightSpecs: weightsManifest[0].weights, weightData };
  },
};

/** The largest distance of two predictions. */
const distance = (a: tf.TypedArray, b: tf.TypedArray): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));

async function predict(model: tf.LayersModel, inputs: tf.Tensor): Promise<tf.TypedArray> {
  const prediction = model.predict(inputs) as tf.Tensor;
  const values = await prediction.data();
  prediction.dispose();
  return values;
}

await tf.setBackend("nodegrad");
const model = tf.sequential({
  layers: [
    tf.layers.dense({ inputShape: [2], units: 16, activation: "tanh" }),
    tf.layers.dense({ units: 1, activation: "sigmoid" }),
  ],
});
model.compile({ optimizer: tf.train.adam(0.05), loss: "binaryCrossentropy" });

// A point is in the class when it is inside the circle.
const points = tf.randomUniform([500, 2], -1, 1, "float32", 1);
const classes = points.square().sum(1, true).less(0.5).cast("float32");
const { history } = await model.fit(points, classes, { epochs: 30, batchSize: 50 });
console.log(`loss ${(history.loss as number[]).at(-1)?.toFixed(3)}`);

const expected = await predict(model, points);
await model.save(files);
console.log("saved: model.json, weights.bin");

const again = await tf.loadLayersModel(files);
console.log(`read by nodegrad: ${distance(await predict(again, points), expected)} apart`);

await tf.setBackend("cpu");
const elsewhere = await tf.loadLayersModel(files);
console.log(`read by cpu: ${distance(await predict(elsewhere, points), expected).toExponential(1)} apart`);
console.log(`moved to cpu: ${distance(await predict(model, points), expected).toExponential(1)} apart`);

await tf.setBackend("nodegrad");
console.log(`and back: ${distance(await predict(model, points), expected)} apart`);
