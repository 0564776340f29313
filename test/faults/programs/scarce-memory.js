/**
 * Does work while memory is short for the addon, a little less each time, and finds out what comes of it: the right result
 * or a `BackendError`. Once there is memory again the same work has to give the right result.
 *
 *     LD_PRELOAD=scarce.so SCARCE=FILE node scarce-memory.js WORK FACTOR
 */

import { BackendError, compile, randomNormal, setBackend, setNumThreads, variable } from "nodegrad";
import { relieve, shorten } from "./scarce.js";

setBackend("native");
setNumThreads(2);

const bits = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString("base64");
const normal = (shape, seed) => randomNormal(shape, { seed }).realize();

/** Work on tensors of a size that has not been seen before, so that nothing is compiled or packed yet. */
const makers = {
  /** A Program that is parsed, prepared and run. */
  program(size) {
    const [x, w] = [normal([size, 8], 1), variable(normal([8, 8], 2))];
    return () => bits(x.matmul(w).add(size).relu().softmax({ axis: 1 }).dataSync());
  },
  /** A training step: variables, packed weights, temporaries. */
  step(size) {
    const x = normal([4, 3, size, size], 1);
    const [w, v] = [variable(normal([8, 3, 3, 3], 2)), variable(normal([8, 8, 3, 3], 3))];
    const step = compile((image) => {
      const loss = image.conv2d(w).relu().conv2d(v).square().mean();
      loss.backward();
      w.assign(w.sub(w.grad.mul(0.1)));
      w.grad = undefined;
      v.grad = undefined;
      return loss;
    });
    return () => bits(step(x).dataSync()) + bits(w.dataSync());
  },
  /** Runs of a Program that has been run before: all they need are small blocks. */
  again(size) {
    const [x, w] = [normal([size, 64], 1), variable(normal([64, 64], 2))];
    const product = compile((a) => a.matmul(w));
    const use = () => bits(product(x).dataSync());
    use();
    return () => {
      w.assign(w.mul(1)); // Its packed copy is out of date.
      return use() + use();
    };
  },
  /** Runs off the thread. */
  submitted(size) {
    const x = normal([size, 40], 1);
    return async () => {
      const runs = [x.matmul(x.transpose()).softmax({ axis: 0 }), x.add(size).exp()].map((tensor) => tensor.data());
      const [a, b] = await Promise.allSettled(runs);
      for (const { reason } of [a, b]) if (reason !== undefined) throw reason;
      return bits(a.value) + bits(b.value);
    };
  },
  /** A large variable that is made and written. */
  state(size) {
    const values = normal([1000 * size], 1).dataSync();
    return () => {
      const v = variable(values);
      v.assign(v.mul(2));
      return bits(v.dataSync());
    };
  },
};

const make = makers[process.argv[2]];
const factor = Number(process.argv[3]);
const found = { tries: 0, refused: 0, right: 0, errors: {} };
let size = 20;
/** Memory as it runs short: what the work takes, then less and less. */
shorten({ bytes: 2 ** 40 });
await make(++size)();
let bytes = relieve().taken;
do {
  bytes = Math.floor(bytes / factor);
  const work = make(++size);
  shorten({ bytes });
  const outcome = await Promise.resolve()
    .then(work)
    .catch((error) => error);
  found.tries++;
  found.refused += relieve().refused;
  const expected = await make(size)();
  if (outcome instanceof BackendError) {
    const message = outcome.message.replaceAll(/\d+/g, "N");
    found.errors[message] = (found.errors[message] ?? 0) + 1;
    if ((await work()) !== expected) throw new Error(`${size}: another result after the shortage`);
  } else if (outcome instanceof Error) {
    throw outcome;
  } else {
    if (outcome !== expected) throw new Error(`${size}: another result during the shortage`);
    found.right++;
  }
} while (bytes > 0);
console.log(JSON.stringify(found));
