/**
 * Minibatch gradient descent, as the linear systems use it.
 *
 * Not `fit` of `nodegrad/train`: that lies above, fetches batches asynchronously and serves callbacks and checkpoints. Here
 * all examples are one tensor, and `fit` has learned when it returns, as in every classical system.
 */

import { checkInteger, checkSeed } from "../data/check.js";
import { batches } from "../data/index.js";
import { gather, tensor } from "../ops/index.js";
import { linearSchedule, SGD } from "../optim/index.js";
import { checkNonNegative, checkShare } from "../optim/optimizer.js";
import { compile } from "../runtime/compile-function.js";
import { MAX_SIZE } from "../shape.js";
import type { Tensor, Variable } from "../tensor.js";

/** Options of systems that learn by gradient descent. */
export interface DescentOptions {
  /** Passes over the examples. */
  readonly epochs?: number;
  /** Examples in a batch, the last of an epoch may have fewer; as many as there are for full-batch descent. */
  readonly batchSize?: number;
  /** Length of the first step in units of the gradient; of later ones less and less, down to 0 after the last. */
  readonly learningRate?: number;
  /** Share of the last step's velocity that is kept. */
  readonly momentum?: number;
  /** λ: factor of ½λ‖θ‖², θ all parameters, that is added to the loss. */
  readonly weightDecay?: number;
  /** Seed of the order of the examples and of the first parameters. */
  readonly seed?: number;
}

/** Names of the options above. */
export const DESCENT_OPTIONS = ["epochs", "batchSize", "learningRate", "momentum", "weightDecay", "seed"] as const;

/** Options that are checked and complete. */
export type Descent = Required<DescentOptions>;

/**
 * Options with the defaults of a system.
 *
 * @throws {OptionError} for one that is out of range; SGD checks its own.
 */
export function checkDescent(op: string, options: DescentOptions, defaults: Descent): Descent {
  const all = {
    ...defaults,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
  checkInteger(op, "epochs", all.epochs, 1, MAX_SIZE);
  checkInteger(op, "batchSize", all.batchSize, 1, MAX_SIZE);
  checkSeed(op, all.seed);
  checkShare(op, "momentum", all.momentum);
  for (const option of ["learningRate", "weightDecay"] as const) checkNonNegative(op, option, all[option]);
  return all;
}

/**
 * Makes a loss small by stochastic gradient descent with a learning rate that falls linearly to 0.
 *
 * @param parameters Variables the loss depends on.
 * @param loss The mean loss of a batch of examples `[b, d]` and what is known of them `[b]`.
 * @returns The mean loss of each epoch, over what the parameters were as it went on.
 */
export function descend(
  parameters: readonly Variable[],
  loss: (x: Tensor, y: Tensor) => Tensor,
  x: Tensor,
  y: Tensor,
  options: Descent,
): number[] {
  const { epochs, batchSize, learningRate, momentum, weightDecay, seed } = options;
  const count = x.shape[0] as number;
  const optimizer = new SGD(parameters, { learningRate, momentum, weightDecay });
  const step = compile((examples: Tensor, known: Tensor, indices: Tensor, rate: Tensor | number) => {
    const value = loss(gather(examples, indices), gather(known, indices));
    value.backward();
    optimizer.learningRate = rate;
    optimizer.step();
    return value;
  });
  const stepsOfEpoch = Math.ceil(count / batchSize);
  const schedule = linearSchedule(learningRate, { steps: epochs * stepsOfEpoch });
  return Array.from({ length: epochs }, (_, epoch) => {
    let [total, steps] = [0, epoch * stepsOfEpoch];
    for (const indices of batches({ count, batchSize, shuffle: true, seed, epoch })) {
      total += step(x, y, tensor(indices), schedule(steps++)).item() * indices.length;
    }
    return total / count;
  });
}
