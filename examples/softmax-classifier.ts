/**
 * The softmax classifier: the linear classifier whose scores become probabilities, learned by cross-entropy.
 *
 *     node build-examples/examples/softmax-classifier.js [--quick] [--data-dir FOLDER]
 */

import { softmax, tensor } from "nodegrad";
import { SoftmaxClassifier } from "nodegrad/classical";
import { crossEntropy } from "nodegrad/nn";
import { loadDigits, loadObjects, percent, quick, rows } from "./inputs.js";

// The lecture's cat, whose scores for cat, car and frog are 3.2, 5.1 and −1.7.
const scores = tensor([[3.2, 5.1, -1.7]]);
const shares = [...softmax(scores).dataSync()].map((share) => share.toFixed(2));
console.log(
  `cat: probabilities ${shares.join(", ")}, loss ${crossEntropy(scores, tensor([0], { dtype: "int32" }))
    .item()
    .toFixed(2)}`,
);

const epochs = quick ? 4 : 10;

const digits = await loadDigits();
const reader = new SoftmaxClassifier({ epochs }).fit(rows(digits.train), digits.train.labels);
console.log(`digits: loss ${reader.losses.map((loss) => loss.toFixed(2)).join(" → ")}`);
console.log(`digits: ${percent(reader.score(rows(digits.test), digits.test.labels))}`);

// Colours are darker or lighter than the middle: centred, they are learned faster.
const objects = await loadObjects();
const watcher = new SoftmaxClassifier({ epochs, learningRate: 0.01, weightDecay: 1e-3 });
watcher.fit(rows(objects.train).sub(0.5), objects.train.labels);
console.log(`objects: ${percent(watcher.score(rows(objects.test).sub(0.5), objects.test.labels))}`);
