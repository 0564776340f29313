/** Layers that belong together, which nodegrad compiles into fewer kernels: inference, with batch norm's statistics. */

import { compile, type Tensor } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner, repeat } from "../harness/case.js";
import { build } from "../models/build.js";
import { basicBlock, flopsOf, type Layer, type Network } from "../models/networks.js";
import { examples } from "../models/training.js";
import { networkPeers } from "./peers.js";

const relu: Layer = { kind: "relu" };
const conv: Layer = { kind: "conv", filters: 64, kernel: 3, stride: 1, padding: 1, bias: true };
const linear: Layer = { kind: "linear", features: 512 };

/** Batch, and the shape of an example. */
const IMAGES = [16, [64, 32, 32]] as const;
const FEATURES = [128, [784]] as const;

const ROWS: readonly (readonly [name: string, input: typeof IMAGES | typeof FEATURES, layers: readonly Layer[]])[] = [
  ["convolution, bias, ReLU", IMAGES, [conv, relu]],
  ["convolution, batch norm, ReLU", IMAGES, [{ ...conv, bias: false }, { kind: "batchNorm" }, relu]],
  ["residual block", IMAGES, basicBlock(64)],
  ["product, bias, ReLU", FEATURES, [linear, relu]],
];

export const blocks: Group = {
  level: "blocks",
  name: "blocks",
  cases: (threads) => threads.flatMap((count) => ROWS.map((row) => blockCase(row, count))),
};

function blockCase([name, [batch, input], layers]: (typeof ROWS)[number], threads: number): Case {
  const network: Network = { input, classes: 0, layers };
  return {
    name: `${name}, ${[batch, ...input].join("×")}`,
    unit: "block",
    threads,
    flops: batch * flopsOf(layers, input),
    limit: "fma",
    target: { ratio: 1 },
    quick: layers.length === 2 && input.length === 3,
    contestants: [...nodegrad(() => infer(network, batch)), ...networkPeers("infer", network, batch, 0, threads)],
  };
}

/** A batch through a network, with the statistics that training left. */
export function infer(network: Network, batch: number): Runner {
  const model = build(network).eval();
  const x = examples(network, batch);
  const forward = compile((x: Tensor) => model.forward(x));
  let scores: Tensor | undefined;
  const work = () => {
    scores = forward(x);
  };
  return repeat(work, 1, () => scores?.dataSync() as Float32Array);
}
