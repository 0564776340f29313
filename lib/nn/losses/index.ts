/** What training makes small, and what tells how well it did. In all of them the prediction comes before the target. */

export { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./binary-cross-entropy.js";
export { accuracy, zeroOneLoss } from "./counting.js";
export { type CrossEntropyOptions, crossEntropy, type LabelLossOptions, nllLoss } from "./cross-entropy.js";
export { klDivergence } from "./divergence.js";
export { type HingeOptions, hingeLoss, type MulticlassHingeOptions, multiclassHingeLoss } from "./hinge.js";
export type { LossOptions, Reduction } from "./reduction.js";
export { euclideanLoss, l1Loss, mseLoss } from "./regression.js";
