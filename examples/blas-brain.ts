/**
 * nodegrad under brain.js, whose network learns from one example after the other: its time goes into loops over the weights of
 * a layer. In `blas-network.ts` these loops are calls of BLAS, and all else stays brain.js.
 *
 *     node build-examples/examples/blas-brain.js
 */

import { generateDigits } from "nodegrad/data";
import { FastNetwork, NeuralNetwork } from "./blas-network.js";
import { quick } from "./inputs.js";

const count = quick ? 40 : 300;
const { images, labels } = generateDigits({ count, size: 28, seed: 0 });
const data = Array.from({ length: count }, (_, i) => ({
  input: Array.from(images.subarray(i * 784, (i + 1) * 784), (value) => value / 255),
  output: Array.from({ length: 10 }, (_, digit) => Number(digit === labels[i])),
}));

/** Both begin with the same weights. */
function train(network: InstanceType<typeof NeuralNetwork>): { seconds: number; outputs: number[] } {
  const random = Math.random;
  let state = 1;
  Math.random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const start = performance.now();
  network.train(data, { iterations: quick ? 3 : 10, learningRate: 0.1 });
  Math.random = random;
  const seconds = (performance.now() - start) / 1000;
  return { seconds, outputs: data.flatMap(({ input }) => Array.from(network.run(input) as number[])) };
}

const options = { hiddenLayers: [128] };
const [before, after] = [train(new NeuralNetwork(options)), train(new FastNetwork(options))];
const apart = Math.max(...before.outputs.map((value, i) => Math.abs(value - (after.outputs[i] as number))));
const ratio = (before.seconds / after.seconds).toFixed(1);
console.log(`brain.js ${before.seconds.toFixed(2)} s, with BLAS ${after.seconds.toFixed(2)} s: ${ratio} times as fast`);
console.log(`their answers differ by at most ${apart.toExponential(1)}`);
