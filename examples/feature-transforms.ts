/**
 * Other features make hard problems easy: points as (r, θ), and images as fewer numbers by PCA, by linear discriminants,
 * or as bags of visual words.
 *
 *     node build-examples/examples/feature-transforms.js [--quick] [--data-dir FOLDER]
 */

import { type Tensor, tensor } from "nodegrad";
import { LinearDiscriminant, PCA, polar, SoftmaxClassifier, VisualWords } from "nodegrad/classical";
import { generateHardCase, takeImages } from "nodegrad/data";
import { loadDigits, percent, quick, rows } from "./inputs.js";

/** Points of a hard case. */
function points(name: "discs" | "ring", seed: number) {
  const count = quick ? 2000 : 20_000;
  const { points, labels } = generateHardCase(name, { count, seed });
  return { x: tensor(points, { shape: [count, 2] }), labels };
}

// A disc in a ring: r alone tells them apart. A ring between the two is not left or right of any line in (r, θ) either.
for (const name of ["discs", "ring"] as const) {
  const [train, test] = [points(name, 1), points(name, 2)];
  const score = (features: (x: Tensor) => Tensor) =>
    new SoftmaxClassifier({ epochs: 20, learningRate: 0.3 })
      .fit(features(train.x), train.labels)
      .score(features(test.x), test.labels);
  console.log(`${name}: linear in (x, y) ${percent(score((x) => x))}, in (r, θ) ${percent(score(polar))}`);
}

const { train, test } = await loadDigits();
const [x, others] = [rows(train), rows(test)];

// PCA: the more directions, the less is lost.
const pca = new PCA({ components: 100 }).fit(x);
const z = pca.transform(others);
const errors = [1, 5, 20, 100].map((k) => {
  const restored = z
    .slice([null, [0, k]])
    .matmul(pca.directions.slice([[0, k]]))
    .add(pca.mean);
  return others.sub(restored).square().sum({ axes: 1 }).mean().item().toFixed(1);
});
console.log(`PCA with 1, 5, 20, 100 components loses ${errors.join(", ")}`);

const discriminant = new LinearDiscriminant({ shrinkage: 0.1 }).fit(x, train.labels);
console.log(`LDA: ${percent(discriminant.score(others, test.labels))}`);
console.log(`LDA gives ${discriminant.transform(others).shape[1]} coordinates of ${x.shape[1]}`);

// Words are counted wherever they are, in a pyramid also in each quarter.
const learned = takeImages(
  train,
  Int32Array.from({ length: Math.min(train.count, 2000) }, (_, i) => i),
);
for (const levels of [1, 2]) {
  const words = new VisualWords({ shape: [1, train.rows, train.columns], words: 40, levels, samples: 4000 });
  words.fit(rows(learned));
  const reader = new SoftmaxClassifier({ learningRate: 10, epochs: 30 });
  reader.fit(words.transform(rows(learned)), learned.labels);
  const score = reader.score(words.transform(others), test.labels);
  console.log(`${levels === 1 ? "bag of visual words" : "spatial pyramid"}: ${percent(score)}`);
}
