/** Scalar functions that JavaScript does not have, in double precision. */

import type { DType } from "../../dtype.js";

const MAX_INT = 2 ** 31 - 1;
const MIN_INT = -(2 ** 31);

/** A number converted to a dtype: floats are rounded by the array that takes them, ints truncate and saturate. */
export function convert(value: number, dtype: DType): number {
  switch (dtype) {
    case "float32":
    case "float64":
      return value;
    case "int32":
      return saturate(value, MIN_INT, MAX_INT);
    case "uint8":
      return saturate(value, 0, 255);
    case "bool":
      return value !== 0 ? 1 : 0;
  }
}

/** Truncates toward zero into [least, most]; NaN gives 0. */
function saturate(value: number, least: number, most: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.min(Math.max(Math.trunc(value), least), most);
}

/** The nearest integer, the even one of two equally near; keeps the sign of zero, NaN and infinities. */
export function roundHalfEven(x: number): number {
  // From 2⁵² on every double is an integer; adding 2⁵² to a smaller one rounds its fraction off, half to even.
  const shift = 2 ** 52;
  if (!(Math.abs(x) < shift)) return x;
  const magnitude = Math.abs(x) + shift - shift;
  return x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
}

/** 1 / (1 + e⁻ˣ), through the exponential that does not overflow. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/**
 * The error function 2/√π ∫₀ˣ e^(−t²) dt, to about 1e-16.
 *
 * Rational minimax approximations on three ranges of |x|: W. J. Cody, "Rational Chebyshev approximations for the
 * error function", Mathematics of Computation 23 (1969), 631–637.
 */
export function erf(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.46875) return x * ratio(smallNumerator, smallDenominator, y * y);
  const tail = y < 6 ? complement(y) : y >= 6 ? 0 : Number.NaN;
  return x < 0 ? tail - 1 : 1 - tail;
}

/** The normal distribution function Φ(x) = ½ erfc(−x/√2), without cancellation for x < 0. */
export function normalCdf(x: number): number {
  const y = Math.abs(x) * Math.SQRT1_2;
  if (y <= 0.46875) return 0.5 * (1 + erf(x * Math.SQRT1_2));
  const tail = 0.5 * complement(y);
  return x < 0 ? tail : 1 - tail;
}

/** erfc(y) = 1 − erf(y) for y > 0.46875. */
function complement(y: number): number {
  const decay = Math.exp(-y * y);
  if (y <= 4) return decay * ratio(middleNumerator, middleDenominator, y);
  const z = 1 / (y * y);
  return (decay / y) * (1 / Math.sqrt(Math.PI) - z * ratio(largeNumerator, largeDenominator, z));
}

/** Quotient of two polynomials, coefficients from the highest power down. */
function ratio(numerator: readonly number[], denominator: readonly number[], x: number): number {
  return polynomial(numerator, x) / polynomial(denominator, x);
}

function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}

const smallNumerator = [
  0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694,
];
const smallDenominator = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
const middleNumerator = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const middleDenominator = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const largeNumerator = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const largeDenominator = [
  1, 2.568520192289822, 1.8729528499234604, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];
