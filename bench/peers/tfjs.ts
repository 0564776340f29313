/**
 * TensorFlow.js, whose images are NHWC:
 *
 *     tfjs.js THREADS cpu|wasm matmul NN|NT|TN M N K
 *     tfjs.js THREADS cpu|wasm add|addGradient SIZE
 *     tfjs.js THREADS cpu|wasm train|infer BATCH MOMENTUM NETWORK
 */

import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { repeat } from "../harness/case.js";
import { numbers } from "../harness/numbers.js";
import { type AnyRunner, serve } from "../harness/serve.js";
import { type Layer, type Network, shapeAfter } from "../models/networks.js";

const FIRST_SEED = 10;
const LEARNING_RATE = 1e-6;

const [, backend = "", kind = "", ...words] = process.argv.slice(2);
const sizes = words.map(Number);

/** Repeats work that gives a tensor, and lets go of it; images are compared in the order of NCHW. */
function runner(work: () => tf.Tensor): AnyRunner {
  const result = () =>
    tf.tidy(() => {
      const y = work();
      return (y.rank === 4 ? tf.transpose(y, [0, 3, 1, 2]) : y).dataSync() as Float32Array;
    });
  return Object.assign(
    repeat(() => work().dispose()),
    { result },
  );
}

function filled(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);
}

const WORKS: Readonly<Record<string, () => AnyRunner>> = {
  matmul() {
    const [a, b] = Array.from(words[0] ?? "", (letter) => letter === "T");
    const [, m = 0, n = 0, k = 0] = sizes;
    const left = filled(a ? [k, m] : [m, k], 1);
    const right = filled(b ? [n, k] : [k, n], 2);
    return runner(() => tf.matMul(left, right, a, b));
  },
  add() {
    const [a, b] = [filled(sizes, 1), filled(sizes, 2)];
    return runner(() => tf.add(a, b));
  },
  addGradient() {
    const [a, b, dy] = [filled(sizes, 1), filled(sizes, 2), tf.ones(sizes)];
    const gradients = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b));
    return runner(() => {
      const [da, db] = gradients([a, b], dy) as [tf.Tensor, tf.Tensor];
      db.dispose();
      return da;
    });
  },
  train() {
    const [network, batch, momentum] = networkOf();
    const forward = sequence(network.layers, network.input);
    const x = examples(network, batch);
    const labels = tf.oneHot(
      Array.from({ length: batch }, (_, i) => (7 * i) % network.classes),
      network.classes,
    );
    const optimizer = momentum > 0 ? tf.train.momentum(LEARNING_RATE, momentum) : tf.train.sgd(LEARNING_RATE);
    const loss = () => tf.losses.softmaxCrossEntropy(labels, forward(x)) as tf.Scalar;
    return runner(() => optimizer.minimize(loss, true) as tf.Scalar);
  },
  infer() {
    const [network, batch] = networkOf();
    const forward = sequence(network.layers, network.input);
    const x = examples(network, batch);
    return runner(() => tf.tidy(() => forward(x)));
  },
};

function networkOf(): [network: Network, batch: number, momentum: number] {
  return [JSON.parse(words[2] ?? "") as Network, Number(words[0]), Number(words[1])];
}

function examples({ input }: Network, batch: number): tf.Tensor {
  const x = filled([batch, ...input], 1);
  return input.length === 3 ? tf.transpose(x, [0, 2, 3, 1]) : x;
}

type Apply = (x: tf.Tensor) => tf.Tensor;

let seed = FIRST_SEED;

function parameter(shape: number[], scale: number, center = 0, order?: number[]): tf.Variable {
  const values = tf.add(tf.mul(filled(shape, seed++), scale), center);
  return tf.variable(order === undefined ? values : tf.transpose(values, order));
}

function sequence(layers: readonly Layer[], input: readonly number[]): Apply {
  let shape = input;
  const applied = layers.map((layer) => {
    const apply = build(layer, shape);
    shape = shapeAfter(layer, shape);
    return apply;
  });
  return (x) => applied.reduce((x, apply) => apply(x), x);
}

function build(layer: Layer, shape: readonly number[]): Apply {
  const [channels = 0] = shape;
  switch (layer.kind) {
    case "conv": {
      const { filters, kernel, stride, padding, bias } = layer;
      const scale = 2 * Math.sqrt(6 / (channels * kernel ** 2));
      const weight = parameter([filters, channels, kernel, kernel], scale, 0, [2, 3, 1, 0]) as tf.Variable<tf.Rank.R4>;
      const shift = bias ? parameter([filters], 0.1) : undefined;
      return (x) => {
        const y = tf.conv2d(x as tf.Tensor4D, weight, stride, padding);
        return shift === undefined ? y : tf.add(y, shift);
      };
    }
    case "linear": {
      const weight = parameter([layer.features, channels], 2 * Math.sqrt(6 / channels));
      const bias = parameter([layer.features], 0.1);
      return (x) => tf.add(tf.matMul(x, weight, false, true), bias);
    }
    case "relu":
      return tf.relu;
    case "maxPool":
      return (x) => tf.maxPool(x as tf.Tensor4D, layer.kernel, layer.stride, layer.padding);
    case "flatten": // in the order of NCHW, which the weights after it expect
      return (x) => tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [x.shape[0] as number, -1]);
    default:
      throw new Error(`no layer ${layer.kind} here`);
  }
}

const work = WORKS[kind];
if (work === undefined) throw new Error(`TensorFlow.js does not do ${kind}`);
tf.env().set("PROD", true);
await tf.setBackend(backend);
await tf.ready();
await serve(tf.version.tfjs, work());
