/** Differentiation: of graphs, of functions, by numbers, and shown. */

export { backward } from "./backward.js";
export { type CheckedFunction, type CheckOptions, checkGradients, type GradientReport } from "./check.js";
export { formula } from "./formula.js";
export { hessian, hvp, jacobian } from "./jacobian.js";
export { type NumericOptions, numericGradient } from "./numeric.js";
export { graphDot } from "./picture/dot.js";
export type { PictureOptions } from "./picture/picture.js";
export { graphSvg } from "./picture/svg.js";
export { type DerivativeTrace, type TraceOptions, type TraceStep, traceDerivative } from "./trace.js";
export { type Gradient, type GradOptions, grad, jvp, type ValueAndGrad, valueAndGrad, vjp } from "./transforms.js";
