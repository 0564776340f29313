/**
 * Operations element by element. Operands broadcast (NumPy's rule), numbers take the tensors' dtype, and the
 * result has the operands' dtype unless stated. Float arithmetic is IEEE 754's; int32 wraps.
 */

import { checkDType, type DType, isFloat } from "../dtype.js";
import { DTypeError } from "../errors.js";
import { type DerivativeRule, defineOp, type MapDeclaration } from "../graph/op.js";
import { apply, Tensor } from "../graph/tensor.js";
import { MICRO_OPS, type MicroInfo, type MicroOp } from "../program/opcodes.js";
import { broadcastShapes, type Shape } from "../shape.js";
import { broadcastTo, unchanged } from "./movement.js";
import { checkTensor, sameDTypeOperands, type TensorLike } from "./operands.js";

const DOMAINS: { readonly [D in MicroInfo["domain"]]: { accepts(dtype: DType): boolean; what: string } } = {
  float: { accepts: isFloat, what: "float tensors" },
  number: { accepts: (dtype) => isFloat(dtype) || dtype === "int32", what: "float or int32 tensors" },
  comparable: { accepts: () => true, what: "tensors" },
  bool: { accepts: (dtype) => dtype === "bool", what: "bool tensors" },
  any: { accepts: () => true, what: "tensors" },
};

interface MapOptions {
  readonly fold?: MapDeclaration<never>["fold"];
  readonly identity?: MapDeclaration<never>["identity"];
}

/**
 * Declares a map op. The Jacobian is diagonal, so one rule per operand, multiplication by the partial
 * derivative, serves reverse and forward mode alike; null stands for a derivative of zero.
 */
function defineMap(
  name: string,
  micro: MicroOp,
  partials: readonly (DerivativeRule | null)[] | null,
  options: MapOptions = {},
) {
  const domain = DOMAINS[MICRO_OPS[micro].domain];
  const toBool = MICRO_OPS[micro].result === "bool";
  return defineOp<Record<string, never>, MapDeclaration<Record<string, never>>>({
    name,
    kind: "map",
    micro,
    infer(inputs) {
      const values = inputs[inputs.length - 1] as Tensor; // the last operand, because the first of `where` is a mask
      if (!domain.accepts(values.dtype)) {
        throw new DTypeError(`${name}: needs ${domain.what}, got ${values.dtype}; cast first`);
      }
      let shape: Shape = values.shape;
      for (const input of inputs) if (input.shape.length > shape.length) shape = input.shape;
      return { shape, dtype: toBool ? "bool" : values.dtype };
    },
    vjp: partials,
    jvp: partials,
    ...options,
  });
}

/** Number leaves stay rank 0 (a scalar register); everything else is broadcast to the common shape. */
function broadcastOperands(op: string, operands: readonly Tensor[]): Tensor[] {
  let shape: Shape = [];
  for (const operand of operands) shape = broadcastShapes(op, shape, operand.shape);
  return operands.map((operand) =>
    operand.shape === shape || isNumber(operand) ? operand : broadcastTo(operand, shape),
  );
}

function isNumber(operand: Tensor): boolean {
  return operand.op.kind === "leaf" && (operand.op.source === "scalar" || operand.op.source === "constant");
}

/** Values of one dtype and shape. */
function operands(op: string, values: readonly TensorLike[]): Tensor[] {
  return broadcastOperands(op, sameDTypeOperands(op, values));
}

function map(op: ReturnType<typeof defineMap>, values: readonly TensorLike[]): Tensor {
  return apply(op, operands(op.name, values), {});
}

const first = (node: Tensor) => node.inputs[0] as Tensor;
const second = (node: Tensor) => node.inputs[1] as Tensor;

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
 * aᵇ. Floats only; NaN for a negative base with a fractional exponent. The derivative with respect to the
 * exponent is taken as 0 where the base is not positive.
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

// ── activations; floats only ────────────────────────────────────────────────────────────────────────────────

const tanhOp = defineMap("tanh", "tanh", [(t, n) => mul(t, sub(1, square(n)))]);

/** Hyperbolic tangent. */
export function tanh(x: TensorLike): Tensor {
  return map(tanhOp, [x]);
}

const sigmoidOp = defineMap("sigmoid", "sigmoid", [(t, n) => mul(t, mul(n, sub(1, n)))]);

/** 1 / (1 + e⁻ˣ), without overflow. */
export function sigmoid(x: TensorLike): Tensor {
  return map(sigmoidOp, [x]);
}

// The derivative is read off the output, so that the input need not be kept; at 0 it is 0.
const reluOp = defineMap("relu", "max", [(t, n) => where(greater(n, 0), t, 0), null]);

/** max(x, 0), NaN stays. Also for int32. */
export function relu(x: TensorLike): Tensor {
  return map(reluOp, [x, 0]);
}

/** x for x > 0, `slope`·x otherwise (default 0.01). */
export function leakyRelu(x: TensorLike, slope = 0.01): Tensor {
  return where(greater(x, 0), x, mul(x, slope));
}

/** x for x > 0, `alpha`·(eˣ − 1) otherwise (default 1). */
export function elu(x: TensorLike, alpha = 1): Tensor {
  return where(greater(x, 0), x, mul(expm1(minimum(x, 0)), alpha));
}

/** x · Φ(x) with the normal distribution function Φ: ½x(1 + erf(x/√2)). */
export function gelu(x: TensorLike): Tensor {
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

/** x · sigmoid(x), also called swish. */
export function silu(x: TensorLike): Tensor {
  return mul(x, sigmoid(x));
}

/** ln(1 + eˣ), without overflow. */
export function softplus(x: TensorLike): Tensor {
  return add(maximum(x, 0), log1p(exp(neg(abs(x)))));
}

// ── comparison and logic; the result is bool ────────────────────────────────────────────────────────────────

const equalOp = defineMap("equal", "eq", null);

/** a = b; false for NaN. Any dtype. */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return map(equalOp, [a, b]);
}

const notEqualOp = defineMap("notEqual", "ne", null);

/** a ≠ b; true for NaN. Any dtype. */
export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return map(notEqualOp, [a, b]);
}

const lessOp = defineMap("less", "lt", null);

/** a < b; false for NaN. Any dtype. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return map(lessOp, [a, b]);
}

const lessEqualOp = defineMap("lessEqual", "le", null);

/** a ≤ b; false for NaN. Any dtype. */
export function lessEqual(a: TensorLike, b: TensorLike): Tensor {
  return map(lessEqualOp, [a, b]);
}

const greaterOp = defineMap("greater", "gt", null);

/** a > b; false for NaN. Any dtype. */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  return map(greaterOp, [a, b]);
}

const greaterEqualOp = defineMap("greaterEqual", "ge", null);

/** a ≥ b; false for NaN. Any dtype. */
export function greaterEqual(a: TensorLike, b: TensorLike): Tensor {
  return map(greaterEqualOp, [a, b]);
}

const andOp = defineMap("logicalAnd", "and", null);

/** a ∧ b. bool only. */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  return map(andOp, [a, b]);
}

const orOp = defineMap("logicalOr", "or", null);

/** a ∨ b. bool only. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return map(orOp, [a, b]);
}

const notOp = defineMap("logicalNot", "not", null);

/** ¬x. bool only. */
export function logicalNot(x: Tensor): Tensor {
  return map(notOp, [x]);
}

/** a ⊻ b. bool only. */
export function logicalXor(a: Tensor, b: Tensor): Tensor {
  return logicalOr(logicalAnd(a, logicalNot(b)), logicalAnd(logicalNot(a), b));
}

// ── selection and conversion ────────────────────────────────────────────────────────────────────────────────

const whereOp = defineMap("where", "where", [null, (t, n) => where(first(n), t, 0), (t, n) => where(first(n), 0, t)]);

/**
 * `a` where the mask is true, `b` elsewhere; all three broadcast.
 *
 * @param condition A bool tensor.
 * @throws {DTypeError} when the mask is not bool.
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  const mask = checkTensor("where", condition, "condition");
  if (mask.dtype !== "bool") throw new DTypeError(`where: condition must be bool, got ${mask.dtype}`);
  return apply(whereOp, broadcastOperands("where", [mask, ...sameDTypeOperands("where", [a, b])]), {});
}

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
