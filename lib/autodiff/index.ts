export { backward } from "./backward.js";
export { type CheckedFunction, type CheckOptions, checkGradients, type GradientReport } from "./check.js";
export { type Gradient, type GradOptions, grad, jvp, type ValueAndGrad, valueAndGrad, vjp } from "./transforms.js";
