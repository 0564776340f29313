/** Classical systems of machine learning, each with `fit` and `predict`, `score` or `transform`. */

export { BinaryClassifier, OneVsRest } from "./binary.js";
export type { Metric } from "./distances.js";
export { Classifier, Regressor, Transform } from "./estimator.js";
export type { Examples, Labels, Targets } from "./examples.js";
export { KNearestNeighbors, type KNearestNeighborsOptions } from "./k-nearest-neighbors.js";
export { Perceptron, type PerceptronOptions } from "./perceptron.js";
export { SimpleNeuron } from "./simple-neuron.js";
