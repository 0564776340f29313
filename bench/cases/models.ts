/** Inference: scores of a batch, with the statistics that training left. */

import { type Case, type Group, nodegrad } from "../harness/case.js";
import { flopsOf, lenet5, type Network, resnet20, resnet50, vgg16 } from "../models/networks.js";
import { infer } from "./blocks.js";
import { networkPeers } from "./peers.js";

/** The last number: of the time of the best peer. */
const ROWS: readonly (readonly [name: string, network: Network, batch: number, ratio: number])[] = [
  ["LeNet-5", lenet5, 64, 0.25],
  ["ResNet-20", resnet20, 64, 0.9],
  ["ResNet-50", resnet50, 1, 0.9],
  ["VGG-16", vgg16, 1, 0.65],
];

/** Operations that a slow contestant can be asked for. */
const SLOW_FLOPS = 1e9;

export const models: Group = {
  level: "models",
  name: "inference",
  cases: (threads) => threads.flatMap((count) => ROWS.map((row) => inferenceCase(row, count))),
};

function inferenceCase([name, network, batch, ratio]: (typeof ROWS)[number], threads: number): Case {
  const flops = batch * flopsOf(network.layers, network.input);
  return {
    name: `${name}, batch ${batch}`,
    unit: "batch",
    threads,
    flops,
    limit: "fma",
    target: { ratio },
    quick: network === lenet5,
    contestants: [
      ...nodegrad(() => infer(network, batch), { reference: flops < SLOW_FLOPS }),
      ...networkPeers("infer", network, batch, 0, threads),
    ],
  };
}
