// Functions of float32 numbers computed in double precision, for what single precision cannot do: pow
// everywhere, sine and cosine where there is no fused multiply-add.
//
// They work element by element, in a form that compilers turn into vector code: no branches, no calls. Their
// Taylor polynomials need no fitting there. Errors are in units in the last place of the float32 result:
//
//   pow 0.6   sin, cos 0.6
//
// pow follows IEEE 754: pow(x, 0) = pow(1, y) = 1 even for NaN.

#ifndef NODEGRAD_SIMD_MATH_DOUBLE_INL_H_
#define NODEGRAD_SIMD_MATH_DOUBLE_INL_H_

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

NG_INLINE uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
NG_INLINE double double_of(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// Adding 1.5 * 2^52 rounds to an integer, which then stands in the low bits.
constexpr double kRoundingShift = 6755399441055744.0;

#if defined(NG_ISA_BASE)
// Arguments up to here keep k * half_pi_high exact below.
constexpr float kTrigLimit = 1e6f;

// sin(x + quarters * pi/2) for |x| <= kTrigLimit.
NG_INLINE float sin_quarters(float x, uint64_t quarters) {
  // pi/2 in two parts, the first of 33 bits (Cody and Waite).
  const double half_pi_high = 1.5707963267341256, half_pi_low = 6.0771005065061922e-11;
  const double shifted = x * 0.63661977236758138 + kRoundingShift, k = shifted - kRoundingShift;
  const double r = (x - k * half_pi_high) - k * half_pi_low, z = r * r;
  const uint64_t quadrant = bits_of(shifted) + quarters;
  const double s =
      r + r * z *
              (-1.0 / 6 +
               z * (1.0 / 120 +
                    z * (-1.0 / 5040 + z * (1.0 / 362880 + z * (-1.0 / 39916800 + z * (1.0 / 6227020800))))));
  const double c =
      1.0 +
      z * (-0.5 + z * (1.0 / 24 +
                       z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 + z * (1.0 / 479001600))))));
  const double y = (quadrant & 1) != 0 ? c : s;
  return static_cast<float>(double_of(bits_of(y) ^ ((quadrant & 2) << 62)));
}
#endif

// log2(x) for a double in the range of float32 magnitudes, subnormals included; not for 0, infinity, NaN.
NG_INLINE double log2_of(double x) {
  const uint64_t sqrt_half = 0x3fe6a09e667f3bcdull, bias = 512;
  const uint64_t bits = bits_of(x), e = (bits - sqrt_half + (bias << 52)) >> 52;
  const double m = double_of(bits - ((e - bias) << 52));  // in [sqrt(1/2), sqrt(2))
  const double exponent =
      double_of(e | 0x4330000000000000ull) - (4503599627370496.0 + bias);  // 2^52 + e - 2^52
  const double s = (m - 1.0) / (m + 1.0), z = s * s;                       // ln m = 2 artanh s
  const double tail =
      z * (1.0 / 3 +
           z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * (1.0 / 13 + z * (1.0 / 15)))))));
  return exponent + 2.8853900817779268 * (s + s * tail);
}

// 2^x for |x| <= 200.
NG_INLINE double exp2_of(double x) {
  const double shifted = x + kRoundingShift, r = (x - (shifted - kRoundingShift)) * 0.69314718055994531;
  const double p =
      1.0 +
      r * (1.0 +
           r * (1.0 / 2 +
                r * (1.0 / 6 +
                     r * (1.0 / 24 +
                          r * (1.0 / 120 + r * (1.0 / 720 + r * (1.0 / 5040 + r * (1.0 / 40320 +
                                                                                   r * (1.0 / 362880)))))))));
  return double_of(bits_of(p) + (bits_of(shifted) << 52));
}

NG_INLINE float pow_of(float x, float y) {
  const double magnitude = fabs(static_cast<double>(x));
  double log2_x = log2_of(magnitude);
  log2_x = magnitude == 0.0 ? -INFINITY : log2_x;
  log2_x = magnitude == INFINITY ? INFINITY : log2_x;
  double exponent = y * log2_x;
  exponent = magnitude == 1.0 ? 0.0 : exponent;  // even for an infinite y
  exponent = exponent < 200.0 ? exponent : 200.0;
  exponent = exponent > -200.0 ? exponent : -200.0;
  float r = static_cast<float>(exp2_of(exponent));
  const float half = 0.5f * y;
  const bool whole = floorf(y) == y, odd = whole & (floorf(half) != half);
  r = ((copysignf(1.0f, x) < 0.0f) & odd) ? -r : r;
  r = ((x < 0.0f) & (x > -INFINITY) & !whole) ? NAN : r;
  r = ((x != x) | (y != y)) ? NAN : r;
  return ((y == 0.0f) | (x == 1.0f)) ? 1.0f : r;
}

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_MATH_DOUBLE_INL_H_
