/** Work of every kind for the programs beside this one, and a check that the process still computes right. */

import { compile, randomNormal, setBackend, setNumThreads, tensor, variable } from "nodegrad";
import { Linear, Sequential } from "nodegrad/nn";
import { SGD } from "nodegrad/optim";
import { fit } from "nodegrad/train";

setBackend(process.env.NODEGRAD_BACKEND ?? "native");
setNumThreads(Number(process.env.NODEGRAD_TEST_THREADS ?? 2));

/** A lazy tensor that takes some tens of milliseconds to compute. */
export function longWork(seed = 1) {
  const x = randomNormal([384, 384], { seed, std: 0.05 }).realize();
  let y = x;
  for (let i = 0; i < 25; i++) y = y.matmul(x);
  return y;
}

/** A training that ends when it is ended. */
export function endlessTraining(callbacks = [], epochs = 1e9) {
  const model = new Sequential([new Linear(20, 50, { seed: 1 }), new Linear(50, 1, { seed: 2 })]);
  const optimizer = new SGD(model.parameters(), { learningRate: 0.01, momentum: 0.9 });
  const inputs = randomNormal([32, 20], { seed: 3 }).realize();
  const targets = randomNormal([32, 1], { seed: 4 }).realize();
  const loss = (y, t) => y.sub(t).square().mean();
  return fit(model, () => Array(10).fill({ inputs, targets }), { loss, optimizer, epochs, callbacks });
}

/** Starts work and leaves it alone. */
export const kinds = {
  /** An asynchronous run. */
  async: () => void longWork().data(),
  /** Asynchronous runs behind each other that also change a variable. */
  queued: () => {
    const total = variable(new Float32Array(384 * 384), { shape: [384, 384] });
    const step = compile((x) => {
      total.assign(total.add(x.matmul(x)));
      return total.sum();
    });
    for (let i = 0; i < 8; i++) void step.async(longWork(i));
  },
  /** A training. */
  fit: () => void endlessTraining(),
};

/** Work that holds the thread until it is ended. */
export function computeForever() {
  for (let i = 0; ; i++) longWork(i).dataSync();
}

/** @throws when the process computes something wrong. */
export async function check() {
  const x = tensor([1, 2, 3, 4], { shape: [2, 2] });
  const expected = "7,10,15,22";
  const found = [x.matmul(x).dataSync().join(), (await x.matmul(x).data()).join()];
  const v = variable([1, 2]);
  v.assign(v.mul(3));
  const large = randomNormal([300, 300], { seed: 1 }).matmul(randomNormal([300, 300], { seed: 2 }));
  if (found.some((values) => values !== expected) || v.dataSync().join() !== "3,6" || !(large.abs().sum().item() > 0)) {
    throw new Error(`wrong: ${found}`);
  }
}
