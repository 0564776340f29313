/** Classical systems of machine learning, each with `fit` and `predict`, `score` or `transform`. */

export { BinaryClassifier, OneVsRest } from "./binary.js";
export type { DescentOptions } from "./descent.js";
export type { Metric } from "./distances.js";
export { Classifier, Regressor, Transform } from "./estimator.js";
export type { Examples, Labels, Targets } from "./examples.js";
export { appendCoordinates, polar } from "./features.js";
export { KMeans, type KMeansOptions } from "./k-means.js";
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
export { LinearDiscriminant, type LinearDiscriminantOptions } from "./linear-discriminant.js";
export { LinearRegression, type LinearRegressionOptions } from "./linear-regression.js";
export { PCA, type PCAOptions } from "./pca.js";
export { Perceptron, type PerceptronOptions } from "./perceptron.js";
export { SimpleNeuron } from "./simple-neuron.js";
export { VisualWords, type VisualWordsOptions } from "./visual-words.js";
