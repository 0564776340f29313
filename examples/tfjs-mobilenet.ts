/**
 * TensorFlow.js on nodegrad: what an image takes in a network of the shape of MobileNet v1 (width 1.0, 224 × 224), beside the
 * backends cpu and, where it is installed, wasm. The weights are random, the same for all: they move with `setBackend`.
 *
 *     node build-examples/examples/tfjs-mobilenet.js [--quick]
 */

import * as tf from "@tensorflow/tfjs";
import "nodegrad/tfjs";
import { quick } from "./inputs.js";

/** The size of the image, and the share of MobileNet's channels. */
const [side, width] = quick ? [64, 0.25] : [224, 1];

/** Batch normalisation and ReLU6, as behind every convolution of MobileNet. */
const normalised = (x: tf.SymbolicTensor): tf.SymbolicTensor =>
  tf.layers.reLU({ maxValue: 6 }).apply(tf.layers.batchNormalization().apply(x)) as tf.SymbolicTensor;

/** A depthwise convolution 3 × 3, then one of single pixels. */
function block(x: tf.SymbolicTensor, filters: number, strides: number, seed: number): tf.SymbolicTensor {
  const shared = { padding: "same", useBias: false } as const;
  const depthwiseInitializer = tf.initializers.randomNormal({ stddev: Math.sqrt(2) / 3, seed });
  const depthwise = tf.layers.depthwiseConv2d({ ...shared, kernelSize: 3, strides, depthwiseInitializer });
  const kernelInitializer = tf.initializers.heNormal({ seed: seed + 1 });
  const pointwise = tf.layers.conv2d({ ...shared, filters: filters * width, kernelSize: 1, kernelInitializer });
  return normalised(pointwise.apply(normalised(depthwise.apply(x) as tf.SymbolicTensor)) as tf.SymbolicTensor);
}

function mobilenet(): tf.LayersModel {
  const input = tf.input({ shape: [side, side, 3] });
  const shared = { padding: "same", useBias: false, kernelInitializer: tf.initializers.heNormal({ seed: 1 }) } as const;
  const first = tf.layers.conv2d({ ...shared, filters: 32 * width, kernelSize: 3, strides: 2 });
  let x = normalised(first.apply(input) as tf.SymbolicTensor);
  const filters = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
  for (const [i, count] of filters.entries()) {
    // The image is halved where the channels double, but not at first.
    const strides = i > 0 && count !== filters[i - 1] ? 2 : 1;
    x = block(x, count, strides, 10 * i + 10);
  }
  const pooled = tf.layers.globalAveragePooling2d({}).apply(x);
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 2 });
  const output = tf.layers.dense({ units: 1000, activation: "softmax", kernelInitializer }).apply(pooled);
  return tf.model({ inputs: input, outputs: output as tf.SymbolicTensor });
}

await import("@tensorflow/tfjs-backend-wasm").catch(() => console.log("wasm is not installed"));
await tf.setBackend("nodegrad");
const model = mobilenet();
console.log(`${model.countParams()} parameters`);
const image = tf.randomUniform([1, side, side, 3], -1, 1, "float32", 7);

/** The confidences for the image, and how many milliseconds they take: the middle one of several runs. */
async function measure(runs: number) {
  const times: number[] = [];
  let confidences: tf.TypedArray = new Float32Array();
  // The first two bring the weights over, and compile.
  for (let run = 0; run < runs + 2; run++) {
    const start = performance.now();
    const output = model.predict(image) as tf.Tensor;
    confidences = await output.data();
    times.push(performance.now() - start);
    output.dispose();
  }
  times.splice(0, 2);
  return { confidences, time: times.sort((a, b) => a - b)[Math.floor(runs / 2)] as number };
}

let expected: tf.TypedArray | undefined;
for (const name of ["nodegrad", "wasm", "cpu"].filter((known) => tf.findBackendFactory(known) !== null)) {
  await tf.setBackend(name);
  const { confidences, time } = await measure(name === "cpu" ? 1 : 15);
  expected ??= confidences;
  const apart = Math.max(...confidences.map((share, i) => Math.abs(share - (expected?.[i] as number))));
  const best = confidences.indexOf(Math.max(...confidences));
  console.log(
    `${name}: ${time.toFixed(1)} ms per image, class ${best} at ${confidences[best]?.toFixed(3)}, ${apart.toExponential(1)} apart`,
  );
}
