/**
 * TensorFlow.js on nodegrad: an embedding and an LSTM learn to remember. In a row of digits there is one star, and the answer
 * is the digit behind it, however many follow.
 *
 *     node build-examples/examples/tfjs-lstm.js [--quick]
 */

import * as tf from "@tensorflow/tfjs";
import "nodegrad/tfjs";
import { percent, quick } from "./inputs.js";

await tf.setBackend("nodegrad");

/** The symbol of the star, behind the ten digits, and how long rows are. */
const [star, length] = [10, quick ? 6 : 12];

/** Rows `[count, length]` and the digits behind their stars `[count]`. */
function rows(count: number, seed: number) {
  return tf.tidy(() => {
    const digits = tf.randomUniform([count, length], 0, 10, "int32", seed);
    const places = tf.randomUniform([count], 0, length - 1, "int32", seed + 1) as tf.Tensor1D;
    const inputs = tf.where(tf.oneHot(places, length).cast("bool"), tf.scalar(star, "int32"), digits);
    const answers = digits.mul(tf.oneHot(places.add(tf.scalar(1, "int32")) as tf.Tensor1D, length)).sum(1);
    return { inputs: inputs.cast("float32"), answers: answers.cast("float32") };
  });
}

const model = tf.sequential({
  layers: [
    tf.layers.embedding({
      inputDim: 11,
      outputDim: 16,
      inputLength: length,
      embeddingsInitializer: tf.initializers.randomNormal({ seed: 1 }),
    }),
    tf.layers.lstm({
      units: 48,
      kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }),
      recurrentInitializer: tf.initializers.glorotNormal({ seed: 3 }),
    }),
    tf.layers.dense({
      units: 10,
      activation: "softmax",
      kernelInitializer: tf.initializers.glorotNormal({ seed: 4 }),
    }),
  ],
});
model.compile({ optimizer: tf.train.adam(0.01), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });

const [learnt, asked] = [rows(quick ? 1000 : 6000, 10), rows(1000, 20)];
const epochs = 5;
const start = performance.now();
await model.fit(learnt.inputs, learnt.answers, {
  batchSize: 50,
  epochs,
  shuffle: false,
  callbacks: {
    onEpochEnd: async (epoch, logs) =>
      console.log(`epoch ${epoch + 1}: loss ${logs?.loss?.toFixed(4)}, accuracy ${percent(logs?.acc as number)}`),
  },
});
const steps = (epochs * learnt.inputs.shape[0]) / 50;
console.log(`${((performance.now() - start) / steps).toFixed(1)} ms per step`);

const [, accuracy] = model.evaluate(asked.inputs, asked.answers) as [tf.Scalar, tf.Scalar];
console.log(`1000 other rows: ${percent((await accuracy.data())[0] as number)} (chance: 10 %)`);
console.log(`after training: ${tf.memory().numTensors} tensors`);
