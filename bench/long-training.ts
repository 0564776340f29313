/**
 * Memory of a long training: LeNet-5 with momentum for 10,000 steps, each on a new batch; prints the memory of the
 * process on the way. It should be the same after 1,000 steps and after 10,000:
 *
 *     npm run build && node --expose-gc dist/bench/long-training.js
 */

import { compile, info, type Tensor, tensor } from "nodegrad";
import { generateDigits } from "nodegrad/data";
import { lenet5 } from "nodegrad/models";
import { crossEntropy } from "nodegrad/nn";
import { SGD } from "nodegrad/optim";

const STEPS = 10_000;
const REPORTS: readonly number[] = [100, 1_000, 2_000, 5_000, STEPS];
const BATCH = 16;
const BATCHES = 50;

const { images, labels, rows, columns } = generateDigits({ count: BATCH * BATCHES, seed: 1 });
const model = lenet5({ seed: 1 });
const optimizer = new SGD(model.parameters(), { learningRate: 0.01, momentum: 0.9 });

const step = compile((x: Tensor, y: Tensor) => {
  const loss = crossEntropy(model.forward(x.cast("float32").div(255)), y);
  loss.backward();
  optimizer.step();
  return loss;
});

function batch(i: number): [x: Tensor, y: Tensor] {
  const first = (i % BATCHES) * BATCH;
  const pixels = images.subarray(first * rows * columns, (first + BATCH) * rows * columns);
  return [
    tensor(pixels, { shape: [BATCH, 1, rows, columns] }),
    tensor(labels.subarray(first, first + BATCH), { dtype: "int32" }),
  ];
}

const { backend, target, threads } = info();
console.log(`LeNet-5, batch ${BATCH}, ${backend} (${target}), ${threads} thread(s)`);
for (let i = 1; i <= STEPS; i++) {
  const loss = step(...batch(i));
  if (i % 50 === 0) await new Promise(setImmediate); // finalizers run between tasks
  if (REPORTS.includes(i)) report(i, loss.item());
}

function report(steps: number, loss: number): void {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  console.log(
    `step ${steps}: resident ${megabytes(rss)}, JavaScript ${megabytes(heapUsed + external)}, loss ${loss.toFixed(4)}`,
  );
}
