// Elementary functions of float32 vectors, for every instruction set from one source.
//
// Largest errors, in units in the last place (ULP) of the float32 result, found by dense sweeps against
// double precision (the sweep covers every exponent; base lacks a fused multiply-add and is the worst of the
// sets):
//
//   exp 0.8   expm1 1.5   log 0.9   log1p 1.5   tanh 1.1   sigmoid 1.4   erf 1.3   sin, cos 1.5 (not in base)
//   normal_cdf 3.3 for x > -3, and 11 in the tail
//
// All are right for +-0 (the sign stays where the function is odd), infinities, NaN, subnormal arguments and
// results, and overflow.
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

// What adds nothing to a number, not even an instruction; add(a, Vec) is of simd-inl.h.
struct Nothing {};
NG_INLINE Vec add(Vec a, Nothing) { return a; }

// e^(x + lost) for x in [-110, 89] and a `lost` far below it, and for NaN.
#if defined(NG_ISA_AVX512)
template <typename Lost = Nothing>
NG_INLINE Vec exp_within(Vec x, Lost lost = {}) {
  // 2^(i/16), and what its rounding lost.
  alignas(64) static const float high[16] = {0x1p+0f,        0x1.0b5586p+0f, 0x1.172b84p+0f, 0x1.2387a6p+0f,
                                             0x1.306fep+0f,  0x1.3dea64p+0f, 0x1.4bfdaep+0f, 0x1.5ab07ep+0f,
                                             0x1.6a09e6p+0f, 0x1.7a1148p+0f, 0x1.8ace54p+0f, 0x1.9c4918p+0f,
                                             0x1.ae89fap+0f, 0x1.c199bep+0f, 0x1.d5818ep+0f, 0x1.ea4afap+0f};
  alignas(64) static const float low[16] = {0.0f,
                                            0x1.9f3122p-25f,
                                            -0x1.c15742p-27f,
                                            0x1.ceac48p-25f,
                                            0x1.4636e2p-25f,
                                            0x1.824684p-25f,
                                            -0x1.593abcp-25f,
                                            -0x1.5bd5ecp-27f,
                                            0x1.9fcef4p-26f,
                                            -0x1.829fdp-25f,
                                            0x1.15506ep-27f,
                                            0x1.51f848p-27f,
                                            -0x1.a94b14p-26f,
                                            -0x1.3d56b2p-27f,
                                            -0x1.822dbcp-27f,
                                            0x1.52486cp-27f};
  // Adding 1.5 * 2^19 rounds to a multiple of 1/16, and leaves i in the low bits.
  const Vec shift = set1(786432.0f), shifted = fma(x, set1(1.44269504f), shift), k = sub(shifted, shift);
  // |r| <= ln(2)/32
  const Vec r = fma(k, set1(-kLn2Low), add(fma(k, set1(-kLn2High), x), lost));
  const IntVec i = as_int(shifted);
  const Vec root = lookup(high, i);
  // e^r - 1 to 2^-29.
  const Vec tail = fma(set1(1.66666672e-01f), r, set1(5.00015974e-01f));
  return scale(add(root, fma(root, fma(mul(r, r), tail, r), lookup(low, i))), k);
}
#else
template <typename Lost = Nothing>
NG_INLINE Vec exp_within(Vec x, Lost lost = {}) {
  Vec k, r;
  split_exponent(x, &k, &r);
  r = add(r, lost);
  // 1 + r, what its rounding lost, and the rest: one rounding less than 1 + (r + rest).
  const Vec one = set1(1.0f), high = add(one, r), low = sub(r, sub(high, one));
  return scale(add(high, fma(mul(r, r), exp_tail(r), low)), k);
}
#endif

NG_INLINE Vec exp(Vec x) {
  // Beyond these limits the result is 0 or infinite. The operand order of min and max keeps a NaN.
  return exp_within(max(set1(-104.0f), min(set1(89.0f), x)));
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

// n / (1 + e) - less, rounded about once, for e in [0, 2^100] and n = 1, e or something between. Newton's
// step takes its residual with the true sum, so that the rounding of 1 + e does no harm.
NG_INLINE Vec over_one_plus(Vec n, Vec e, Vec less = zero()) {
  const Vec estimate = reciprocal_estimate(add(set1(1.0f), e)), q = mul(n, estimate);
  return fma(fma(neg(e), q, sub(n, q)), estimate, sub(q, less));
}

NG_INLINE Vec tanh(Vec x) {
  const Vec a = min(set1(20.0f), abs(x)), z = mul(a, a);  // tanh(20) rounds to 1
  // (tanh(a)/a - 1) / a^2 in a^2 for a <= 0.625: 2^-33.
  static const float c[] = {-3.333333080e-01f, 1.333320602e-01f,  -5.394676381e-02f,
                            2.170070664e-02f,  -8.177405371e-03f, 2.142967480e-03f};
  const Vec small = fma(mul(a, z), polynomial(c, z), a);
  const Vec e = exp_within(mul(a, set1(-2.0f)));
  const Vec large = sub(set1(1.0f), over_one_plus(add(e, e), e));
  return with_sign_of(select(lt(a, set1(0.625f)), small, large), x);
}

NG_INLINE Vec sigmoid(Vec x) {
  // With e^-|x| nothing overflows and small results keep their precision.
  const Vec e = exp_within(max(set1(-104.0f), neg(abs(x))));
  return over_one_plus(select(lt(x, zero()), e, set1(1.0f)), e);
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
  const Vec large = sub(set1(1.0f), exp_within(polynomial(far, a)));
  return with_sign_of(select(lt(a, set1(0.9f)), small, large), x);
}

// The normal distribution function: e^(-a^2/2) W(a) for x = -a below 0, and 1 less that above.
NG_INLINE Vec normal_cdf(Vec x) {
  const Vec a = min(set1(14.5f), abs(x));  // beyond lies less than the smallest number
  const Vec square = mul(a, a), lost = product_error(a, a, square), half = set1(-0.5f);
  const Vec e = exp_within(mul(square, half), mul(lost, half));
  // W in 1 / (1 + a/4) - 621/1024: 2^-29 for a <= 3.3, from where on the error may grow as the tail falls.
  // (There the first coefficient happens to be a float32.)
  static const float c[] = {1.370829195e-01f,  4.687705338e-01f, 7.175946236e-01f,  8.150987029e-01f,
                            6.401633024e-01f,  2.702696323e-01f, -4.083422571e-02f, -1.089351699e-01f,
                            -1.084983256e-02f, 3.887154534e-02f};
  const Vec u = over_one_plus(set1(1.0f), mul(a, set1(0.25f)), set1(621.0f / 1024));
  const Vec tail = mul(e, polynomial(c, u));
  return select(lt(x, zero()), tail, sub(set1(1.0f), tail));
}

// sin(r) and cos(r) for |r| <= pi/4: (sin(r)/r - 1) / r^2 and (cos(r) - 1 + r^2/2) / r^4 in r^2, 2^-28,
// 2^-33.
NG_INLINE Vec sine_near_0(Vec r) {
  static const float c[] = {-1.666665375e-01f, 8.332106285e-03f, -1.950788283e-04f};
  const Vec z = mul(r, r);
  return fma(mul(r, z), polynomial(c, z), r);
}

NG_INLINE Vec cosine_near_0(Vec r) {
  static const float c[] = {4.166664556e-02f, -1.388730132e-03f, 2.443075027e-05f};
  const Vec z = mul(r, r);
  return fma(z, fma(z, polynomial(c, z), set1(-0.5f)), set1(1.0f));
}

#if !defined(NG_ISA_BASE)
// Arguments up to here keep their reduction below exact enough, and make a whole number that fits its bits.
constexpr float kTrigLimit = 1e5f;

// sin(x + kQuarters * pi/2) for |x| <= kTrigLimit.
template <int kQuarters>
NG_INLINE Vec sin_quarters(Vec x) {
  // Adding 1.5 * 2^23 rounds to a whole number, which is left in the low bits.
  const Vec a = abs(x), shift = set1(12582912.0f), shifted = fma(a, set1(0.636619772f), shift);
  const Vec k = sub(shifted, shift);
  // a = k pi/2 + r, with pi/2 in three parts. The first step is exact: terms and difference are multiples of
  // 2^-23 (Cody and Waite, with fused steps).
  const Vec r = fma(k, set1(1.71512489e-15f), fma(k, set1(4.37113883e-08f), fma(k, set1(-1.57079637f), a)));
  const Vec sine = sine_near_0(r), cosine = cosine_near_0(r);
  const IntVec quadrant = add(as_int(shifted), set1_int(kQuarters));
  const Mask even = eq(bit_and(quadrant, set1_int(1)), set1_int(0));
  IntVec sign = shift_left<30>(bit_and(quadrant, set1_int(2)));
  if (kQuarters == 0) sign = bit_xor(sign, bit_and(as_int(x), set1_int(INT32_MIN)));
  return as_float(bit_xor(as_int(select(even, sine, cosine)), sign));
}
#endif

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_MATH_INL_H_
