/** One misuse of each public function of `nodegrad/classical`, and the error it gives. */

import { OptionError, ShapeError } from "../../lib/errors.js";
import { classical, type Misuses, ng } from "./given.js";

const x = ng.reshape(ng.arange(4), [2, 2]);

export const classicalMisuses: Misuses = {
  "Classifier.fit": [
    () => new classical.KNearestNeighbors().fit(x, [0]),
    ShapeError,
    "KNearestNeighbors.fit: 2 examples but 1 labels: x [2, 2]",
  ],
  "Classifier.predict": [
    () => new classical.Perceptron().predict(x),
    OptionError,
    "Perceptron: knows nothing yet; call fit() first",
  ],
  "Classifier.score": [
    () => new classical.SimpleNeuron().score(x, [0, 1]),
    OptionError,
    "SimpleNeuron: knows nothing yet; call fit() first",
  ],
  "Regressor.fit": [
    () => new classical.LinearRegression().fit(x, ["1", "2"]),
    OptionError,
    'LinearRegression.fit: y[0] must be a finite number, got "1"',
  ],
  "Regressor.predict": [
    () => new classical.LinearRegression().predict(x),
    OptionError,
    "LinearRegression: knows nothing yet; call fit() first",
  ],
  "Regressor.score": [
    () => new classical.LinearRegression().fit(x, [1, 2]).score(x, [1]),
    ShapeError,
    "LinearRegression.score: 2 examples but 1 labels",
  ],
  "Transform.fit": [
    () => new classical.PCA({ components: 1 }).fit([1, 2]),
    OptionError,
    "PCA.fit: x must be a tensor [n, …] or a typed array, got [1, 2]",
  ],
  "Transform.transform": [
    () => new classical.PCA({ components: 1 }).transform(x),
    OptionError,
    "PCA: knows nothing yet; call fit() first",
  ],
  "BinaryClassifier.margins": [
    () => new classical.Perceptron().margins(x),
    OptionError,
    "Perceptron: knows nothing yet; call fit() first",
  ],
  OneVsRest: [
    () => new classical.OneVsRest(classical.Perceptron.prototype),
    OptionError,
    "OneVsRest: needs a function, got Perceptron",
  ],
  "OneVsRest.scores": [
    () => new classical.OneVsRest(() => new classical.Perceptron()).scores(x),
    OptionError,
    "OneVsRest: knows nothing yet; call fit() first",
  ],
  KMeans: [
    () => new classical.KMeans({ clusters: 0 }),
    OptionError,
    'KMeans: option "clusters" must be an integer in [1, 2147483647], got 0',
  ],
  "KMeans.predict": [
    () => new classical.KMeans({ clusters: 2 }).predict(x),
    OptionError,
    "KMeans: knows nothing yet; call fit() first",
  ],
  KNearestNeighbors: [
    () => new classical.KNearestNeighbors({ k: 0 }),
    OptionError,
    'KNearestNeighbors: option "k" must be an integer in [1, 2147483647], got 0',
  ],
  "KNearestNeighbors.neighbors": [
    () => new classical.KNearestNeighbors().neighbors(x),
    OptionError,
    "KNearestNeighbors: knows nothing yet; call fit() first",
  ],
  KernelSVM: [
    () => new classical.KernelSVM({ cost: -1 }),
    OptionError,
    'KernelSVM: option "cost" must be a number > 0, got -1',
  ],
  LinearClassifier: [
    () => new classical.LinearClassifier({ epochs: 0 }),
    OptionError,
    'LinearClassifier: option "epochs" must be an integer in [1, 2147483647], got 0',
  ],
  LinearSVM: [
    () => new classical.LinearSVM({ learningRate: -1 }),
    OptionError,
    'LinearSVM: option "learningRate" must be a number ≥ 0, got -1',
  ],
  SoftmaxClassifier: [
    () => new classical.SoftmaxClassifier({ bias: 1 }),
    OptionError,
    'SoftmaxClassifier: option "bias" must be true or false, got 1',
  ],
  "LinearClassifier.scores": [
    () => new classical.LinearSVM().scores(x),
    OptionError,
    "LinearSVM: knows nothing yet; call fit() first",
  ],
  "LinearClassifier.templates": [
    () => new classical.SoftmaxClassifier({ epochs: 1 }).fit(x, [0, 1]).templates([3]),
    ShapeError,
    "SoftmaxClassifier.templates: [3] is not of 2 features",
  ],
  LinearDiscriminant: [
    () => new classical.LinearDiscriminant({ shrinkage: 2 }),
    OptionError,
    'LinearDiscriminant: option "shrinkage" must be a number in [0, 1], got 2',
  ],
  "LinearDiscriminant.scores": [
    () => new classical.LinearDiscriminant().scores(x),
    OptionError,
    "LinearDiscriminant: knows nothing yet; call fit() first",
  ],
  "LinearDiscriminant.transform": [
    () => new classical.LinearDiscriminant().transform(x),
    OptionError,
    "LinearDiscriminant: knows nothing yet; call fit() first",
  ],
  LinearRegression: [
    () => new classical.LinearRegression({ loss: "l3" }),
    OptionError,
    'LinearRegression: option "loss" must be "l1" or "l2", got "l3"',
  ],
  PCA: [
    () => new classical.PCA({ components: 1.5 }),
    OptionError,
    'PCA: option "components" must be an integer in [1, 2147483647], got 1.5',
  ],
  "PCA.reconstruct": [
    () => new classical.PCA({ components: 1 }).fit(x).reconstruct(5),
    OptionError,
    "PCA.reconstruct: z must be a tensor, got 5",
  ],
  "PCA.reconstructionError": [
    () => new classical.PCA({ components: 1 }).reconstructionError(x),
    OptionError,
    "PCA: knows nothing yet; call fit() first",
  ],
  Perceptron: [
    () => new classical.Perceptron({ maxEpochs: 0 }),
    OptionError,
    'Perceptron: option "maxEpochs" must be an integer in [1, 2147483647], got 0',
  ],
  VisualWords: [
    () => new classical.VisualWords({ shape: [1, 2 ** 40, 8] }),
    ShapeError,
    "VisualWords: too many elements: [1, 1099511627776, 8] (8796093022208 > 2³¹ − 1)",
  ],
  absorbBias: [
    () => classical.absorbBias(x, undefined),
    OptionError,
    "absorbBias: bias must be a tensor, got undefined",
  ],
  appendOnes: [() => classical.appendOnes([1]), OptionError, "appendOnes: x must be a tensor, got [1]"],
  appendCoordinates: [
    () => classical.appendCoordinates(x),
    ShapeError,
    "appendCoordinates: images must be [n, c, h, w], got [2, 2]",
  ],
  polar: [() => classical.polar(ng.zeros([2, 3])), ShapeError, "polar: points must be [n, 2], got [2, 3]"],
  rbf: [() => classical.rbf(0), OptionError, "rbf: gamma must be a number > 0, got 0"],
  polynomial: [() => classical.polynomial(-1), OptionError, "polynomial: degree must be a number > 0, got -1"],
  "rbf()": [() => classical.rbf()(x, 3), OptionError, "mean: operand must be a tensor, got 3"],
  "polynomial()": [
    () => classical.polynomial()(x, ng.zeros([2, 3])),
    ShapeError,
    "matmul: inner dimensions differ: [2, 2] · [3, 2] (2 ≠ 3)",
  ],
};
