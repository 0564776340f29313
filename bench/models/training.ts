/** Training steps of the networks, on batches that every peer has too. */

import { compile, type Tensor, tensor, type Variable } from "nodegrad";
import { crossEntropy } from "nodegrad/nn";
import { SGD } from "nodegrad/optim";
import { numbers } from "../harness/numbers.js";
import { build } from "./build.js";
import type { Network } from "./networks.js";

/**
 * Small, because every step sees the same batch: a network that had learnt it would have gradients of nearly zero,
 * and denormal numbers are slow on some processors.
 */
const LEARNING_RATE = 1e-6;

/** A training step and a batch for it. */
export interface Training {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly parameters: readonly Variable[];
  /** One step of the optimiser; returns the loss. To be compiled. */
  step(x: Tensor, y: Tensor): Tensor;
}

/** Examples of the shape that a network takes. */
export function examples({ input }: Network, batch: number): Tensor {
  const shape = [batch, ...input];
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(numbers(size, 1), { shape });
}

/** A step of stochastic gradient descent. */
export function prepareTraining(network: Network, batch: number, momentum: number): Training {
  const model = build(network);
  const optimizer = new SGD(model.parameters(), { learningRate: LEARNING_RATE, momentum });
  const labels = Int32Array.from({ length: batch }, (_, i) => (7 * i) % network.classes);
  const step = (x: Tensor, y: Tensor) => {
    const loss = crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { x: examples(network, batch), y: tensor(labels), step, parameters: optimizer.parameters };
}

/** Number of nodes of the graph of a training step: of the loss, its gradients and the new parameters. */
export function countNodes({ x, y, step, parameters }: Training): number {
  let nodes = 0;
  const traced = compile((x: Tensor, y: Tensor) => {
    const loss = step(x, y);
    nodes = reachable([loss, ...parameters.map((parameter) => parameter.resolve())]).size;
    return loss;
  });
  traced(x, y);
  return nodes;
}

function reachable(roots: readonly Tensor[]): Set<Tensor> {
  const seen = new Set(roots);
  for (const node of seen) for (const input of node.inputs) seen.add(input); // a Set hands out what is added meanwhile
  return seen;
}
