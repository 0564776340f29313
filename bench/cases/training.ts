/** Training steps: nodegrad against eager PyTorch in both of its memory layouts. */

import { compile } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner, repeat } from "../harness/case.js";
import { lenet5Training, mlpTraining, type Training } from "../models/training.js";

/** Ratio to the fastest peer that a batch of LeNet-5 should reach. */
const LENET5_TARGETS: readonly (readonly [batch: number, ratio: number])[] = [
  [1, 0.42],
  [16, 0.68],
  [64, 0.74],
  [256, 0.74],
];
/**
 * Floating-point operations for an image: 2 · outputs · terms of each layer's sums, three times (values, and the
 * derivatives of weights and of inputs); nobody needs the derivative of the images.
 */
const LENET5_FLOPS = 2 * (2 * 20 * 28 * 28 * 25 + 3 * (50 * 14 * 14 * 500 + 500 * 2450 + 10 * 500));
const MLP_FLOPS = 2 * (2 * 512 * 784 + 3 * (512 * 512 + 10 * 512));

const MLP_BATCH = 128;
const MLP_TARGET = 0.9;

export const training: Group = {
  level: "training",
  name: "training",
  cases: (threads) => threads.flatMap((count) => [...LENET5_TARGETS.map(lenet5Case(count)), mlpCase(count)]),
};

function lenet5Case(threads: number): (target: (typeof LENET5_TARGETS)[number]) => Case {
  return ([batch, ratio]) => ({
    name: `LeNet-5, batch ${batch}`,
    unit: "step",
    threads,
    flops: batch * LENET5_FLOPS,
    limit: "fma",
    target: { ratio },
    quick: batch === 64,
    contestants: [
      ...nodegrad(() => train(lenet5Training(batch)), { reference: true }),
      { name: "PyTorch NCHW", script: ["torch_training.py", "lenet5", String(batch), "contiguous_format"] },
      { name: "PyTorch NHWC", script: ["torch_training.py", "lenet5", String(batch), "channels_last"] },
    ],
  });
}

function mlpCase(threads: number): Case {
  return {
    name: `MLP 784-512-512-10, batch ${MLP_BATCH}`,
    unit: "step",
    threads,
    flops: MLP_BATCH * MLP_FLOPS,
    limit: "fma",
    target: { ratio: MLP_TARGET },
    contestants: [
      ...nodegrad(() => train(mlpTraining(MLP_BATCH)), { reference: true }),
      { name: "PyTorch", script: ["torch_training.py", "mlp", String(MLP_BATCH), "contiguous_format"] },
    ],
  };
}

function train({ x, y, step }: Training): Runner {
  const compiled = compile(step);
  return repeat(() => compiled(x, y));
}
