/** Classical systems of machine learning, each with `fit` and `predict`, `score` or `transform`. */

export { BinaryClassifier, OneVsRest } from "./binary.js";
export type { DescentOptions } from "./descent.js";
export type { Metric } from "./distances.js";
export { Classifier, Regressor, Transform } from "./estimator.js";
export type { Examples, Labels, Targets } from "./examples.js";
export { KNearestNeighbors, type KNearestNeighborsOptions } from "./k-nearest-neighbors.js";
export { KernelSVM, type KernelSVMOptions } from "./kernel-svm.js";
export { type Kernel, polynomial, rbf } from "./kernels.js";
export {
  absorbBias,
  appendOnes,
  LinearClassifier,
  type LinearClassifierOptions,
  LinearSVM,
  SoftmaxClassifier,
} from "./linear-classifier.js";
export { LinearRegression, type LinearRegressionOptions } from "./linear-regression.js";
export { Perceptron, type PerceptronOptions } from "./perceptron.js";
export { SimpleNeuron } from "./simple-neuron.js";
