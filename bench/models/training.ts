/** The networks that are trained here, with the same sizes, first parameters and optimisers as in bench/peers. */

import { compile, randomInteger, randomNormal, type Tensor, type Variable } from "nodegrad";
import { lenet5 } from "nodegrad/models";
import { Activation, crossEntropy, Linear, type Module, Sequential } from "nodegrad/nn";
import { SGD, type SGDOptions } from "nodegrad/optim";

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

/** LeNet-5 on images `[batch, 1, 28, 28]`, SGD with momentum. */
export function lenet5Training(batch: number): Training {
  return training(lenet5({ seed: 1 }), [batch, 1, 28, 28], { learningRate: LEARNING_RATE, momentum: 0.9 });
}

/** 784-512-512-10 with ReLU on images `[batch, 784]`, plain SGD. */
export function mlpTraining(batch: number): Training {
  const model = new Sequential({
    fc1: new Linear(784, 512, { seed: 1 }),
    relu1: new Activation("relu"),
    fc2: new Linear(512, 512, { seed: 2 }),
    relu2: new Activation("relu"),
    fc3: new Linear(512, 10, { seed: 3 }),
  });
  return training(model, [batch, 784], { learningRate: LEARNING_RATE });
}

function training(model: Module, shape: readonly number[], options: SGDOptions): Training {
  const optimizer = new SGD(model.parameters(), options);
  const x = randomNormal(shape, { seed: 4 }).realize();
  const y = randomInteger([shape[0] as number], { low: 0, high: 10, seed: 5 }).realize();
  const step = (x: Tensor, y: Tensor) => {
    const loss = crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { x, y, step, parameters: optimizer.parameters };
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
