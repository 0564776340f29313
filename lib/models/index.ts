/** Models of the literature. */

export { type LeNet5Options, lenet5 } from "./lenet5.js";
