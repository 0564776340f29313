/** Cases of kernels that compute element by element. */

import { type Case, type Tolerance, UNIT } from "./differential.js";
import type { Draw, DType, Given } from "./draw.js";

export type Generator = (draw: Draw) => Case;

/** A generator for each kernel of a group. */
export type Generators = Readonly<Record<string, Generator>>;

const anyNumber: readonly DType[] = ["float32", "int32", "bool"];

/** A kernel of one tensor. */
function unary(
  tolerance?: Tolerance,
  dtypes: readonly DType[] = ["float32"],
  attributes?: (draw: Draw) => object,
  avoid?: (x: Given) => void,
): Generator {
  return (draw) => {
    const x = draw.tensor(draw.shape(), draw.pick(dtypes), "any");
    avoid?.(x);
    return { inputs: { x }, ...(attributes && { attributes: attributes(draw) }), ...(tolerance && { tolerance }) };
  };
}

/** A kernel of two tensors of one dtype, to which the core has brought them. */
function binary(
  tolerance?: Tolerance,
  dtypes: readonly DType[] = ["float32", "int32"],
  avoid?: (a: Given, b: Given) => void,
): Generator {
  return (draw) => {
    const dtype = draw.pick(dtypes);
    const [left, right] = draw.pair();
    const [a, b] = [draw.tensor(left, dtype, "any"), draw.tensor(right, dtype, "any")];
    avoid?.(a, b);
    return { inputs: { a, b }, ...(tolerance && { tolerance }) };
  };
}

/** Replaces elements. */
function replace({ values }: Given, map: (x: number) => number): void {
  if (values instanceof Float32Array || values instanceof Int32Array) values.set(values.map(map));
}

/** Integers that floats hold. */
const exact = (x: Given) => replace(x, (value) => (x.dtype === "int32" ? value % 2 ** 24 : value));

/** A function of floats that nodegrad computes within so many units in the last place; cpu adds half of one. */
const within = (ulps: number, absolute = 0): Tolerance => ({ ulps: ulps + 0.5, absolute });

/** Functions of several roundings: so many units, each of the roundings of half of one and amplified by at most 2. */
const several = (roundings: number, absolute = 0): Tolerance => within(roundings, absolute);

const DOUBLE = 2 ** -52;

const functions: Generators = {
  Acos: unary(several(6, 2 * UNIT)),
  Acosh: unary(several(6)),
  Asin: unary(several(6)),
  Asinh: unary(several(6)),
  Atan: unary(several(4)),
  Atanh: unary(several(6)),
  Ceil: unary(),
  Cos: unary(within(1.5)),
  Cosh: unary(several(4)),
  // cpu takes e^x − 1 apart, in double: what is left near 0 is off by a unit of 1.
  Elu: unary(within(1.5, DOUBLE)),
  // cpu has a polynomial of an absolute error of 1.5e-7 (Abramowitz and Stegun 7.1.26).
  Erf: unary(within(1.4, 1.5e-7)),
  Exp: unary(within(0.8)),
  Expm1: unary(within(1.5)),
  Floor: unary(),
  Log: unary(within(0.9)),
  Log1p: unary(within(1.5)),
  Reciprocal: unary(within(0.5)),
  Rsqrt: unary(within(1.5)),
  Sigmoid: unary(within(1.5)),
  Selu: unary(within(4, 2 * DOUBLE)),
  Sin: unary(within(1.5)),
  Sinh: unary(several(6)),
  // cpu takes eˣ for ln(1 + eˣ) below −13.9, where they are e⁻¹³·⁹/2 = 4.6e-7 apart, or 8 units.
  Softplus: unary(within(8 + 3)),
  Sqrt: unary(within(0.5)),
  Tan: unary(within(0.5)),
  Tanh: unary(within(1.2)),
  IsNan: unary(undefined, ["float32", "int32"]),
  IsInf: unary(undefined, ["float32", "int32"]),
  IsFinite: unary(undefined, ["float32", "int32"]),
};

const numbers: Generators = {
  // cpu takes magnitudes of integers as floats.
  Abs: unary(undefined, ["float32", "int32"], undefined, exact),
  Neg: unary(undefined, ["float32", "int32"]),
  Relu: unary(undefined, ["float32", "int32"]),
  Relu6: unary(undefined, ["float32", "int32"]),
  Sign: unary(undefined, ["float32", "int32"]),
  Round: unary(undefined, ["float32", "int32"]),
  Square: unary(within(0.5), ["float32"]),
  Step: unary(undefined, ["float32", "int32"], (draw) => ({ alpha: draw.pick([0, 0.5, -2, 3]) })),
  LeakyRelu: unary(within(0.5), ["float32"], (draw) => ({ alpha: draw.pick([0, 0.2, 0.5, 1]) })),
  ClipByValue: unary(undefined, ["float32", "int32"], (draw) => {
    const low = draw.integer(-5, 5);
    return { clipValueMin: low, clipValueMax: low + draw.integer(0, 9) };
  }),
  EluGrad: (draw) => {
    const shape = draw.shape();
    const inputs = { dy: draw.tensor(shape, "float32", "any"), y: draw.tensor(shape, "float32", "moderate") };
    return { inputs, tolerance: within(1) };
  },
  Prelu: (draw) => {
    const shape = draw.shape();
    const inputs = {
      x: draw.tensor(shape, "float32", "any"),
      alpha: draw.tensor(draw.narrowed(shape), "float32", "any"),
    };
    return { inputs, tolerance: within(0.5) };
  },
};

/** Integers whose products a double holds exactly; cpu multiplies in double and keeps the low bits of what is left. */
const halve = (a: Given) => replace(a, (x) => (a.dtype === "int32" ? x % 2 ** 21 : x));

const arithmetic: Generators = {
  AddN: (draw) => {
    const [shape, dtype] = [draw.shape(), draw.pick(["float32", "int32"] as const)];
    const count = draw.integer(1, 5);
    return { inputs: draw.list(count, () => draw.tensor(shape, dtype)), tolerance: { sums: 0 } };
  },
  Add: (draw) => (draw.once(4) ? complexPair(draw) : binary(within(0.5))(draw)),
  Sub: (draw) => (draw.once(4) ? complexPair(draw) : binary(within(0.5))(draw)),
  Multiply: (draw) => (draw.once(4) ? complexPair(draw) : binary(within(0.5), undefined, halve)(draw)),
  Maximum: binary(undefined),
  Minimum: binary(undefined),
  RealDiv: binary(within(0.5), ["float32"]),
  SquaredDifference: binary(within(2), ["float32", "int32"], (a, b) => {
    halve(a);
    halve(b);
  }),
  // Quotients that are not in the range of int32 have no value there.
  FloorDiv: binary(undefined, ["int32"], (a, b) => {
    replace(a, (x) => x % 2 ** 24);
    replace(b, (x) => x || 1);
  }),
  Mod: modulo,
  Pow: power,
  Atan2: binary(several(6, 2 * UNIT), ["float32"]),
};

/**
 * Parts of a complex product are differences of two products: each is off by 3 roundings of the larger one. cpu reads past
 * the end where complex numbers broadcast, so they do not.
 */
function complexPair(draw: Draw): Case {
  const shape = draw.shape();
  const inputs = { a: draw.tensor(shape, "complex64"), b: draw.tensor(shape, "complex64") };
  // Parts are below 2, their products below 4.
  return { inputs, tolerance: { bound: (results) => results.map(() => 6 * UNIT * 8) } };
}

/** Integers, and floats whose quotient and rest are exact: else the rest can be anything from 0 to the divisor. */
function modulo(draw: Draw): Case {
  const dtype = draw.pick(["float32", "int32"] as const);
  const [left, right] = draw.pair();
  const [a, b] = [draw.tensor(left, dtype, "ties"), draw.tensor(right, dtype, "ties")];
  replace(b, (x) => x || 1);
  return { inputs: { a, b } };
}

/**
 * Powers of integers that int32 holds; of floats of either sign by any number. In JavaScript, unlike everywhere else, ±1 to the
 * power of what is not finite is no number.
 */
function power(draw: Draw): Case {
  const [left, right] = draw.pair();
  if (draw.truth()) return { inputs: { a: draw.integers(left, -5, 5), b: draw.integers(right, 0, 7) } };
  const [a, b] = [draw.tensor(left, "float32", "any"), draw.tensor(right, "float32", "any")];
  replace(a, (x) => (Math.abs(x) === 1 ? 1.25 : x));
  return { inputs: { a, b }, tolerance: within(0.6) };
}

const comparable: readonly DType[] = ["float32", "int32", "bool", "string"];

const comparisons: Generators = Object.fromEntries(
  ["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual"].map((name) => [
    name,
    binary(undefined, comparable),
  ]),
);

const logic: Generators = {
  LogicalAnd: binary(undefined, ["bool"]),
  LogicalOr: binary(undefined, ["bool"]),
  LogicalNot: unary(undefined, ["bool"]),
  BitwiseAnd: (draw) => {
    const shape = draw.shape();
    return { inputs: { a: draw.tensor(shape, "int32", "any"), b: draw.tensor(shape, "int32", "any") } };
  },
  // A condition of one axis chooses whole slices. cpu then takes the first elements of the others, which are all equal here.
  Select: (draw) => {
    const [shape, dtype] = [draw.shape(1), draw.pick(anyNumber)];
    const [t, e] = [draw.tensor(shape, dtype, "any"), draw.tensor(shape, dtype, "any")];
    const isWhole = draw.truth();
    if (!isWhole) for (const given of [t, e]) given.values.fill((given.values[0] ?? 0) as never);
    return { inputs: { condition: draw.tensor(isWhole ? shape : shape.slice(0, 1), "bool"), t, e } };
  },
};

const complexes: Generators = {
  Complex: (draw) => {
    const shape = draw.shape();
    return { inputs: { real: draw.tensor(shape, "float32", "any"), imag: draw.tensor(shape, "float32", "any") } };
  },
  Real: (draw) => ({ inputs: { input: draw.tensor(draw.shape(), "complex64", "any") } }),
  Imag: (draw) => ({ inputs: { input: draw.tensor(draw.shape(), "complex64", "any") } }),
  ComplexAbs: (draw) => ({ inputs: { x: draw.tensor(draw.shape(), "complex64", "any") }, tolerance: several(4) }),
  // Floats beyond int32 saturate here and wrap on cpu; TensorFlow leaves them open.
  Cast: (draw) => {
    const x = draw.tensor(draw.shape(), draw.pick([...anyNumber, "complex64"] as const), "any");
    const dtype = draw.pick([...anyNumber, "complex64"] as const);
    // cpu keeps the integer, whatever the dtype says.
    if (dtype !== "int32") exact(x);
    if (dtype === "int32") replace(x, (value) => (Math.abs(value) < 2 ** 31 || Number.isNaN(value) ? value : 7));
    return { inputs: { x }, attributes: { dtype } };
  },
};

export const elementwise: Generators = {
  ...functions,
  ...numbers,
  ...arithmetic,
  ...comparisons,
  ...logic,
  ...complexes,
};
