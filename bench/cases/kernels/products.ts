/** Matrix products, in the shapes that networks have. */

import { assign, compile, matmul, type Tensor, tensor, transpose } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner, repeat, type Target } from "../../harness/case.js";
import { numbers } from "../../harness/numbers.js";
import { type PeerName, peers } from "../peers.js";
import { filled, product } from "./kernel.js";

type Transposes = "NN" | "NT" | "TN";

/**
 * C (M×N) = A (M×K) · B (K×N); T says that a factor is stored transposed. The targets are shares of the machine's
 * arithmetic on one thread and on two, or no more than the time of the best peer.
 */
type Row = readonly [m: number, n: number, k: number, transposes: Transposes, one: number, two: number];

/** As a target: as fast as the best peer. */
const PEER = 0;

const square = (size: number, one: number, two = one): Row => [size, size, size, "NN", one, two];

const PRODUCTS: readonly Row[] = [
  square(32, 0.9, 0.45),
  square(64, 0.97, 0.7),
  square(96, 0.97, 0.85),
  square(128, PEER),
  square(256, PEER),
  square(512, PEER),
  square(1024, 0.96),
  square(2048, 0.96),
  square(127, PEER),
  square(251, PEER),
  square(509, PEER),
  square(1023, 0.95),
  // Fully connected layers of LeNet-5: forward, and the gradients of their inputs and weights.
  [64, 500, 2450, "NN", 0.95, 0.95],
  [64, 500, 2450, "NT", 0.95, 0.95],
  [2450, 500, 64, "TN", 0.95, 0.95],
  [64, 10, 500, "NN", 0.8, 0.58],
  [64, 10, 500, "NT", 0.87, 0.58],
  [500, 10, 64, "TN", 0.8, 0.58],
  [64, 100, 1000, "NN", 0.94, 0.94],
  [256, 3072, 768, "NN", 0.94, 0.94],
  [128, 1024, 4096, "NN", 0.94, 0.94],
  [16, 4096, 1024, "NN", 0.85, 0.85],
  [16, 4096, 1024, "NT", 0.85, 0.85],
  [64, 4096, 9216, "NN", 0.93, 0.93],
  // Convolutions seen as products, forward …
  [50, 12544, 500, "NN", 0.94, 0.94],
  [20, 50176, 25, "NN", 0.85, 0.85],
  [4096, 64, 27, "NN", 0.94, 0.94],
  // … and the gradients of their filters: few results, each a long sum.
  [20, 25, 50176, "NT", 0.75, 0.75],
  [50, 500, 12544, "NT", 0.9, 0.9],
  // A matrix and a vector: bound by reading the matrix.
  [1, 1000, 4096, "NN", 0.9, 0.9],
  [1, 1000, 4096, "NT", 0.9, 0.9],
];

const QUICK = ["256³", "64×500×2450 NN"];

/** Calls of fewer operations would not weigh much more than the call: small products are measured several in a call. */
const CALL_FLOPS = 1e7;
const MOST_IN_CALL = 20;

/** Operations that a slow contestant can be asked for. */
const SLOW_FLOPS = 1e7;
const JAVASCRIPT_FLOPS = 5e8;

export const products: Group = {
  level: "kernels",
  name: "matrix products",
  cases: (threads) => threads.flatMap((count) => PRODUCTS.map((row) => productCase(row, count))),
};

function productCase([m, n, k, transposes, one, two]: Row, threads: number): Case {
  const name = m === n && n === k ? `${m}³` : `${m}×${n}×${k} ${transposes}`;
  const share = threads === 1 ? one : two;
  const target: Target = share === PEER ? { ratio: 1 } : { share };
  const flops = 2 * m * n * k;
  return {
    name,
    unit: "product",
    threads,
    flops,
    bytes: 4 * (m * k + k * n + m * n),
    limit: m === 1 ? "read" : "fma",
    target,
    quick: QUICK.includes(name),
    contestants: [
      ...nodegrad(() => multiply(m, n, k, transposes), { reference: flops < SLOW_FLOPS && threads === 1 }),
      ...peers(peersOf(flops, threads), "matmul", transposes, m, n, k),
    ],
  };
}

/** JavaScript's libraries where they take no seconds; they have one thread. */
function peersOf(flops: number, threads: number): PeerName[] {
  const names: PeerName[] = ["OpenBLAS", "oneDNN", "BLIS", "PyTorch", "onnxruntime"];
  if (threads === 1 && flops < JAVASCRIPT_FLOPS) names.push("TF.js wasm", "jax-js");
  if (threads === 1 && flops < SLOW_FLOPS) names.push("TF.js cpu");
  return names;
}

function multiply(m: number, n: number, k: number, transposes: Transposes): Runner {
  const a = factorOf(transposes === "TN" ? [k, m] : [m, k], 1);
  const factor = (seed: number) => factorOf(transposes === "NT" ? [n, k] : [k, n], seed);
  const times = (a: Tensor, b: Tensor) =>
    matmul(transposes === "TN" ? transpose(a) : a, transposes === "NT" ? transpose(b) : b);
  const b = factor(2);
  const c = filled([m, n], 3);
  const result = () => times(a, b).dataSync() as Float32Array;
  // Factors are arguments, which may differ in every call: like the peers, nodegrad then keeps no packed copies.
  const count = Math.min(Math.ceil(CALL_FLOPS / (2 * m * n * k)), MOST_IN_CALL);
  if (count === 1) {
    const run = compile((a: Tensor, b: Tensor) => c.assign(times(a, b)));
    return repeat(() => run(a, b), 1, result);
  }
  // With operands as warm as those of the peers.
  if (m === k) {
    const run = compile((a: Tensor, b: Tensor) => c.assign(power((b) => times(a, b), b, count)));
    return repeat(() => run(a, b), count, result);
  }
  const factors = [b, ...Array.from({ length: count - 1 }, (_, i) => factor(i + 4))];
  const results = [c, ...factors.slice(1).map(() => filled([m, n], 3))];
  const run = compile((a: Tensor, ...factors: readonly Tensor[]) =>
    assign(results.map((c, i) => [c, times(a, factors[i] as Tensor)] as const)),
  );
  return repeat(() => run(a, ...factors), count, result);
}

/** A tensor and no variable: it is bound anew in every call. */
function factorOf(shape: readonly number[], seed: number): Tensor {
  return tensor(numbers(product(shape), seed), { shape });
}

/** A · A · … · B, with so many products. */
function power(times: (b: Tensor) => Tensor, b: Tensor, count: number): Tensor {
  let product = b;
  for (let i = 0; i < count; i++) product = times(product);
  return product;
}
