/**
 * nodegrad: lazy tensors, their derivatives, and a compiler that runs them in one native call.
 *
 * @packageDocumentation
 */

export {
  backward,
  type CheckedFunction,
  type CheckOptions,
  checkGradients,
  type DerivativeTrace,
  formula,
  type Gradient,
  type GradientReport,
  type GradOptions,
  grad,
  graphDot,
  graphSvg,
  hessian,
  hvp,
  jacobian,
  jvp,
  type NumericOptions,
  numericGradient,
  type PictureOptions,
  type TraceOptions,
  type TraceStep,
  traceDerivative,
  type ValueAndGrad,
  valueAndGrad,
  vjp,
} from "./autodiff/index.js";
export type { Backend, Bindings, Executable, ProgramMemory, State } from "./backends/backend.js";
export { ReferenceBackend } from "./backends/reference/index.js";
export type { ArrayOf, DType, TypedArray } from "./dtype.js";
export {
  BackendError,
  DTypeError,
  type ErrorCode,
  FormatError,
  GradientError,
  IndexError,
  InternalError,
  NetworkError,
  NodegradError,
  OptionError,
  ShapeError,
  StaleTensorError,
  StorageBusyError,
} from "./errors.js";
export * from "./ops/index.js";
export { getBackend, getNumThreads, registerBackend, setBackend, setNumThreads } from "./runtime/backends.js";
export { type CompiledFunction, compile } from "./runtime/compile-function.js";
export { type Info, info } from "./runtime/info.js";
export type { MemoryUse } from "./runtime/memory.js";
export { realize, realizeAsync } from "./runtime/realize.js";
export type { Shape } from "./shape.js";
export type { PendingRun } from "./storage.js";
export {
  assign,
  type NestedArray,
  Tensor,
  type TensorMethods,
  type TensorValues,
  Variable,
  type VariableOptions,
  type VariableValue,
  variable,
} from "./tensor.js";
export { type Flattened, flattenTree, type Tree } from "./tree.js";
