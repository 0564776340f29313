/** Valid arguments of `nodegrad/classical`. */

import * as classical from "../../lib/classical/index.js";
import type { Tensor } from "../../lib/index.js";
import type { Draw } from "../tfjs/fuzz/draw.js";
import { each, floats, integers, maybe, some, type Table } from "./given.js";

const examples = (d: Draw, rows = 6): Tensor =>
  // Each differs from the others, whatever is drawn.
  floats(d, [rows, 2])
    .clip(-1, 1)
    .add(integers(d, [rows, 2], -3, 3).cast("float32"));
const finite = (d: Draw, rows = 6): Tensor => integers(d, [rows, 2], -9, 9).cast("float32");
const labels = () => [0, 1, 0, 1, 0, 1];
const patches = { shape: [1, 8, 8], words: 2, patch: 3, samples: 20, seed: 1 };
const _pictures = (d: Draw) => integers(d, [4, 64], 0, 9).cast("float32");
const descent = (d: Draw) =>
  some(d, { epochs: 2, batchSize: 4, learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, seed: 1 });
const classifiers = {
  KNearestNeighbors: () => new classical.KNearestNeighbors({ k: 1 }),
  Perceptron: () => new classical.Perceptron({ maxEpochs: 3 }),
  SoftmaxClassifier: () => new classical.SoftmaxClassifier({ epochs: 1 }),
};
const anyClassifier = (d: Draw) => d.pick<() => classical.Classifier>(Object.values(classifiers))();
const fitted = (d: Draw) => anyClassifier(d).fit(finite(d), labels());
const regression = (d: Draw) =>
  new classical.LinearRegression().fit(
    integers(d, [6, 1], 0, 1)
      .add(finite(d).cast("int32").slice([null, 1]).reshape([6, 1]))
      .cast("float32"),
    [1, 2, 3, 4, 5, 6],
  );
const pca = (d: Draw) => new classical.PCA({ components: 1 }).fit(finite(d));
const discriminant = (d: Draw) => new classical.LinearDiscriminant({ shrinkage: 0.5 }).fit(finite(d), labels());

export const systems: Table = {
  ...each("Classifier Regressor Transform BinaryClassifier SimpleNeuron", () => []),
  "Classifier.fit": (d) => [anyClassifier(d), finite(d), labels()],
  "Classifier.predict": (d) => [fitted(d), finite(d)],
  "Classifier.score": (d) => [fitted(d), finite(d), labels()],
  "Regressor.fit": (d) => [new classical.LinearRegression(), finite(d), [1, 2, 3, 4, 5, 6]],
  "Regressor.predict": (d) => [regression(d), finite(d).slice([null, [0, 1]])],
  "Regressor.score": (d) => [regression(d), finite(d).slice([null, [0, 1]]), [1, 2, 3, 4, 5, 6]],
  "Transform.fit": (d) => [new classical.PCA({ components: 1 }), finite(d)],
  "Transform.transform": (d) => [pca(d), finite(d)],
  "BinaryClassifier.margins": (d) => [new classical.Perceptron({ maxEpochs: 3 }).fit(finite(d), labels()), finite(d)],
  OneVsRest: () => [() => new classical.Perceptron()],
  "OneVsRest.scores": (d) => [new classical.OneVsRest(classifiers.Perceptron).fit(finite(d), labels()), finite(d)],
  KMeans: (d) => [{ clusters: 2, ...some(d, { maxIterations: 5, tolerance: 0.1, seed: 1 }) }],
  "KMeans.predict": (d) => [new classical.KMeans({ clusters: 2 }).fit(finite(d)), finite(d)],
  KNearestNeighbors: (d) => maybe(d, { k: 2, metric: d.pick(["l1", "l2"]) }),
  "KNearestNeighbors.neighbors": (d) => [classifiers.KNearestNeighbors().fit(finite(d), labels()), finite(d)],
  KernelSVM: (d) => maybe(d, { kernel: classical.rbf(1), cost: 1, tolerance: 0.1, maxEpochs: 5, seed: 1 }),
  LinearClassifier: (d) => [{ ...descent(d), bias: d.truth() }],
  ...each("LinearSVM SoftmaxClassifier", (d) => [{ ...descent(d), bias: d.truth() }]),
  "LinearClassifier.scores": (d) => [classifiers.SoftmaxClassifier().fit(finite(d), labels()), finite(d)],
  "LinearClassifier.templates": (d) => [classifiers.SoftmaxClassifier().fit(finite(d), labels()), [2, 1]],
  LinearDiscriminant: (d) => maybe(d, { shrinkage: 0.5 }),
  ...each("LinearDiscriminant.scores LinearDiscriminant.transform", (d) => [discriminant(d), finite(d)]),
  LinearRegression: (d) => [{ ...descent(d), ...some(d, { loss: "l2", solver: "descent", bias: true }) }],
  PCA: () => [{ components: 1 }],
  "PCA.reconstruct": (d) => [pca(d), floats(d, [3, 1])],
  "PCA.reconstructionError": (d) => [pca(d), finite(d)],
  Perceptron: (d) => maybe(d, { maxEpochs: 5 }),
  VisualWords: (d) => [{ ...patches, ...some(d, { stride: 2, levels: 2 }) }],
  absorbBias: (d) => [floats(d, [2, 3]), floats(d, [2])],
  appendOnes: (d) => [examples(d)],
  appendCoordinates: (d) => [floats(d, [2, 1, 3, 3])],
  polar: (d) => [floats(d, [4, 2])],
  rbf: () => [0.5],
  polynomial: () => [2, 1],
  "rbf()": (d) => [classical.rbf(), finite(d), finite(d)],
  "polynomial()": (d) => [classical.polynomial(), finite(d), finite(d)],
};
