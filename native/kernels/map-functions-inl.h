// What the micro-ops compute, vector by vector: functors whose of(...) the loops of map.cc apply. Bools are
// int lanes of 0 or 1.

#ifndef NODEGRAD_KERNELS_MAP_FUNCTIONS_INL_H_
#define NODEGRAD_KERNELS_MAP_FUNCTIONS_INL_H_

#include "../simd/math-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

NG_INLINE IntVec as_bool(Mask m) { return select(m, set1_int(1), set1_int(0)); }

// A functor whose of(...) is `expression`.
#define NG_UNARY(Name, V, expression)                    \
  struct Name {                                          \
    static NG_INLINE auto of(V x) { return expression; } \
  }
#define NG_BINARY(Name, V, expression)                        \
  struct Name {                                               \
    static NG_INLINE auto of(V x, V y) { return expression; } \
  }
#define NG_TERNARY(Name, V, expression)                            \
  struct Name {                                                    \
    static NG_INLINE auto of(V x, V y, V z) { return expression; } \
  }

NG_UNARY(FloatNeg, Vec, neg(x));
NG_UNARY(FloatAbs, Vec, abs(x));
NG_UNARY(FloatFloor, Vec, floor(x));
NG_UNARY(FloatCeil, Vec, ceil(x));
NG_UNARY(FloatRound, Vec, round(x));
NG_UNARY(FloatSqrt, Vec, sqrt(x));
NG_UNARY(FloatExp, Vec, exp(x));
NG_UNARY(FloatExpm1, Vec, expm1(x));
NG_UNARY(FloatLog, Vec, log(x));
NG_UNARY(FloatLog1p, Vec, log1p(x));
NG_UNARY(FloatTanh, Vec, tanh(x));
NG_UNARY(FloatSigmoid, Vec, sigmoid(x));
NG_UNARY(FloatErf, Vec, erf(x));
NG_UNARY(FloatNormalCdf, Vec, normal_cdf(x));
struct FloatSign {
  static NG_INLINE Vec of(Vec x) {
    const Vec magnitude = select(lt(zero(), abs(x)), set1(1.0f), abs(x));  // 0 and NaN stay
    return select(lt(x, zero()), neg(magnitude), magnitude);
  }
};
NG_UNARY(IntNeg, IntVec, sub(set1_int(0), x));
NG_UNARY(IntAbs, IntVec, max(x, sub(set1_int(0), x)));
NG_UNARY(IntSign, IntVec, max(set1_int(-1), min(set1_int(1), x)));
NG_UNARY(BoolNot, IntVec, bit_xor(x, set1_int(1)));

NG_BINARY(FloatAdd, Vec, add(x, y));
NG_BINARY(FloatSub, Vec, sub(x, y));
NG_BINARY(FloatMul, Vec, mul(x, y));
NG_BINARY(FloatDiv, Vec, div(x, y));
// max and min let a NaN through that stands on the right.
NG_BINARY(FloatMax, Vec, select(is_nan(x), x, max(x, y)));
NG_BINARY(FloatMin, Vec, select(is_nan(x), x, min(x, y)));
NG_BINARY(FloatEq, Vec, as_bool(eq(x, y)));
NG_BINARY(FloatNe, Vec, as_bool(ne(x, y)));
NG_BINARY(FloatLt, Vec, as_bool(lt(x, y)));
NG_BINARY(FloatLe, Vec, as_bool(le(x, y)));
NG_BINARY(FloatGt, Vec, as_bool(gt(x, y)));
NG_BINARY(FloatGe, Vec, as_bool(ge(x, y)));
NG_BINARY(IntAdd, IntVec, add(x, y));
NG_BINARY(IntSub, IntVec, sub(x, y));
NG_BINARY(IntMul, IntVec, mul(x, y));
NG_BINARY(IntMax, IntVec, max(x, y));
NG_BINARY(IntMin, IntVec, min(x, y));
NG_BINARY(IntEq, IntVec, as_bool(eq(x, y)));
NG_BINARY(IntNe, IntVec, as_bool(ne(x, y)));
NG_BINARY(IntLt, IntVec, as_bool(lt(x, y)));
NG_BINARY(IntLe, IntVec, as_bool(le(x, y)));
NG_BINARY(IntGt, IntVec, as_bool(gt(x, y)));
NG_BINARY(IntGe, IntVec, as_bool(ge(x, y)));
NG_BINARY(BoolAnd, IntVec, bit_and(x, y));
NG_BINARY(BoolOr, IntVec, bit_or(x, y));

NG_TERNARY(FloatMulAdd, Vec, fma(x, y, z));
NG_TERNARY(IntMulAdd, IntVec, add(mul(x, y), z));
NG_TERNARY(Where, IntVec, select(ne(x, set1_int(0)), y, z));  // floats too: bits are chosen, not numbers

// max(F(…), 0).
template <typename F>
struct Rectified {
  template <typename... V>
  static NG_INLINE Vec of(V... x) {
    return FloatMax::of(F::of(x...), zero());
  }
};

// What does not fit truncate() becomes the smallest int32 or, on NEON, the nearest one.
struct CastFloatToInt {
  static NG_INLINE IntVec of(Vec x) {
    const IntVec low = select(lt(x, set1(-2147483648.0f)), set1_int(INT32_MIN), truncate(x));
    const IntVec r = select(ge(x, set1(2147483648.0f)), set1_int(INT32_MAX), low);
    return select(is_nan(x), set1_int(0), r);
  }
};
struct CastFloatToByte {
  static NG_INLINE IntVec of(Vec x) {
    const Vec clamped = max(set1(0.0f), min(set1(255.0f), x));
    return select(is_nan(x), set1_int(0), truncate(clamped));
  }
};
NG_UNARY(CastFloatToBool, Vec, as_bool(ne(x, zero())));
NG_UNARY(CastIntToFloat, IntVec, to_float(x));
NG_UNARY(CastIntToByte, IntVec, bit_and(x, set1_int(255)));
NG_UNARY(CastIntToBool, IntVec, as_bool(ne(x, set1_int(0))));

#undef NG_UNARY
#undef NG_BINARY
#undef NG_TERNARY

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_KERNELS_MAP_FUNCTIONS_INL_H_
