/**
 * Work beside another process that keeps a processor busy, on all processors of the machine: nodegrad on as many
 * threads, itself on one, and peers on as many.
 *
 * Whoever waits at a barrier for the thread that is preempted loses its time slice, milliseconds, in every call.
 */

import { compile, matmul, relu } from "nodegrad";
import { type Case, type Contestant, type Group, nodegrad, type Runner, repeat } from "../harness/case.js";
import { lenet5 } from "../models/networks.js";
import { prepareTraining } from "../models/training.js";
import { filled, into } from "./kernels/kernel.js";
import { networkPeers, peers } from "./peers.js";

/** Of the time on one thread. */
const TARGET = 1.3;

const PRODUCTS: readonly number[] = [32, 127, 512];
const ELEMENTS = 1e6;
const BATCH = 16;
const MOMENTUM = 0.9;

export const load: Group = {
  level: "training",
  name: "under load",
  cases: (threads) => threads.filter((count) => count > 1).flatMap(casesOn),
};

function casesOn(threads: number): Case[] {
  return [
    ...PRODUCTS.flatMap((size) =>
      pair(`${size}³`, threads, () => multiply(size), peers(["oneDNN", "PyTorch"], "matmul", "NN", size, size, size)),
    ),
    ...pair("ReLU 10⁶", threads, rectify, peers(["PyTorch"], "map", "relu", ELEMENTS)),
    ...pair(
      `LeNet-5, batch ${BATCH}`,
      threads,
      train,
      networkPeers("train", lenet5, BATCH, MOMENTUM, threads).filter(({ name }) => name.startsWith("PyTorch")),
    ),
  ];
}

/** The same work twice: its mean over a turn, and the slowest call of a turn, of which peers tell nothing. */
function pair(name: string, threads: number, work: () => Runner, others: readonly Contestant[]): Case[] {
  const common = { unit: "call", threads, load: 1, target: { ratio: TARGET } };
  return [
    { ...common, name, contestants: [...self(work), ...others] },
    { ...common, name: `${name}, slowest call`, contestants: self(() => slowest(work())) },
  ];
}

/** nodegrad, and nodegrad on one thread. */
function self(start: () => Runner): Contestant[] {
  return [...nodegrad(start), { name: "on 1 thread", start, threads: 1 }];
}

/** Repeats one by one, and answers with the longest time. */
function slowest(run: Runner): Runner {
  return Object.assign((count: number) => {
    let most = 0;
    for (let i = 0; i < count; i++) most = Math.max(most, run(1));
    return most;
  }, run);
}

function multiply(size: number): Runner {
  const [a, b] = [filled([size, size], 1), filled([size, size], 2)];
  return into(filled([size, size], 3), () => matmul(a, b));
}

function rectify(): Runner {
  const x = filled([ELEMENTS], 1);
  return into(filled([ELEMENTS], 2), () => relu(x));
}

function train(): Runner {
  const { x, y, step } = prepareTraining(lenet5, BATCH, MOMENTUM);
  const compiled = compile(step);
  return repeat(() => compiled(x, y));
}
