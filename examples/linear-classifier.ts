/**
 * The linear classifier f(x, W) = Wx + b of images in colour, 3 × 32 × 32: what it computes, and what it learns. Its rows
 * of W are templates, one per class; they are written as linear-templates.png.
 *
 *     node build-examples/examples/linear-classifier.js [--quick] [--data-dir FOLDER]
 */

import { LinearSVM, OneVsRest, Perceptron } from "nodegrad/classical";
import { imageSheet, savePng } from "nodegrad/data";
import { Linear } from "nodegrad/nn";
import { loadObjects, percent, quick, rows } from "./inputs.js";

const { train, test } = await loadObjects();
const [x, others] = [rows(train).sub(0.5).realize(), rows(test).sub(0.5).realize()];

const { weight, bias } = new Linear(3072, 10);
console.log(`W ${weight.shape.join(" × ")} and b ${bias?.shape}: ${weight.size + (bias?.size ?? 0)} parameters`);

// Without b, an image half as bright has half the scores: the same class.
const linear = new Linear(3072, 10, { bias: false, seed: 1 });
const bright = linear.forward(x.slice([[0, 1]]));
const dim = linear.forward(x.slice([[0, 1]]).mul(0.5));
console.log(`largest |f(x/2) − f(x)/2|: ${dim.sub(bright.mul(0.5)).abs().max().item().toExponential(0)}`);

// One perceptron per class is a linear classifier, too; the margin of each is its score.
const few = Math.min(1000, train.count);
const perceptrons = new OneVsRest(() => new Perceptron({ maxEpochs: 10 }));
perceptrons.fit(x.slice([[0, few]]), train.labels.subarray(0, few));
console.log(`ten perceptrons, of ${few} images: ${percent(perceptrons.score(others, test.labels))}`);

const model = new LinearSVM({ learningRate: 0.01, weightDecay: 1e-3, epochs: quick ? 3 : 10 }).fit(x, train.labels);
console.log(`linear classifier: ${percent(model.score(others, test.labels))} (chance: ${percent(1 / test.classes)})`);

// From black, its least weight, to white, its largest.
await savePng("linear-templates.png", imageSheet(model.templates([3, 32, 32]), { columns: 5, scale: 3 }));
console.log("templates: linear-templates.png");
