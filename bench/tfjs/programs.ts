/** Programs of TensorFlow.js as its users write them, over layers and optimisers of its own; every backend runs the same. */

import * as tf from "@tensorflow/tfjs";
import { numbers } from "../harness/numbers.js";

/** A piece of work, done again and again, and what it results in. */
export interface Program {
  readonly work: () => Promise<unknown> | unknown;
  readonly result: () => Promise<ArrayLike<number>>;
  /** Promises nothing: waiting would be most of what it takes. */
  readonly isSynchronous?: boolean;
}

const LEARNING_RATE = 1e-3;

/** Numbers of the sequence `seed`, which no other backend draws differently. */
function filled(shape: readonly number[], seed: number): tf.Tensor {
  return tf.tensor(numbers(tf.util.sizeFromShape([...shape]), seed), [...shape]);
}

/** Labels 0, 7, 14, … of ten classes, one-hot. */
function labels(count: number): tf.Tensor {
  return tf.oneHot(
    Array.from({ length: count }, (_, i) => (7 * i) % 10),
    10,
  );
}

/** Gives a model the weights that it has on every backend; of a size that keeps activations and variances positive. */
function setWeights(model: tf.LayersModel): void {
  const weights = model.weights.map(({ shape, name }, i) => {
    const size = shape.map((length) => length ?? 1);
    const terms = tf.util.sizeFromShape(size) / (size.at(-1) ?? 1);
    const scale = size.length > 1 ? 2 / Math.sqrt(terms) : 0.1;
    const center = /gamma|variance/.test(name) ? 1 : 0;
    return tf.tidy(() => tf.add(tf.mul(filled(size, 10 + i), scale), center));
  });
  model.setWeights(weights);
  tf.dispose(weights);
}

/** MobileNet v1 1.0/224 as Keras has it, batch normalisation not folded; scores of one image. */
function mobileNet(): Program {
  const input = tf.input({ shape: [224, 224, 3] });
  const ended = (x: tf.SymbolicTensor, layer: tf.layers.Layer) => {
    const normal = tf.layers.batchNormalization().apply(layer.apply(x) as tf.SymbolicTensor) as tf.SymbolicTensor;
    return tf.layers.reLU({ maxValue: 6 }).apply(normal) as tf.SymbolicTensor;
  };
  const common = { padding: "same", useBias: false } as const;
  const convolution = (x: tf.SymbolicTensor, filters: number, kernelSize: number, strides: number) =>
    ended(x, tf.layers.conv2d({ filters, kernelSize, strides, ...common }));
  const depthwise = (x: tf.SymbolicTensor, strides: number) =>
    ended(x, tf.layers.depthwiseConv2d({ kernelSize: 3, strides, ...common }));
  const blocks = [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
    ...Array.from({ length: 5 }, () => [512, 1] as const),
    [1024, 2],
    [1024, 1],
  ] as const;
  let x = convolution(input, 32, 3, 2);
  for (const [filters, strides] of blocks) x = convolution(depthwise(x, strides), filters, 1, 1);
  const pooled = tf.layers.globalAveragePooling2d({}).apply(x) as tf.SymbolicTensor;
  const scores = tf.layers.dense({ units: 1000, activation: "softmax" }).apply(pooled) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: scores });
  setWeights(model);
  const image = filled([1, 224, 224, 3], 1);
  let values: ArrayLike<number> = [];
  const work = async () => {
    const y = model.predict(image) as tf.Tensor;
    values = await y.data();
    y.dispose();
  };
  return { work, result: async () => values };
}

/** A step of `trainOnBatch`. */
function training(model: tf.Sequential, loss: string, x: tf.Tensor, y: tf.Tensor): Program {
  model.compile({ optimizer: tf.train.adam(LEARNING_RATE), loss, metrics: ["accuracy"] });
  setWeights(model);
  let values: number[] = [];
  const work = async () => {
    values = (await model.trainOnBatch(x, y)) as number[];
  };
  return { work, result: async () => values };
}

function mnistCnn(): Program {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 8, kernelSize: 5, activation: "relu" }),
      tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
      tf.layers.conv2d({ filters: 16, kernelSize: 5, activation: "relu" }),
      tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
  return training(model, "categoricalCrossentropy", filled([64, 28, 28, 1], 1), labels(64));
}

function lstm(): Program {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 1000, outputDim: 32, inputLength: 20 }),
      tf.layers.lstm({ units: 32, recurrentInitializer: "glorotNormal" }),
      tf.layers.dense({ units: 1, activation: "sigmoid" }),
    ],
  });
  const words = tf.tidy(() => tf.floor(tf.mul(tf.add(filled([32, 20], 1), 0.5), 1000)));
  const answers = tf.tidy(() => tf.cast(tf.greater(filled([32, 1], 2), 0), "float32"));
  return training(model, "binaryCrossentropy", words, answers);
}

/** An epoch of `fit` over ten batches of 256. */
function mlp(): Program {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [784], units: 128, activation: "relu" }),
      tf.layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(LEARNING_RATE), loss: "categoricalCrossentropy" });
  setWeights(model);
  const x = filled([2560, 784], 1);
  const y = labels(2560);
  let losses: number[] = [];
  const work = async () => {
    const { history } = await model.fit(x, y, { epochs: 1, batchSize: 256, shuffle: false, verbose: 0 });
    losses = history.loss as number[];
  };
  return { work, result: async () => losses };
}

function addition(): Program {
  const [a, b] = [tf.tensor1d([1]), tf.tensor1d([2])];
  const work = () => tf.add(a, b).dispose();
  return { work, result: async () => await tf.add(a, b).data(), isSynchronous: true };
}

/** By the names that cases have them by. */
export const PROGRAMS = { mobileNet, mnistCnn, mlp, lstm, addition } satisfies Record<string, () => Program>;

export type ProgramName = keyof typeof PROGRAMS;
