/** Training steps: nodegrad against eager PyTorch in both of its memory layouts, and JavaScript's libraries. */

import { compile, type Tensor } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner, repeat } from "../harness/case.js";
import { lenet5, mlp, type Network, resnet20, smallVgg, trainingFlops } from "../models/networks.js";
import { prepareTraining } from "../models/training.js";
import { networkPeers } from "./peers.js";

interface Row {
  readonly name: string;
  readonly network: Network;
  readonly batch: number;
  readonly momentum: number;
  /** Of the time of the best peer. */
  readonly ratio: number;
}

const ROWS: readonly Row[] = [
  { name: "MLP 784-512-512-10", network: mlp, batch: 128, momentum: 0, ratio: 0.9 },
  { name: "LeNet-5", network: lenet5, batch: 1, momentum: 0.9, ratio: 0.42 },
  { name: "LeNet-5", network: lenet5, batch: 16, momentum: 0.9, ratio: 0.68 },
  { name: "LeNet-5", network: lenet5, batch: 64, momentum: 0.9, ratio: 0.74 },
  { name: "LeNet-5", network: lenet5, batch: 256, momentum: 0.9, ratio: 0.74 },
  { name: "ResNet-20", network: resnet20, batch: 64, momentum: 0.9, ratio: 0.85 },
  { name: "small VGG", network: smallVgg, batch: 64, momentum: 0.9, ratio: 0.6 },
];

/** Operations a step that a slow contestant can be asked for. */
const SLOW_FLOPS = 1e9;

export const training: Group = {
  level: "training",
  name: "training",
  cases: (threads) => threads.flatMap((count) => ROWS.map((row) => trainingCase(row, count))),
};

function trainingCase({ name, network, batch, momentum, ratio }: Row, threads: number): Case {
  const flops = batch * trainingFlops(network);
  return {
    name: `${name}, batch ${batch}`,
    unit: "step",
    threads,
    flops,
    limit: "fma",
    target: { ratio },
    quick: network === lenet5 && batch === 64,
    contestants: [
      ...nodegrad(() => train(network, batch, momentum), { reference: flops < SLOW_FLOPS }),
      ...networkPeers("train", network, batch, momentum, threads),
    ],
  };
}

function train(network: Network, batch: number, momentum: number): Runner {
  const { x, y, step } = prepareTraining(network, batch, momentum);
  const compiled = compile(step);
  let loss: Tensor | undefined;
  const work = () => {
    loss = compiled(x, y);
  };
  return repeat(work, 1, () => Float32Array.of(loss?.item() as number));
}
