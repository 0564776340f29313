/**
 * Arithmetic and elementary functions, element by element. Operands broadcast (NumPy's rule), numbers take the
 * tensors' dtype, and the result has the operands' dtype unless stated. Float arithmetic is IEEE 754's; int32 wraps.
 */

import { checkDType, type DType, isFloat } from "../dtype.js";
import { defineOp, type MapDeclaration } from "../graph/op.js";
import { apply, Tensor } from "../graph/tensor.js";
import { equal, greater, greaterEqual, less, lessEqual, logicalAnd, where } from "./comparison.js";
import { defineMap, map, operands } from "./map.js";
import { unchanged } from "./movement.js";
import { checkTensor, first, second, type TensorLike } from "./operands.js";

// ── arithmetic ──────────────────────────────────────────────────────────────────────────────────────────────

const addOp = defineMap("add", "add", [(t) => t, (t) => t], { fold: (a, b) => (a as number) + (b as number) });

/** a + b. float32, float64, int32. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return map(addOp, [a, b]);
}

const subOp = defineMap("sub", "sub", [(t) => t, (t) => neg(t)], {
  fold: (a, b) => (a as number) - (b as number),
  identity: { value: 0, operand: 0 },
});

/** a − b. float32, float64, int32. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return map(subOp, [a, b]);
}

const mulOp = defineMap("mul", "mul", [(t, n) => mul(t, second(n)), (t, n) => mul(t, first(n))], {
  fold: (a, b) => (a as number) * (b as number),
  identity: { value: 1, operand: "either" },
});

/** a · b, element by element. float32, float64, int32. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return map(mulOp, [a, b]);
}

const divOp = defineMap("div", "div", [(t, n) => div(t, second(n)), (t, n) => neg(mul(t, div(n, second(n))))], {
  fold: (a, b) => (a as number) / (b as number),
  identity: { value: 1, operand: 0 },
});

/** a / b. Floats only; division by zero gives ±∞ or NaN. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return map(divOp, [a, b]);
}

const powOp = defineMap("pow", "pow", [
  (t, n) => {
    const [a, b] = [first(n), second(n)];
    // x⁰ is 1 at 0 too: b is 0 there, and the power beside it must not be infinite.
    const base = where(logicalAnd(equal(a, 0), equal(b, 0)), 1, a);
    return mul(t, mul(b, pow(base, sub(b, 1))));
  },
  (t, n) => mul(t, mul(n, log(where(greater(first(n), 0), first(n), 1)))),
]);

/**
 * aᵇ. Floats only; 1 for every x⁰, NaN for a negative base with a fractional exponent. The derivative with respect
 * to the exponent is taken as 0 where the base is not positive.
 */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  if (a instanceof Tensor && isFloat(a.dtype) && typeof b === "number") {
    if (b === 1) return unchanged(a);
    if (b === 2) return square(a);
    if (b === 0.5) return sqrt(a);
  }
  return map(powOp, [a, b]);
}

const maximumOp = defineMap("maximum", "max", [
  (t, n) => where(greater(first(n), second(n)), t, 0),
  (t, n) => where(lessEqual(first(n), second(n)), t, 0),
]);

/** The larger of a and b, NaN if either is. Any dtype. Where they are equal the derivative goes to b. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return map(maximumOp, [a, b]);
}

const minimumOp = defineMap("minimum", "min", [
  (t, n) => where(less(first(n), second(n)), t, 0),
  (t, n) => where(greaterEqual(first(n), second(n)), t, 0),
]);

/** The smaller of a and b, NaN if either is. Any dtype. Where they are equal the derivative goes to b. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return map(minimumOp, [a, b]);
}

const negOp = defineMap("neg", "neg", [(t) => neg(t)], { fold: (a) => -(a as number) });

/** −x. float32, float64, int32. */
export function neg(x: TensorLike): Tensor {
  return map(negOp, [x]);
}

const absOp = defineMap("abs", "abs", [(t, n) => mul(t, sign(first(n)))]);

/** |x|; the derivative at 0 is taken as 0. float32, float64, int32 (−2³¹ stays). */
export function abs(x: TensorLike): Tensor {
  return map(absOp, [x]);
}

const signOp = defineMap("sign", "sign", [null]);

/** −1, 0 or 1; NaN stays. Derivative 0. float32, float64, int32. */
export function sign(x: TensorLike): Tensor {
  return map(signOp, [x]);
}

const floorOp = defineMap("floor", "floor", [null]);

/** The largest integer ≤ x. Derivative 0. Floats only. */
export function floor(x: TensorLike): Tensor {
  return map(floorOp, [x]);
}

const ceilOp = defineMap("ceil", "ceil", [null]);

/** The smallest integer ≥ x. Derivative 0. Floats only. */
export function ceil(x: TensorLike): Tensor {
  return map(ceilOp, [x]);
}

const roundOp = defineMap("round", "round", [null]);

/** The nearest integer, halves to the even one. Derivative 0. Floats only. */
export function round(x: TensorLike): Tensor {
  return map(roundOp, [x]);
}

/** x². float32, float64, int32. */
export function square(x: TensorLike): Tensor {
  return mul(x, x);
}

/** 1 / x. Floats only. */
export function reciprocal(x: TensorLike): Tensor {
  return div(1, x);
}

/** Limits x to [`low`, `high`]; NaN stays. The derivative is 0 outside and on the limits. Any dtype. */
export function clip(x: TensorLike, low: TensorLike, high: TensorLike): Tensor {
  const [value, least, most] = operands("clip", [x, low, high]) as [Tensor, Tensor, Tensor];
  return minimum(maximum(value, least), most);
}

// ── exponentials and friends; floats only ───────────────────────────────────────────────────────────────────

const sqrtOp = defineMap("sqrt", "sqrt", [(t, n) => div(mul(t, 0.5), n)]);

/** √x; NaN for x < 0. */
export function sqrt(x: TensorLike): Tensor {
  return map(sqrtOp, [x]);
}

/** 1 / √x. */
export function rsqrt(x: TensorLike): Tensor {
  return div(1, sqrt(x));
}

const expOp = defineMap("exp", "exp", [(t, n) => mul(t, n)]);

/** eˣ. */
export function exp(x: TensorLike): Tensor {
  return map(expOp, [x]);
}

const expm1Op = defineMap("expm1", "expm1", [(t, n) => mul(t, add(n, 1))]);

/** eˣ − 1, accurate near 0. */
export function expm1(x: TensorLike): Tensor {
  return map(expm1Op, [x]);
}

const logOp = defineMap("log", "log", [(t, n) => div(t, first(n))]);

/** Natural logarithm; −∞ at 0, NaN below. */
export function log(x: TensorLike): Tensor {
  return map(logOp, [x]);
}

const log1pOp = defineMap("log1p", "log1p", [(t, n) => div(t, add(first(n), 1))]);

/** ln(1 + x), accurate near 0. */
export function log1p(x: TensorLike): Tensor {
  return map(log1pOp, [x]);
}

const sinOp = defineMap("sin", "sin", [(t, n) => mul(t, cos(first(n)))]);

/** Sine of x in radians. */
export function sin(x: TensorLike): Tensor {
  return map(sinOp, [x]);
}

const cosOp = defineMap("cos", "cos", [(t, n) => neg(mul(t, sin(first(n))))]);

/** Cosine of x in radians. */
export function cos(x: TensorLike): Tensor {
  return map(cosOp, [x]);
}

const erfOp = defineMap("erf", "erf", [(t, n) => mul(t, mul(2 / Math.sqrt(Math.PI), exp(neg(square(first(n))))))]);

/** The error function 2/√π ∫₀ˣ e^(−s²) ds. */
export function erf(x: TensorLike): Tensor {
  return map(erfOp, [x]);
}

/** The density of the normal distribution, e^(−x²/2) / √(2π). */
function normalDensity(x: Tensor): Tensor {
  return mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, square(x))));
}

const normalCdfOp = defineMap("normalCdf", "normalCdf", [(t, n) => mul(t, normalDensity(first(n)))]);

/** The distribution function of the normal distribution, Φ(x) = ½ erfc(−x/√2): to its last digits for x ≪ 0 too. */
export function normalCdf(x: TensorLike): Tensor {
  return map(normalCdfOp, [x]);
}

// ── conversion ───────────────────────────────────────────────────────────────────────────────────────────────

const castOp = defineOp<{ dtype: DType }, MapDeclaration<{ dtype: DType }>>({
  name: "cast",
  kind: "map",
  micro: "cast",
  infer: ([x], { dtype }) => ({ shape: (x as Tensor).shape, dtype }),
  vjp: [(t, n) => cast(t, first(n).dtype)],
  jvp: [(t, n) => cast(t, n.dtype)],
});

/**
 * The elements as another dtype. Float → int truncates and saturates, NaN gives 0; anything → bool is ≠ 0;
 * int32 → uint8 keeps the low byte.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensor("cast", x);
  checkDType("cast", dtype);
  return x.dtype === dtype ? unchanged(x) : apply(castOp, [x], { dtype });
}
