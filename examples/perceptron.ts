/**
 * Rosenblatt's perceptron: of classes that a line separates it finds such a line in finitely many updates, of others none.
 *
 *     node build-examples/examples/perceptron.js [--quick]
 */

import { tensor } from "nodegrad";
import { Perceptron } from "nodegrad/classical";
import { Random } from "nodegrad/data";
import { quick } from "./inputs.js";

/** Points in the square within ±1, those of class 1 above the line x + 2y = 0.3; none nearer to it than the margin. */
function separable(count: number, margin: number) {
  const random = new Random(1);
  const [points, labels]: [number[][], number[]] = [[], []];
  while (points.length < count) {
    const [x, y] = [random.uniform(-1, 1), random.uniform(-1, 1)];
    const distance = (x + 2 * y - 0.3) / Math.sqrt(5);
    if (Math.abs(distance) < margin) continue;
    points.push([x, y]);
    labels.push(Number(distance > 0));
  }
  return { points: tensor(points), labels };
}

// Novikoff's theorem: at most (R/γ)² updates. With a 1 appended, a point is at most √3 long, and (1, 2, −0.3) separates.
for (const margin of [0.2, 0.1, 0.05, 0.02]) {
  const { points, labels } = separable(quick ? 200 : 2000, margin);
  const model = new Perceptron().fit(points, labels);
  const most = Math.floor((3 * 5.09) / (5 * margin ** 2));
  const state = model.converged ? "converged" : "gave up";
  console.log(`margin ${margin}: ${state} after ${model.updates} updates of at most ${most}`);
}

const corners = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const model = new Perceptron({ maxEpochs: 100 }).fit(corners, [0, 1, 1, 0]);
console.log(`XOR: ${model.converged ? "converged" : "gave up"} after ${model.updates} updates`);
