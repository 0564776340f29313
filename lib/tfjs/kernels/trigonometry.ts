/**
 * Trigonometric and hyperbolic functions that nodegrad has no instruction for, made of those it has; the compiler makes
 * one pass over memory of each. Floats only. NaN stays NaN, odd functions keep the sign of a zero, and nothing overflows
 * before the result does. Results are within 4 units in the last place over all floats (test/tfjs/trigonometry.test.ts).
 */

import type { Tensor, TensorLike } from "../../index.js";
import * as ng from "../../index.js";

const { where } = ng;

/** An odd function, from its values `magnitude` at |x|. */
function odd(x: Tensor, magnitude: Tensor): Tensor {
  return where(x.less(0), magnitude.neg(), where(x.equal(0), x, magnitude));
}

/** (eˣ − e⁻ˣ) / 2. */
export function sinh(x: Tensor): Tensor {
  // With e = e^{|x|/2} − 1: e^{|x|} − 1 = e·(e + 2), which does not cancel near 0.
  const e = x.abs().mul(0.5).expm1();
  const growth = e.mul(e.add(2));
  const nearZero = growth.add(growth.div(growth.add(1))).mul(0.5);
  const root = e.add(1);
  return odd(x, where(growth.less(1), nearZero, halfSquare(root).sub(root.square().reciprocal().mul(0.5))));
}

/** (eˣ + e⁻ˣ) / 2. */
export function cosh(x: Tensor): Tensor {
  const root = x.abs().mul(0.5).exp();
  return halfSquare(root).add(root.square().reciprocal().mul(0.5));
}

/** x² / 2; the square alone would overflow first. */
const halfSquare = (x: Tensor): Tensor => x.mul(0.5).mul(x);

/** From here on x² + 1 and x² − 1 are x² to the last digit, and the square overflows long before the logarithm does. */
const LARGE = 1e9;

/** ln(x + √(x² + 1)). */
export function asinh(x: Tensor): Tensor {
  const a = x.abs();
  const square = a.square();
  const small = a.add(square.div(square.add(1).sqrt().add(1))).log1p();
  return odd(x, where(a.less(LARGE), small, a.log().add(Math.LN2)));
}

/** ln(x + √(x² − 1)); NaN for x < 1. */
export function acosh(x: Tensor): Tensor {
  const t = x.sub(1);
  const small = t.add(t.mul(t.add(2)).sqrt()).log1p();
  return where(x.less(1), Number.NaN, where(x.less(LARGE), small, x.log().add(Math.LN2)));
}

/** ½·ln((1 + x) / (1 − x)); NaN beyond ±1. */
export function atanh(x: Tensor): Tensor {
  const a = x.abs();
  return odd(x, a.mul(2).div(ng.sub(1, a)).log1p().mul(0.5));
}

/** Coefficients of atan(x)/x − 1 as a polynomial in x², on [0, tan(π/8)] (S. L. Moshier's Cephes, single precision). */
const ATAN = [8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1] as const;

/** The angle in [0, π/2] of a point (x, y) whose coordinates are not negative; 0 at the origin. */
function angleInQuadrant(y: TensorLike, x: TensorLike): Tensor {
  const [small, large] = [ng.minimum(y, x), ng.maximum(y, x)];
  // Of two infinite coordinates, or two of 0, the quotient would be NaN.
  const ratio = where(ng.equal(small, large), where(large.equal(0), 0, 1), small.div(large));
  const isSteep = ratio.greater(Math.tan(Math.PI / 8));
  const reduced = where(isSteep, ratio.sub(1).div(ratio.add(1)), ratio);
  const square = reduced.square();
  const [first, ...others] = ATAN;
  const series = others.reduce((sum, coefficient) => sum.mul(square).add(coefficient), square.mul(0).add(first));
  const eighths = where(isSteep, Math.PI / 4, ng.zerosLike(ratio));
  const angle = eighths.add(series.mul(square).mul(reduced).add(reduced));
  return where(ng.greater(y, x), ng.sub(Math.PI / 2, angle), angle);
}

/** The angle in [−π/2, π/2] whose tangent is x. */
export const atan = (x: Tensor): Tensor => odd(x, angleInQuadrant(x.abs(), 1));

/** Whether numbers are below 0, or −0. */
const isNegative = (x: Tensor): Tensor => ng.logicalOr(x.less(0), ng.div(1, x).less(0));

/** The angle of the point (x, y) in [−π, π]; the signs of zeros count, as in C's `atan2`. */
export function atan2(y: Tensor, x: Tensor): Tensor {
  const angle = angleInQuadrant(y.abs(), x.abs());
  const turned = where(isNegative(x), ng.sub(Math.PI, angle), angle);
  return where(isNegative(y), turned.neg(), turned);
}

/** cos of the angle whose sine is x, or the other way round: √(1 − x²), without cancellation near ±1. */
const cofunction = (x: Tensor): Tensor => ng.sub(1, x).mul(x.add(1)).sqrt();

/** The angle in [−π/2, π/2] whose sine is x; NaN beyond ±1. */
export const asin = (x: Tensor): Tensor => atan2(x, cofunction(x));

/** The angle in [0, π] whose cosine is x; NaN beyond ±1. */
export const acos = (x: Tensor): Tensor => atan2(cofunction(x), x);
