/**
 * TensorFlow.js on nodegrad: a transformer block of core operations (attention, layer normalisation, GELU) learns to write
 * rows of digits backwards. Attention has to find for every place the place it mirrors.
 *
 *     node build-examples/examples/tfjs-transformer.js [--quick]
 */

import * as tf from "@tensorflow/tfjs";
import "nodegrad/tfjs";
import { percent, quick } from "./inputs.js";

await tf.setBackend("nodegrad");

const [symbols, length, width, heads] = [10, quick ? 6 : 12, 32, 4];
let seed = 1;
const weights = (...shape: [number, number]) =>
  tf.variable(tf.randomNormal(shape, 0, 1 / Math.sqrt(shape[0]), "float32", seed++));
const embedding = tf.variable(tf.randomNormal([symbols, width], 0, 1, "float32", seed++));
const positions = tf.variable(tf.randomNormal([length, width], 0, 1, "float32", seed++));
const [query, key, value, mixed] = Array.from({ length: 4 }, () => weights(width, width)) as tf.Variable[];
const [wide, narrow, output] = [weights(width, 4 * width), weights(4 * width, width), weights(width, symbols)];
const norm = () => ({ scale: tf.variable(tf.ones([width])), shift: tf.variable(tf.zeros([width])) });
type Norm = ReturnType<typeof norm>;
const [before, between] = [norm(), norm()];

/** x · w for `[n, length, in]` and `[in, out]`. */
const linear = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
  tf.matMul(x.reshape([-1, w.shape[0] as number]), w).reshape([-1, length, w.shape[1] as number]);

/** (x − mean) / √(variance + ε) · scale + shift over the last axis. */
function layerNorm(x: tf.Tensor, { scale, shift }: Norm): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(x.sub(mean).div(variance.add(1e-5).sqrt()).mul(scale), shift);
}

/** x · Φ(x), with Φ the distribution function of the normal distribution. */
const gelu = (x: tf.Tensor): tf.Tensor => x.mul(0.5).mul(x.div(Math.SQRT2).erf().add(1));

/** softmax(q·kᵀ / √d) · v in every head. */
function attention(x: tf.Tensor): tf.Tensor {
  const size = width / heads;
  const split = (w?: tf.Tensor) =>
    linear(x, w as tf.Tensor)
      .reshape([-1, length, heads, size])
      .transpose([0, 2, 1, 3]);
  const scores = tf.matMul(split(query), split(key), false, true).div(Math.sqrt(size));
  const seen = tf.matMul(tf.softmax(scores), split(value));
  return linear(seen.transpose([0, 2, 1, 3]), mixed as tf.Tensor);
}

/** Scores `[n, length, symbols]` of rows `[n, length]`. */
function model(rows: tf.Tensor2D): tf.Tensor {
  let x: tf.Tensor = tf.gather(embedding, rows).add(positions);
  x = x.add(attention(layerNorm(x, before)));
  x = x.add(linear(gelu(linear(layerNorm(x, between), wide)), narrow));
  return linear(x, output);
}

const optimizer = tf.train.adam(0.005);
const draw = (count: number) => tf.randomUniform([count, length], 0, symbols, "int32", seed++) as tf.Tensor2D;
const steps = quick ? 150 : 600;
const start = performance.now();
for (let step = 1; step <= steps; step++) {
  const loss = tf.tidy(() => {
    const rows = draw(64);
    const labels = tf.oneHot(rows.reverse(1), symbols).cast("float32");
    return optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, model(rows)), true) as tf.Scalar;
  });
  if (step % (steps / 5) === 0) console.log(`step ${step}: loss ${((await loss.data())[0] as number).toFixed(4)}`);
  loss.dispose();
}
console.log(`${((performance.now() - start) / steps).toFixed(1)} ms per step`);
const right = tf.tidy(() => {
  const rows = draw(500);
  return model(rows).argMax(-1).equal(rows.reverse(1)).mean() as tf.Scalar;
});
console.log(`digits in their places: ${percent((await right.data())[0] as number)} (chance: 10 %)`);
