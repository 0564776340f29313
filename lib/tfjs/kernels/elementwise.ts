/** Kernels that compute element by element. */

import {
  type AddNInputs,
  type BinaryInputs,
  backend_util,
  type ClipByValueAttrs,
  type DataType,
  type EluGradInputs,
  type LeakyReluAttrs,
  type PreluInputs,
  type SelectInputs,
  type StepAttrs,
  type UnaryInputs,
  upcastType,
} from "@tensorflow/tfjs-core";
import type { DType, Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel, rawKernel, type Values, valuesKernel } from "../kernel.js";
import * as complex from "./complex.js";
import { floorDiv, integerPower, mod } from "./division.js";
import { float, numberOf, numeric, truth } from "./dtypes.js";
import * as trigonometry from "./trigonometry.js";

/** A kernel of one float tensor; integers and booleans are converted first, so that results are floats always. */
function unary(name: string, compute: (x: Tensor) => Tensor): Kernel {
  return lazyKernel<UnaryInputs>(name, ({ x }) => compute(float(x)));
}

/** A kernel of one tensor of numbers, whose dtype stays; of booleans int32. */
function unaryOfAny(name: string, compute: (x: Tensor) => Tensor): Kernel {
  return lazyKernel<UnaryInputs>(name, ({ x }) => compute(numeric(x)));
}

/** A kernel of two tensors of one dtype, which the core has seen to; of booleans int32. */
function binary(name: string, compute: (a: Tensor, b: Tensor) => Tensor): Kernel {
  return lazyKernel<BinaryInputs>(name, ({ a, b }) => compute(numeric(a), numeric(b)));
}

/** The same kernel for complex operands, both of which the core has made so. */
function ofComplex({ kernelName, kernelFunc }: Kernel, compute: complex.Arithmetic): Kernel {
  return rawKernel<BinaryInputs>(kernelName, (inputs, _, backend) => {
    const { a, b } = inputs;
    if (a.dtype !== "complex64") return kernelFunc({ inputs, backend });
    return complex.adopt(backend, compute(complex.partsOf(backend, a), complex.partsOf(backend, b)));
  });
}

/** 1 where x > 0, α elsewhere; NaN stays. */
const step = (x: Tensor, alpha: number): Tensor => ng.where(x.greater(0), 1, ng.where(ng.notEqual(x, x), x, alpha));

/** min(max(x, 0), 6). */
export const relu6 = (x: Tensor): Tensor => ng.clip(x, 0, 6);

/** x where it is not negative, α·x elsewhere. */
export const prelu = (x: Tensor, alpha: Tensor): Tensor => ng.where(x.less(0), x.mul(alpha), x);

/** Scaled exponential linear unit: λ·x where it is positive, λα·(eˣ − 1) elsewhere. */
const selu = (x: Tensor): Tensor =>
  ng.where(x.greaterEqual(0), x.mul(backend_util.SELU_SCALE), x.expm1().mul(backend_util.SELU_SCALEALPHA));

/** dy · elu′, from y = elu(x). */
const eluGrad = (dy: Tensor, y: Tensor): Tensor => ng.where(y.greaterEqual(0), dy, dy.mul(y.add(1)));

/** aᵇ; of integers an integer. */
const power = (a: Tensor, b: Tensor): Tensor => (a.dtype === "int32" ? integerPower(a, b) : ng.pow(a, b));

const floats: readonly Kernel[] = [
  unary("Acos", trigonometry.acos),
  unary("Acosh", trigonometry.acosh),
  unary("Asin", trigonometry.asin),
  unary("Asinh", trigonometry.asinh),
  unary("Atan", trigonometry.atan),
  unary("Atanh", trigonometry.atanh),
  unary("Ceil", ng.ceil),
  unary("Cos", ng.cos),
  unary("Cosh", trigonometry.cosh),
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
  unary("Selu", selu),
  unary("Sin", ng.sin),
  unary("Sinh", trigonometry.sinh),
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
  lazyKernel<UnaryInputs, StepAttrs>("Step", ({ x }, { alpha }) => ng.cast(step(float(x), alpha), x.dtype)),
  lazyKernel<UnaryInputs, LeakyReluAttrs>("LeakyRelu", ({ x }, { alpha }) => ng.leakyRelu(float(x), alpha)),
  lazyKernel<EluGradInputs>("EluGrad", ({ dy, y }) => eluGrad(dy, y)),
  lazyKernel<PreluInputs>("Prelu", ({ x, alpha }) => prelu(float(x), float(alpha))),
  lazyKernel<UnaryInputs, ClipByValueAttrs>("ClipByValue", ({ x }, { clipValueMin, clipValueMax }) => {
    const y = numeric(x);
    return ng.clip(y, numberOf(clipValueMin, y), numberOf(clipValueMax, y));
  }),
];

const arithmetic: readonly Kernel[] = [
  lazyKernel<AddNInputs>("AddN", (inputs) => Object.values<Tensor>(inputs).map(numeric).reduce(ng.add)),
  ofComplex(binary("Add", ng.add), complex.add),
  ofComplex(binary("Sub", ng.sub), complex.sub),
  ofComplex(binary("Multiply", ng.mul), complex.multiply),
  binary("Maximum", ng.maximum),
  binary("Minimum", ng.minimum),
  binary("RealDiv", (a, b) => ng.div(float(a), float(b))),
  binary("FloorDiv", floorDiv),
  binary("Mod", mod),
  binary("Pow", power),
  binary("Atan2", (a, b) => trigonometry.atan2(float(a), float(b))),
  binary("SquaredDifference", (a, b) => ng.square(ng.sub(a, b))),
];

/** A comparison; strings compare by their UTF-8. */
function comparison(
  name: string,
  compute: (a: Tensor, b: Tensor) => Tensor,
  ofStrings: (order: number) => boolean,
): Kernel {
  const numbers = binary(name, compute);
  const strings = valuesKernel<BinaryInputs>(name, ({ a, b }) => {
    const shape = backend_util.assertAndGetBroadcastShape(a.shape as number[], b.shape as number[]);
    const [x, y] = [broadcastStrings(a, shape), broadcastStrings(b, shape)];
    const values = Uint8Array.from(x, (text, i) => (ofStrings(Buffer.compare(text, y[i] as Uint8Array)) ? 1 : 0));
    return { values, shape, dtype: "bool" };
  });
  return rawKernel<BinaryInputs>(name, (inputs, _, backend) => {
    const { kernelFunc } = inputs.a.dtype === "string" ? strings : numbers;
    return kernelFunc({ inputs, backend });
  });
}

/** The strings of a tensor broadcast to a shape. */
function broadcastStrings({ values, shape }: Values, full: readonly number[]): Uint8Array[] {
  const positions = ng.arange(values.length, { dtype: "int32" }).reshape(shape).broadcastTo(full);
  return Array.from(positions.dataSync(), (position) => values[position] as Uint8Array);
}

const comparisons: readonly Kernel[] = [
  comparison("Equal", ng.equal, (order) => order === 0),
  comparison("NotEqual", ng.notEqual, (order) => order !== 0),
  comparison("Greater", ng.greater, (order) => order > 0),
  comparison("GreaterEqual", ng.greaterEqual, (order) => order >= 0),
  comparison("Less", ng.less, (order) => order < 0),
  comparison("LessEqual", ng.lessEqual, (order) => order <= 0),
];

const logic: readonly Kernel[] = [
  lazyKernel<BinaryInputs>("LogicalAnd", ({ a, b }) => ng.logicalAnd(truth(a), truth(b))),
  lazyKernel<BinaryInputs>("LogicalOr", ({ a, b }) => ng.logicalOr(truth(a), truth(b))),
  lazyKernel<UnaryInputs>("LogicalNot", ({ x }) => ng.logicalNot(truth(x))),
  unary("IsNan", (x) => ng.notEqual(x, x)),
  unary("IsInf", (x) => ng.equal(ng.abs(x), Number.POSITIVE_INFINITY)),
  unary("IsFinite", (x) => ng.less(ng.abs(x), Number.POSITIVE_INFINITY)),
  lazyKernel<SelectInputs>("Select", ({ condition, t, e }) => {
    const dtype = upcastType(t.dtype as DataType, e.dtype as DataType) as DType;
    return ng.where(along(truth(condition), t), t.cast(dtype), e.cast(dtype));
  }),
];

/** Kernels without an instruction of nodegrad, that few programs have. */
const onValues: readonly Kernel[] = [
  // Near its poles the quotient of two rounded functions is a unit in the last place off.
  valuesKernel<UnaryInputs>("Tan", ({ x }) => ({
    ...x,
    dtype: "float32",
    values: Float32Array.from(x.values as Float32Array, Math.tan),
  })),
  valuesKernel<BinaryInputs>("BitwiseAnd", ({ a, b }) => {
    const other = b.values as Int32Array;
    return { ...a, values: (a.values as Int32Array).map((bits, i) => bits & (other[i] as number)) };
  }),
];

/** A condition of one axis chooses whole slices along the first. */
function along(condition: Tensor, like: Tensor): Tensor {
  if (condition.rank !== 1 || like.rank <= 1) return condition;
  return condition.reshape([condition.size, ...like.shape.slice(1).map(() => 1)]);
}

export const elementwiseKernels: readonly Kernel[] = [
  ...floats,
  ...numbers,
  ...arithmetic,
  ...comparisons,
  ...logic,
  ...onValues,
];
