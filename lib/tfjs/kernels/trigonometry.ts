/**
 * Trigonometric and hyperbolic functions that nodegrad has no instruction for, made of those it has; the compiler makes
 * one pass over memory of each. Floats only. Errors: a few units in the last place, unless stated.
 */

import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";

const { where } = ng;
const sign = (x: Tensor): Tensor => where(x.less(0), -1, 1);

/** (eˣ − e⁻ˣ) / 2, without cancellation near 0. */
export function sinh(x: Tensor): Tensor {
  const e = x.abs().mul(0.5).expm1();
  // With e = e^{|x|/2} − 1: e^{|x|} − 1 = e·(e + 2), and nothing overflows before the result does.
  const growth = e.mul(e.add(2));
  return sign(x).mul(
    where(growth.less(1), growth.add(growth.div(growth.add(1))), growth.add(1).sub(ng.exp(x.abs().neg()))).mul(0.5),
  );
}

/** (eˣ + e⁻ˣ) / 2. */
export const cosh = (x: Tensor): Tensor => x.exp().mul(0.5).add(x.neg().exp().mul(0.5));

/** ln(x + √(x² + 1)), odd, without cancellation near 0. */
export function asinh(x: Tensor): Tensor {
  const a = x.abs();
  const small = a.add(a.square().div(a.square().add(1).sqrt().add(1))).log1p();
  // The square overflows long before the logarithm does.
  const result = where(a.less(1e9), small, a.log().add(Math.LN2));
  return sign(x).mul(result);
}

/** ln(x + √(x² − 1)); NaN for x < 1. */
export function acosh(x: Tensor): Tensor {
  const t = x.sub(1);
  const small = t.add(t.mul(t.add(2)).sqrt()).log1p();
  return where(x.less(1e9), small, x.log().add(Math.LN2));
}

/** ½·ln((1 + x) / (1 − x)); NaN beyond ±1. */
export function atanh(x: Tensor): Tensor {
  const a = x.abs();
  return sign(x).mul(a.mul(2).div(ng.sub(1, a)).log1p().mul(0.5));
}

/**
 * Coefficients of atan(x)/x − 1 as a polynomial in x², on [0, tan(π/8)] (S. L. Moshier's Cephes, single precision).
 */
const ATAN = [8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1];

/** The angle in (−π/2, π/2) whose tangent is x. */
export function atan(x: Tensor): Tensor {
  const a = x.abs();
  const isLarge = a.greater(2.414213562373095); // tan 3π/8
  const isMiddle = a.greater(0.414213562373095); // tan π/8
  const reduced = where(isLarge, ng.div(-1, a), where(isMiddle, a.sub(1).div(a.add(1)), a));
  const start = where(isLarge, Math.PI / 2, where(isMiddle, Math.PI / 4, ng.zerosLike(a)));
  const square = reduced.square();
  let series = ng.full([], ATAN[0] as number);
  for (const coefficient of ATAN.slice(1)) series = series.mul(square).add(coefficient);
  return sign(x).mul(start.add(series.mul(square).mul(reduced).add(reduced)));
}

/** The angle of the point (x, y) in [−π, π]. */
export function atan2(y: Tensor, x: Tensor): Tensor {
  const [dy, dx] = [ng.cast(y, "float32"), ng.cast(x, "float32")];
  const angle = atan(dy.div(dx));
  const turned = where(dx.less(0), where(dy.less(0), angle.sub(Math.PI), angle.add(Math.PI)), angle);
  // 0/0, where both are 0, or both infinite.
  const isZero = ng.logicalAnd(dx.equal(0), dy.equal(0));
  return where(isZero, ng.zerosLike(turned), turned);
}

/** The angle in [−π/2, π/2] whose sine is x; NaN beyond ±1. */
export const asin = (x: Tensor): Tensor => atan2(x, ng.sub(1, x).mul(x.add(1)).sqrt());

/** The angle in [0, π] whose cosine is x; NaN beyond ±1. */
export const acos = (x: Tensor): Tensor => atan2(ng.sub(1, x).mul(x.add(1)).sqrt(), x);
