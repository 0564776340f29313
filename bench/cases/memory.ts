/** Memory of training: how far a process grows, at its peak, over what it held before there was a model. */

import { compile } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner } from "../harness/case.js";
import { lenet5, type Network, resnet20, smallVgg } from "../models/networks.js";
import { prepareTraining } from "../models/training.js";
import { peers } from "./peers.js";

const ROWS: readonly (readonly [name: string, network: Network, batch: number])[] = [
  ["LeNet-5", lenet5, 64],
  ["ResNet-20", resnet20, 64],
  ["small VGG", smallVgg, 64],
];

const MOMENTUM = 0.9;

export const memory: Group = {
  level: "training",
  name: "memory",
  cases: () => ROWS.map(memoryCase),
};

/** Threads share the memory, but for scratch of some hundred kilobytes each. */
function memoryCase([name, network, batch]: (typeof ROWS)[number]): Case {
  return {
    name: `${name}, batch ${batch}`,
    unit: "bytes",
    threads: 1,
    target: { ratio: 1 },
    contestants: [
      ...nodegrad(() => peakOfTraining(network, batch)),
      ...peers(["PyTorch NHWC", "PyTorch NCHW"], "peak", batch, MOMENTUM, JSON.stringify(network)),
    ],
  };
}

/** Trains, and answers with the bytes that the process has grown by. */
function peakOfTraining(network: Network, batch: number): Runner {
  const before = process.memoryUsage.rss();
  const { x, y, step } = prepareTraining(network, batch, MOMENTUM);
  const compiled = compile(step);
  const run = (count: number) => {
    for (let i = 0; i < count; i++) compiled(x, y);
    return process.resourceUsage().maxRSS * 1024 - before;
  };
  return Object.assign(run, { result: () => Float32Array.of(compiled(x, y).item() as number) });
}
