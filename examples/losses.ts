/**
 * Losses: what a wrong score costs. The hinge asks for a margin and then is content, cross-entropy never is. Losses of two
 * classes are plotted as losses.svg.
 *
 *     node build-examples/examples/losses.js
 */

import { writeFile } from "node:fs/promises";
import { arange, log, matmul, oneHot, onesLike, softmax, type Tensor, takeAlongAxis, tensor, zeros } from "nodegrad";
import { lineChart } from "nodegrad/data";
import * as nn from "nodegrad/nn";

const none = { reduction: "none" } as const;
const labels = (...classes: number[]) => tensor(classes, { dtype: "int32" });
const text = (values: Tensor, digits = 2) => [...values.dataSync()].map((x) => x.toFixed(digits)).join(", ");

// Images of a cat, a car and a frog, with the scores that a classifier gives to cat, car and frog.
const scores = tensor([3.2, 5.1, -1.7, 1.3, 4.9, 2, 2.2, 2.5, -3.1], { shape: [3, 3] });
const y = labels(0, 1, 2);
console.log(`hinge: ${text(nn.multiclassHingeLoss(scores, y, none))}`);
console.log(`mean hinge: ${text(nn.multiclassHingeLoss(scores, y))}`);
console.log(`squared hinge: ${text(nn.multiclassHingeLoss(scores, y, { ...none, squared: true }))}`);
// The sum over all classes, the right one included, is 1 more.
const lead = scores.sub(takeAlongAxis(scores, y.reshape([3, 1])));
console.log(`hinge with j = y: ${text(lead.add(1).relu().sum({ axes: 1 }))}`);
// Twice the weights are twice the scores: where the loss is 0 it has no say in how large they are.
console.log(`hinge of twice the scores: ${text(nn.multiclassHingeLoss(scores.mul(2), y, none))}`);
console.log(`softmax of the cat: ${text(softmax(scores.slice([0])))}`);
console.log(`cross-entropy: ${text(nn.crossEntropy(scores, y, none))}`);

// What to expect before anything is learned: C − 1 and ln C.
const unsure = [zeros([1, 10]), labels(3)] as const;
const [first, second] = [nn.multiclassHingeLoss(...unsure), nn.crossEntropy(...unsure)];
console.log(`ten scores of 0: hinge ${text(first)}, cross-entropy ${text(second, 3)}`);

const w = tensor([0.01, -0.05, 0.1, 0.05, 0.7, 0.2, 0.05, 0.16, 0, -0.45, -0.2, 0.03], { shape: [3, 4] });
const wx = matmul(w, tensor([-15, 22, -44, 56]));
const s = wx.add(tensor([0, 0.2, -0.3])).reshape([1, 3]);
console.log(`side by side: Wx + b = (${text(s)}), hinge ${text(nn.multiclassHingeLoss(s, labels(2)))}`);
console.log(`side by side: softmax (${text(softmax(s), 4)}), cross-entropy ${text(nn.crossEntropy(s, labels(2)))}`);

// Scores jiggled: the hinge does not notice.
const jiggled = tensor([10, -2, 3, 10, 9, 9, 10, -100, -100], { shape: [3, 3] });
console.log(`jiggled: hinge ${text(nn.multiclassHingeLoss(jiggled, labels(0, 0, 0), none))}`);
console.log(`jiggled: cross-entropy ${text(nn.crossEntropy(jiggled, labels(0, 0, 0), none), 4)}`);

// KL(P‖Q) = Σ P ln(P/Q): of a P that is sure of class y it is −ln Q(y), the cross-entropy.
const divergence = nn.klDivergence(log(tensor([[0.2, 0.5, 0.3]])), oneHot(labels(1), 3));
console.log(`KL divergence: ${text(divergence, 4)}; −ln 0.5: ${Math.LN2.toFixed(4)}`);

const x = arange(121).div(20).sub(3);
const one = onesLike(x);
const losses: Readonly<Record<string, Tensor>> = {
  "zero-one": nn.zeroOneLoss(x.sign(), one, none),
  hinge: nn.hingeLoss(x, one, none),
  "squared hinge": nn.hingeLoss(x, one, { ...none, squared: true }),
  "cross-entropy": nn.binaryCrossEntropyWithLogits(x, one, none),
  "squared error": nn.mseLoss(x, one, none),
};
const curves = Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, loss.dataSync()]));
const options = { x: x.dataSync(), xLabel: "yŷ", title: "Losses of a score ŷ where y = 1", width: 600 };
await writeFile("losses.svg", lineChart(curves, { ...options, yRange: [0, 4] }));
console.log("plot: losses.svg");
