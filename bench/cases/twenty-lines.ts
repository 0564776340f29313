/**
 * The network that fits in twenty lines: a hidden layer of sigmoids, the sum of squared errors, plain gradient
 * descent. Little enough work that overhead shows.
 */

import { assign, compile, matmul, mul, randomNormal, sigmoid, sub, sum, type Tensor, variable } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner, repeat } from "../harness/case.js";

const [BATCH, INPUTS, HIDDEN, OUTPUTS] = [64, 1000, 100, 10] as const;
const LEARNING_RATE = 1e-4;
/** Of the products: forward and weights of both layers, and the derivative of the hidden values. */
const FLOPS = 2 * BATCH * (2 * INPUTS * HIDDEN + 3 * HIDDEN * OUTPUTS);

export const twentyLines: Group = {
  level: "training",
  name: "twenty lines",
  cases: (threads) => threads.map(contest),
};

function contest(threads: number): Case {
  return {
    name: `${BATCH} × ${INPUTS}-${HIDDEN}-${OUTPUTS}, sigmoid`,
    unit: "step",
    threads,
    flops: FLOPS,
    limit: "fma",
    target: { ratio: 0.85 },
    quick: true,
    contestants: [
      ...nodegrad(train, { reference: true }),
      { name: "PyTorch by hand", script: ["torch_twenty_lines.py", "by_hand"] },
      { name: "PyTorch autograd", script: ["torch_twenty_lines.py", "autograd"] },
      { name: "numpy", script: ["numpy_twenty_lines.py"] },
    ],
  };
}

function train(): Runner {
  const x = randomNormal([BATCH, INPUTS], { seed: 1 }).realize();
  const y = randomNormal([BATCH, OUTPUTS], { seed: 2 }).realize();
  const w1 = variable(randomNormal([INPUTS, HIDDEN], { seed: 3 }));
  const w2 = variable(randomNormal([HIDDEN, OUTPUTS], { seed: 4 }));
  const step = compile((x: Tensor, y: Tensor) => {
    const error = sub(matmul(sigmoid(matmul(x, w1)), w2), y);
    const loss = sum(mul(error, error));
    loss.backward();
    assign([w1, w2].map((w) => [w, sub(w, mul(w.grad as Tensor, LEARNING_RATE))] as const));
    for (const w of [w1, w2]) w.grad = undefined;
    return loss;
  });
  return repeat(() => step(x, y));
}
