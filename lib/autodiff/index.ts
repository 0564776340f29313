export { backward } from "./backward.js";
export { type CheckedFunction, type CheckOptions, checkGradients, type GradientReport } from "./check.js";
export { formula } from "./formula.js";
export { hessian, hvp, jacobian } from "./jacobian.js";
export { type NumericOptions, numericGradient } from "./numeric.js";
export { type DerivativeTrace, type TraceOptions, type TraceStep, traceDerivative } from "./trace.js";
export { type Gradient, type GradOptions, grad, jvp, type ValueAndGrad, valueAndGrad, vjp } from "./transforms.js";
