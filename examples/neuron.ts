/**
 * A neuron adds up what its dendrites bring, weighted, and its axon fires σ of the sum. A layer is some of them side by side,
 * a network y = σ(W³σ(W²σ(W¹x + b¹) + b²) + b³) layers one behind the other.
 *
 *     node build-examples/examples/neuron.js
 */

import { matmul, sigmoid, type Tensor, tensor } from "nodegrad";

/** A layer of two neurons: the weights of one, those of the other, and a bias for each. */
const layer = (weights: readonly number[], bias: readonly number[]) => {
  const [w, b] = [tensor(weights, { shape: [2, 2] }), tensor(bias)];
  return (x: Tensor) => sigmoid(matmul(w, x).add(b));
};
const show = (x: Tensor) => `(${[...x.dataSync()].map((value) => value.toFixed(2)).join(", ")})`;

const first = layer([1, -2, -1, 1], [1, 0]);
const second = layer([2, -1, -2, -1], [0, 0]);
const third = layer([3, -1, -1, 4], [-2, 2]);

for (const x of [tensor([1, -1]), tensor([0, 0])]) {
  const one = first(x);
  const two = second(one);
  console.log(`${show(x)} → ${show(one)} → ${show(two)} → ${show(third(two))}`);
}
