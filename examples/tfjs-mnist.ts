/**
 * TensorFlow.js on nodegrad: a convolutional network of tfjs-layers learns to read digits. The import of nodegrad/tfjs and
 * `setBackend` are all that a program for another backend would not have.
 *
 *     node build-examples/examples/tfjs-mnist.js [--quick] [--data-dir FOLDER]
 */

import * as tf from "@tensorflow/tfjs";
import "nodegrad/tfjs";
import type { LabelledImages } from "nodegrad/data";
import { loadDigits, percent, quick } from "./inputs.js";

await tf.setBackend("nodegrad");

/** Images `[n, rows, columns, 1]` in [0, 1], and their labels `[n]`, for `sparseCategoricalCrossentropy`. */
function tensors({ images, labels, count, rows, columns }: LabelledImages) {
  const pixels = tf.tensor4d(images, [count, rows, columns, 1], "float32");
  return { images: tf.tidy(() => pixels.div(255)), labels: tf.tensor1d(Float32Array.from(labels)) };
}

const { train, test } = await loadDigits();
const model = tf.sequential({
  layers: [
    tf.layers.conv2d({
      inputShape: [train.rows, train.columns, 1],
      filters: 16,
      kernelSize: 3,
      activation: "relu",
      kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
    }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.conv2d({
      filters: 32,
      kernelSize: 3,
      activation: "relu",
      kernelInitializer: tf.initializers.heNormal({ seed: 2 }),
    }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.flatten(),
    tf.layers.dense({
      units: 10,
      activation: "softmax",
      kernelInitializer: tf.initializers.heNormal({ seed: 3 }),
    }),
  ],
});
model.compile({ optimizer: tf.train.adam(0.002), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });

const learnt = tensors(train);
const start = performance.now();
await model.fit(learnt.images, learnt.labels, {
  batchSize: 64,
  epochs: quick ? 10 : 3,
  validationSplit: 0.1,
  callbacks: {
    onEpochEnd: async (epoch, logs) =>
      console.log(
        `epoch ${epoch + 1}: loss ${logs?.loss?.toFixed(4)}, validation accuracy ${percent(logs?.val_acc as number)}`,
      ),
  },
});
console.log(`trained in ${((performance.now() - start) / 1000).toFixed(1)} s`);

const asked = tensors(test);
const [, accuracy] = model.evaluate(asked.images, asked.labels, { batchSize: 500 }) as tf.Scalar[];
console.log(`${test.count} digits: ${percent((await (accuracy as tf.Scalar).data())[0] as number)}`);
