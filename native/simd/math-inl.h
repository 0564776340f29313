// Elementary functions of float32 vectors, for every instruction set from one source.
//
// Largest errors, in units in the last place (ULP) of the float32 result, found by dense sweeps against
// double precision (the sweep covers every exponent; base lacks a fused multiply-add and is the worst of the
// sets):
//
//   exp 0.8   expm1 1.5   log 0.9   log1p 1.5   tanh 1.3   sigmoid 1.7   erf 1.4   sin, cos 0.6   pow 0.6
//
// All are right for +-0 (the sign stays where the function is odd), infinities, NaN, subnormal arguments and
// results, and overflow. pow follows IEEE 754: pow(x, 0) = pow(1, y) = 1 even for NaN.
//
// The polynomials are minimax approximations (Remez exchange, in 40 digits) of the function named at each,
// weighted so that the relative error of the function's value is what is levelled.

#ifndef NODEGRAD_SIMD_MATH_INL_H_
#define NODEGRAD_SIMD_MATH_INL_H_

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

// c[0] + c[1] x + ... by Horner's rule.
template <int kTerms>
NG_INLINE Vec polynomial(const float (&c)[kTerms], Vec x) {
  Vec sum = set1(c[kTerms - 1]);
  for (int i = kTerms - 2; i >= 0; i--) sum = fma(sum, x, set1(c[i]));
  return sum;
}

NG_INLINE Vec with_sign_of(Vec magnitude, Vec sign) {
  return as_float(bit_or(as_int(magnitude), bit_and(as_int(sign), set1_int(INT32_MIN))));
}

// ln 2 in two parts: the first has 9 bits, so that its product with an exponent is exact (Cody and Waite).
constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;

// x = k ln 2 + r with a whole k and |r| <= ln(2)/2 (a little more after rounding).
NG_INLINE void split_exponent(Vec x, Vec* k, Vec* r) {
  *k = round(mul(x, set1(1.44269504f)));
  *r = fma(*k, set1(-kLn2Low), fma(*k, set1(-kLn2High), x));
}

// (e^r - 1 - r) / r^2 on [-0.35, 0.35], relative to e^r: 2^-34.
NG_INLINE Vec exp_tail(Vec r) {
  static const float c[] = {5.000000072e-01f, 1.666666582e-01f, 4.166628032e-02f,
                            8.333503738e-03f, 1.394575247e-03f, 1.978926524e-04f};
  return polynomial(c, r);
}

NG_INLINE Vec exp(Vec x) {
  // Beyond these limits the result is 0 or infinite. The operand order of min and max keeps a NaN.
  x = max(set1(-104.0f), min(set1(89.0f), x));
  Vec k, r;
  split_exponent(x, &k, &r);
  // 1 + r, what its rounding lost, and the rest: one rounding less than 1 + (r + rest).
  const Vec one = set1(1.0f), high = add(one, r), low = sub(r, sub(high, one));
  return scale(add(high, fma(mul(r, r), exp_tail(r), low)), k);
}

NG_INLINE Vec expm1(Vec x) {
  const Vec clamped = max(set1(-30.0f), min(set1(89.0f), x));
  Vec k, r;
  split_exponent(clamped, &k, &r);
  // 2^k (e^r - 1) + (2^k - 1), all halved because 2^128 is no float.
  const Vec p = fma(mul(r, r), exp_tail(r), r);
  const Vec half_scale = scale(set1(0.5f), k);
  const Vec half_y = fma(half_scale, p, sub(half_scale, set1(0.5f)));
  return select(eq(x, zero()), x, add(half_y, half_y));
}

NG_INLINE Vec log(Vec x) {
  // Subnormals are scaled into the normal range first.
  const Mask tiny = lt(x, set1(1.17549435e-38f));
  const IntVec bits = as_int(select(tiny, mul(x, set1(8388608.0f)), x));
  // x = 2^e m with m in [sqrt(1/2), sqrt(2)): 0x3f3504f3 is sqrt(1/2).
  const IntVec e = shift_right<23>(sub(bits, set1_int(0x3f3504f3)));
  const Vec f = sub(as_float(sub(bits, shift_left<23>(e))), set1(1.0f));
  const Vec ef = sub(to_float(e), select(tiny, set1(23.0f), zero()));
  // (ln(1 + f) - f + f^2/2) / f^3, relative to ln(1 + f): 2^-30.
  static const float c[] = {3.333331261e-01f,  -2.500000962e-01f, 2.000211850e-01f,
                            -1.666799503e-01f, 1.421955452e-01f,  -1.240560076e-01f,
                            1.188815744e-01f,  -1.167559194e-01f, 6.746587802e-02f};
  const Vec f2 = mul(f, f);
  const Vec tail = fma(set1(kLn2Low), ef, fma(mul(f2, f), polynomial(c, f), mul(f2, set1(-0.5f))));
  Vec y = fma(set1(kLn2High), ef, add(f, tail));
  y = select(eq(x, set1(INFINITY)), x, y);
  y = select(eq(x, zero()), set1(-INFINITY), y);
  return select(ge(x, zero()), y, set1(NAN));
}

NG_INLINE Vec log1p(Vec x) {
  // ln(u) for the rounded u = 1 + x, and what the rounding lost, to first order.
  const Vec one = set1(1.0f), u = add(x, one);
  const Vec lost = select(gt(x, one), sub(one, sub(u, x)), sub(x, sub(u, one)));
  const Mask finite = both(gt(u, zero()), lt(u, set1(INFINITY)));
  const Vec y = add(log(u), select(finite, div(lost, u), zero()));
  return select(eq(u, one), x, y);
}

NG_INLINE Vec tanh(Vec x) {
  const Vec a = abs(x), z = mul(x, x);
  // (tanh(a)/a - 1) / a^2 in a^2 for a <= 0.625: 2^-33.
  static const float c[] = {-3.333333080e-01f, 1.333320602e-01f,  -5.394676381e-02f,
                            2.170070664e-02f,  -8.177405371e-03f, 2.142967480e-03f};
  const Vec small = fma(mul(a, z), polynomial(c, z), a);
  const Vec e = exp(add(a, a));
  const Vec large = sub(set1(1.0f), div(set1(2.0f), add(e, set1(1.0f))));
  return with_sign_of(select(lt(a, set1(0.625f)), small, large), x);
}

NG_INLINE Vec sigmoid(Vec x) {
  // With e^-|x| nothing overflows and small results keep their precision.
  const Vec e = exp(neg(abs(x))), one = set1(1.0f), sum = add(one, e);
  const Vec y = div(select(lt(x, zero()), e, one), sum);
  // What the rounding of the sum lost; lost / sum would be exact, and lost alone is at most twice that.
  const Vec lost = sub(e, sub(sum, one));
  return fma(neg(y), lost, y);
}

NG_INLINE Vec erf(Vec x) {
  const Vec a = min(set1(4.0f), abs(x)), z = mul(a, a);  // erf(4) rounds to 1
  // erf(a)/a - 1 in a^2 for a <= 0.9: 2^-31. Taking 1 off keeps the first coefficient's rounding small.
  static const float near[] = {1.283791671e-01f, -3.761263498e-01f, 1.128371503e-01f, -2.686050843e-02f,
                               5.203859111e-03f, -8.175638946e-04f, 8.513103118e-05f};
  // ln(1 - erf(a)) for 0.9 <= a <= 4, weighted with (1 - erf)/erf: 2^-29.
  static const float far[] = {-1.664825567e-04f, -1.127797090e+00f, -6.369763557e-01f, -1.041134262e-01f,
                              2.231508492e-02f,  -3.065456585e-03f, 1.982160636e-04f};
  const Vec small = fma(a, polynomial(near, z), a);
  const Vec large = sub(set1(1.0f), exp(polynomial(far, a)));
  return with_sign_of(select(lt(a, set1(0.9f)), small, large), x);
}

// The functions below compute in double precision, element by element, in a form that compilers turn into
// vector code: no branches, no calls. Their Taylor polynomials need no fitting there.

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

// Arguments up to here keep k * kHalfPiHigh exact below.
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
  r = (copysignf(1.0f, x) < 0.0f) & odd ? -r : r;
  r = (x < 0.0f) & (x > -INFINITY) & !whole ? NAN : r;
  r = (x != x) | (y != y) ? NAN : r;
  return (y == 0.0f) | (x == 1.0f) ? 1.0f : r;
}

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_MATH_INL_H_
