/**
 * Division with a remainder, and powers of integers: exact, although nodegrad divides floats only. Lazy, and one pass over
 * memory each.
 */

import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";

const { where } = ng;

/** a / b in whole numbers: the remainder has the sign of the divisor, and is smaller. */
interface Division {
  readonly quotient: Tensor;
  readonly remainder: Tensor;
}

/**
 * ⌊a / b⌋ and a − ⌊a / b⌋·b of int32, exactly; both are 0 where b is, and −2³¹ / −1 wraps.
 *
 * A quotient of floats is off by 3·2⁻²⁴ of itself at most, so that the remainder it leaves is below |b| + 384: it does not
 * overflow, and dividing it once more leaves one below |b|, whose sign may still be the wrong one.
 */
function divideIntegers(a: Tensor, b: Tensor): Division {
  const divisor = ng.cast(b, "float32");
  const approximate = (x: Tensor) => ng.cast(ng.cast(x, "float32").div(divisor), "int32");
  const first = approximate(a);
  const left = a.sub(first.mul(b));
  const second = approximate(left);
  const remainder = left.sub(second.mul(b));
  const isBeyond = hasOtherSign(remainder, b);
  const quotient = first.add(second);
  const isZero = b.equal(0);
  return {
    quotient: where(isZero, 0, where(isBeyond, quotient.sub(1), quotient)),
    remainder: where(isZero, 0, where(isBeyond, remainder.add(b), remainder)),
  };
}

/** Whether a remainder that is not 0 is on the other side of it than the divisor. */
function hasOtherSign(remainder: Tensor, b: Tensor): Tensor {
  return ng.logicalAnd(remainder.notEqual(0), ng.logicalXor(remainder.less(0), b.less(0)));
}

/** ⌊a / b⌋ as int32; of integers exactly, and 0 where they are divided by 0. */
export function floorDiv(a: Tensor, b: Tensor): Tensor {
  return a.dtype === "int32" ? divideIntegers(a, b).quotient : ng.cast(ng.floor(a.div(b)), "int32");
}

/**
 * a − ⌊a / b⌋·b, of the sign of b. Of integers exact, and 0 where b is; of floats exact while the quotient is below 2²²,
 * NaN where b is 0 or a infinite.
 */
export function mod(a: Tensor, b: Tensor): Tensor {
  if (a.dtype === "int32") return divideIntegers(a, b).remainder;
  const quotient = ng.floor(a.div(b));
  const [product, error] = exactProduct(quotient, b);
  // Nothing is taken away from a number that is smaller: 0·∞ would be NaN.
  const left = where(quotient.equal(0), a, a.sub(product).sub(error));
  // The quotient may have been rounded up, or down, to a whole number.
  return where(hasOtherSign(left, b), left.add(b), where(left.abs().greaterEqual(b.abs()), left.sub(b), left));
}

/** a·b rounded, and what the rounding took away (T. J. Dekker 1971). */
function exactProduct(a: Tensor, b: Tensor): readonly [product: Tensor, error: Tensor] {
  const product = a.mul(b);
  const [a1, a2] = halves(a);
  const [b1, b2] = halves(b);
  return [product, product.sub(a1.mul(b1)).sub(a1.mul(b2)).sub(a2.mul(b1)).sub(a2.mul(b2)).neg()];
}

/** A number as a sum of two of at most 12 significant bits, so that products of them are exact. */
function halves(x: Tensor): readonly [high: Tensor, low: Tensor] {
  const scaled = x.mul(2 ** 12 + 1);
  const high = scaled.sub(scaled.sub(x));
  return [high, x.sub(high)];
}

/** Exponents have this many bits; the powers of larger ones, of anything but −1, 0 and 1, do not fit in an integer. */
const EXPONENT_BITS = 6;

/** aᵇ of int32, by repeated squaring. It wraps; 1 / a, 1 / a², … of other numbers than ±1 are 0. */
export function integerPower(a: Tensor, b: Tensor): Tensor {
  const isOdd = divideIntegers(b, ng.full([], 2, { dtype: "int32" })).remainder.equal(1);
  const ofUnit = where(isOdd, a, a.mul(a));
  let rest = ng.clip(b, 0, 2 ** EXPONENT_BITS - 1);
  let power = ng.onesLike(a);
  for (let bit = 2 ** (EXPONENT_BITS - 1); bit >= 1; bit /= 2) {
    const isSet = rest.greaterEqual(bit);
    rest = where(isSet, rest.sub(bit), rest);
    const square = power.mul(power);
    power = where(isSet, square.mul(a), square);
  }
  const isUnit = ng.logicalAnd(a.greaterEqual(-1), a.lessEqual(1));
  const isZeroth = b.equal(0);
  return where(isZeroth, 1, where(isUnit, ofUnit, where(b.less(0), 0, power)));
}
