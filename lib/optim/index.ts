/** Optimisers: from gradients to better parameters. */

export { Optimizer, type Updates } from "./optimizer.js";
export { SGD, type SGDOptions } from "./sgd.js";
