/** Kernels that compute element by element. */

import type {
  BinaryInputs,
  CastAttrs,
  CastInputs,
  ClipByValueAttrs,
  LeakyReluAttrs,
  PreluInputs,
  SelectInputs,
  StepAttrs,
  UnaryInputs,
} from "@tensorflow/tfjs-core";
import * as ng from "../../index.js";
import type { Tensor } from "../../index.js";
import { type Kernel, lazyKernel, rawKernel } from "../kernel.js";

/** A kernel of one float tensor; integers are converted first. */
function unary(name: string, compute: (x: Tensor) => Tensor): Kernel {
  return lazyKernel<UnaryInputs>(name, ({ x }) => compute(x.dtype === "float32" ? x : ng.cast(x, "float32")));
}

/** A kernel of one tensor of numbers, whose dtype stays. */
function unaryOfAny(name: string, compute: (x: Tensor) => Tensor): Kernel {
  return lazyKernel<UnaryInputs>(name, ({ x }) => compute(numeric(x)));
}

/** A kernel of two tensors of one dtype, which the core has seen to. */
function binary(name: string, compute: (a: Tensor, b: Tensor) => Tensor): Kernel {
  return lazyKernel<BinaryInputs>(name, ({ a, b }) => compute(numeric(a), numeric(b)));
}

/** Booleans as the integers that TF.js calculates with. */
function numeric(x: Tensor): Tensor {
  return x.dtype === "bool" ? ng.cast(x, "int32") : x;
}

const truth = (x: Tensor): Tensor => (x.dtype === "bool" ? x : ng.cast(x, "bool"));

/** x > 0 ? 1 : α·x. */
export function step(x: Tensor, alpha: number): Tensor {
  return ng.where(x.greater(0), 1, ng.where(ng.notEqual(x, x), x, alpha));
}

/** min(max(x, 0), 6). */
export const relu6 = (x: Tensor): Tensor => ng.clip(x, 0, 6);

/** x where it is positive, α·x elsewhere. */
export const prelu = (x: Tensor, alpha: Tensor): Tensor => ng.where(x.less(0), ng.cast(x, alpha.dtype).mul(alpha), ng.cast(x, alpha.dtype));

const floats: readonly Kernel[] = [
  unary("Ceil", ng.ceil),
  unary("Cos", ng.cos),
  unary("Elu", (x) => ng.elu(x)),
  unary("Erf", ng.erf),
  unary("Exp", ng.exp),
  unary("Expm1", ng.expm1),
  unary("Floor", ng.floor),
  unary("Log", ng.log),
  unary("Log1p", ng.log1p),
  unary("Reciprocal", ng.reciprocal),
  unary("Rsqrt", ng.rsqrt),
  unary("Sigmoid", ng.sigmoid),
  unary("Sin", ng.sin),
  unary("Softplus", ng.softplus),
  unary("Sqrt", ng.sqrt),
  unary("Tanh", ng.tanh),
];

const numbers: readonly Kernel[] = [
  unaryOfAny("Abs", ng.abs),
  unaryOfAny("Neg", ng.neg),
  unaryOfAny("Relu", ng.relu),
  unaryOfAny("Relu6", relu6),
  // NaN has the sign 0.
  unaryOfAny("Sign", (x) => ng.sign(ng.where(ng.equal(x, x), x, 0))),
  unaryOfAny("Round", (x) => (x.dtype === "int32" ? x : ng.round(x))),
  unaryOfAny("Square", ng.square),
  lazyKernel<UnaryInputs, StepAttrs>("Step", ({ x }, { alpha }) => step(ng.cast(x, "float32"), alpha)),
  lazyKernel<UnaryInputs, LeakyReluAttrs>("LeakyRelu", ({ x }, { alpha }) => ng.leakyRelu(ng.cast(x, "float32"), alpha)),
  lazyKernel<PreluInputs>("Prelu", ({ x, alpha }) => prelu(x, alpha)),
  lazyKernel<UnaryInputs, ClipByValueAttrs>("ClipByValue", ({ x }, { clipValueMin, clipValueMax }) =>
    ng.clip(x, clipValueMin, clipValueMax),
  ),
];

const arithmetic: readonly Kernel[] = [
  binary("Add", ng.add),
  binary("Sub", ng.sub),
  binary("Multiply", ng.mul),
  binary("Maximum", ng.maximum),
  binary("Minimum", ng.minimum),
  binary("RealDiv", (a, b) => ng.div(ng.cast(a, "float32"), ng.cast(b, "float32"))),
  binary("SquaredDifference", (a, b) => ng.square(ng.sub(a, b))),
];

const comparisons: readonly Kernel[] = [
  binary("Equal", ng.equal),
  binary("NotEqual", ng.notEqual),
  binary("Greater", ng.greater),
  binary("GreaterEqual", ng.greaterEqual),
  binary("Less", ng.less),
  binary("LessEqual", ng.lessEqual),
  lazyKernel<BinaryInputs>("LogicalAnd", ({ a, b }) => ng.logicalAnd(truth(a), truth(b))),
  lazyKernel<BinaryInputs>("LogicalOr", ({ a, b }) => ng.logicalOr(truth(a), truth(b))),
  lazyKernel<UnaryInputs>("LogicalNot", ({ x }) => ng.logicalNot(truth(x))),
  unary("IsNan", (x) => ng.notEqual(x, x)),
  unary("IsInf", (x) => ng.equal(ng.abs(x), Number.POSITIVE_INFINITY)),
  unary("IsFinite", (x) => ng.less(ng.abs(x), Number.POSITIVE_INFINITY)),
  lazyKernel<SelectInputs>("Select", ({ condition, t, e }) => ng.where(along(truth(condition), t), t, e)),
];

/** A condition of one axis chooses whole slices along the first. */
function along(condition: Tensor, like: Tensor): Tensor {
  if (condition.rank !== 1 || like.rank <= 1) return condition;
  return condition.reshape([condition.size, ...like.shape.slice(1).map(() => 1)]);
}

const conversions: readonly Kernel[] = [
  rawKernel<CastInputs, CastAttrs>("Cast", ({ x }, { dtype }, backend) => {
    if (dtype === x.dtype) return backend.share(x, x.shape);
    return backend.adopt(ng.cast(backend.tensorOf(x), dtype as "float32" | "int32" | "bool"));
  }),
];

export const elementwiseKernels: readonly Kernel[] = [...floats, ...numbers, ...arithmetic, ...comparisons, ...conversions];
