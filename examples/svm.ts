/**
 * Support vector machines: with a kernel that sees only who is near, XOR is easy; the linear one has no chance.
 *
 *     node build-examples/examples/svm.js [--quick] [--data-dir FOLDER]
 */

import { tensor } from "nodegrad";
import { type Kernel, KernelSVM, LinearSVM, OneVsRest, polynomial, rbf } from "nodegrad/classical";
import { generateHardCase, takeImages } from "nodegrad/data";
import { loadDigits, percent, quick, rows } from "./inputs.js";

/** Points in the quadrants of XOR. */
function quadrants(count: number, seed: number) {
  const { points, labels } = generateHardCase("xor", { count, seed });
  return { x: tensor(points, { shape: [count, 2] }), labels };
}

const [known, asked] = [quadrants(600, 1), quadrants(5000, 2)];
const linear = new LinearSVM().fit(known.x, known.labels);
console.log(`XOR, linear: ${percent(linear.score(asked.x, asked.labels))}`);
const kernels: Record<string, Kernel> = { "RBF kernel": rbf(2), "polynomial kernel": polynomial(2) };
for (const [name, kernel] of Object.entries(kernels)) {
  const model = new KernelSVM({ kernel, cost: 100 }).fit(known.x, known.labels);
  const score = percent(model.score(asked.x, asked.labels));
  console.log(`XOR, ${name}: ${score} with ${model.supportVectors} support vectors of 600 points`);
}

// All kernels of the examples are kept, so there are not too many of them.
const { train, test } = await loadDigits();
const few = takeImages(
  train,
  Int32Array.from({ length: quick ? 500 : 2000 }, (_, i) => i),
);
const machines = {
  linear: new LinearSVM(),
  "RBF kernel": new OneVsRest(() => new KernelSVM({ kernel: rbf(0.02), cost: 10 })),
};
for (const [name, model] of Object.entries(machines)) {
  model.fit(rows(few), few.labels);
  console.log(`${few.count} digits, ${name}: ${percent(model.score(rows(test), test.labels))}`);
}
