/**
 * Derivatives by the chain rule, node by node of a graph: f = (x + y)z as on the blackboard, its picture as graph.svg, the
 * same by differences, as formulas, and in forward mode.
 *
 *     node build-examples/examples/backpropagation.js
 */

import { writeFile } from "node:fs/promises";
import * as ng from "nodegrad";
import { type Tensor, tensor, variable } from "nodegrad";
import { crossEntropy } from "nodegrad/nn";

const numbers = (values: readonly (Tensor | undefined)[]) => values.map((value) => value?.item().toFixed(4)).join(", ");

const [x, y, z] = [variable(-2), variable(5), variable(-4)];
const q = x.add(y);
const f = q.mul(z);
const picture = { names: { x, y, z, q, f } };
await writeFile("graph.svg", ng.graphSvg(f, picture));
await writeFile("graph.dot", ng.graphDot(f, picture));
f.backward();
console.log(`f = (x + y)z: q = ${q.item()}, f = ${f.item()}, ∂f/∂(x, y, z) = ${numbers([x.grad, y.grad, z.grad])}`);
console.log("graph: graph.svg, graph.dot");

// A node knows its own derivative; what comes from above is multiplied by it.
const { vjp: pull } = ng.vjp((w: Tensor) => w.mul(2), [tensor(0.5)]);
console.log(`dL/dy = 1.2 and y = wx at x = 2: dL/dw = ${numbers(pull(tensor(1.2)))}`);

// Differences are slow and inexact, and show mistakes: here a term whose derivative is said to be 0.
const product = (x: Tensor, y: Tensor, z: Tensor) => x.add(y).mul(z);
const point = [tensor(-2), tensor(5), tensor(-4)] as const;
for (const method of ["forward", "central"] as const) {
  console.log(`${method} differences: ${numbers(ng.numericGradient(product, point, { method }))}`);
}
const report = ng.checkGradients(product, point);
console.log(`gradient check: relative errors ${report.maxRelativeError.join(", ")}`);
try {
  ng.checkGradients((x) => x.square().add(x.stopGradient()), [tensor(3)]);
} catch (error) {
  console.log(`${error}`);
}

// Symbolic differentiation: the graph of a gradient, as a formula.
const g = (x1: Tensor, x2: Tensor) => x1.mul(x2).add(x1.sin());
const [x1, x2] = [tensor(1.5), tensor(0.5)];
const slopes = ng.grad(g, { argument: [0, 1] })(x1, x2);
console.log(`∂(x₁x₂ + sin x₁) = (${slopes.map((slope) => ng.formula(slope, { "x₁": x1, "x₂": x2 })).join(", ")})`);
// Reverse mode goes once through the graph for all inputs, forward mode once for each.
console.log(`reverse mode\n${ng.traceDerivative(g, [x1, x2])}`);
const [one, zero] = [tensor(1), tensor(0)];
for (const tangents of [
  [one, zero],
  [zero, one],
]) {
  console.log(`forward mode\n${ng.traceDerivative(g, [x1, x2], { tangents })}`);
  // Both modes together: the second derivatives along the tangent.
  console.log(`second derivatives: ${numbers(ng.hvp(g, [x1, x2], tangents))}`);
}

// The softmax classifier on paper: dL/dW = (ng.softmax(Wx) − onehot(y)) xᵀ.
const images = ng.randomNormal([8, 5], { seed: 1 });
const labels = tensor([0, 1, 2, 3, 3, 2, 1, 0], { dtype: "int32" });
const w = variable(ng.randomNormal([4, 5], { seed: 2 }));
const scores = ng.matmul(images, w.transpose());
const paper = ng.softmax(scores).sub(ng.oneHot(labels, 4)).transpose().matmul(images).realize();
crossEntropy(scores, labels, { reduction: "sum" }).backward();
const difference = paper
  .sub(w.grad as Tensor)
  .abs()
  .max()
  .item();
console.log(`largest difference of dL/dW on paper and dL/dW: ${difference.toExponential(0)}`);
