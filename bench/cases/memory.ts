/** Memory: how far a process grows, at its peak, over what it held before there was a model. */

import { compile, type Tensor } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner, type Target } from "../harness/case.js";
import { buildAnew } from "../models/build.js";
import { lenet5, type Network, resnet20, resnet50, smallVgg, vgg16 } from "../models/networks.js";
import { examples, prepareTraining } from "../models/training.js";
import { peers } from "./peers.js";

type Row = readonly [name: string, network: Network, batch: number];

const TRAINING: readonly Row[] = [
  ["LeNet-5", lenet5, 64],
  ["ResNet-20", resnet20, 64],
  ["small VGG", smallVgg, 64],
];

/** Half as much as the weights of VGG-16 besides them, and its two largest activations. */
const VGG16_BYTES = 1.5 * 4 * 138_357_544 + 2 * 4 * 64 * 224 * 224;

const INFERENCE: readonly (readonly [row: Row, target: Target])[] = [
  [["inference, ResNet-50", resnet50, 1], { ratio: 1 }],
  [["inference, VGG-16", vgg16, 1], { seconds: VGG16_BYTES }],
];

const MOMENTUM = 0.9;

export const memory: Group = {
  level: "training",
  name: "memory",
  cases: () => [
    ...TRAINING.map((row) => memoryCase("peak", peakOfTraining, row, { ratio: 1 })),
    ...INFERENCE.map(([row, target]) => memoryCase("inferPeak", peakOfInference, row, target)),
  ],
};

/** Threads share the memory, but for scratch of some hundred kilobytes each. */
function memoryCase(
  task: "peak" | "inferPeak",
  peakOf: (network: Network, batch: number) => Runner,
  [name, network, batch]: Row,
  target: Target,
): Case {
  return {
    name: `${name}, batch ${batch}`,
    unit: "bytes",
    threads: 1,
    target,
    contestants: [
      ...nodegrad(() => peakOf(network, batch)),
      ...peers(["PyTorch NHWC", "PyTorch NCHW"], task, batch, MOMENTUM, JSON.stringify(network)),
    ],
  };
}

/** Computes scores, and answers with the bytes that the process has grown by; parameters are what layers start with. */
function peakOfInference(network: Network, batch: number): Runner {
  const before = process.memoryUsage.rss();
  const model = buildAnew(network).eval();
  const x = examples(network, batch);
  const forward = compile((x: Tensor) => model.forward(x));
  return (count: number) => {
    for (let i = 0; i < count; i++) forward(x);
    return process.resourceUsage().maxRSS * 1024 - before;
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
