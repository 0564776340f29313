// The loops of the micro-ops, see map.h.

#include "map.h"

#include <string.h>

#include "../simd/math-double-inl.h"
#include "map-functions-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

enum Op : int {
#define NG_MICRO_OP(code, id, name, operands, domain, result) id = code,
#include "../program/opcodes.inc"
};

// The vector and the element of a lane type.
struct FloatLane {
  using Element = float;
  using Vector = Vec;
  static NG_INLINE Vec broadcast(float x) { return set1(x); }
};
struct IntLane {
  using Element = int32_t;
  using Vector = IntVec;
  static NG_INLINE IntVec broadcast(int32_t x) { return set1_int(x); }
};

// An operand of a loop: an array, or one element for all i. Loads come in whole vectors and in tails.
template <typename L, bool kUniform>
struct Operand {
  const typename L::Element* p;
  explicit Operand(const void* memory) : p(static_cast<const typename L::Element*>(memory)) {}
  NG_INLINE typename L::Vector at(int64_t i) const { return load(p + i); }
  NG_INLINE typename L::Vector tail(int64_t i, int n) const { return load_n(p + i, n); }
};
template <typename L>
struct Operand<L, true> {
  typename L::Vector v;
  explicit Operand(const void* memory) : v(L::broadcast(*static_cast<const typename L::Element*>(memory))) {}
  NG_INLINE typename L::Vector at(int64_t) const { return v; }
  NG_INLINE typename L::Vector tail(int64_t, int) const { return v; }
};

template <typename F, typename In, typename Out>
void unary_loop(void* out, const void* a, const void*, const void*, int64_t n) {
  auto* r = static_cast<typename Out::Element*>(out);
  const Operand<In, false> x(a);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(r + i, F::of(x.at(i)));
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    store_n(r + i, F::of(x.tail(i, rest)), rest);
  }
}

template <typename F, typename In, typename Out, int kUniform>
void binary_loop(void* out, const void* a, const void* b, const void*, int64_t n) {
  auto* r = static_cast<typename Out::Element*>(out);
  const Operand<In, (kUniform & 1) != 0> x(a);
  const Operand<In, (kUniform & 2) != 0> y(b);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(r + i, F::of(x.at(i), y.at(i)));
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    store_n(r + i, F::of(x.tail(i, rest), y.tail(i, rest)), rest);
  }
}

template <typename F, typename L, int kUniform>
void ternary_loop(void* out, const void* a, const void* b, const void* c, int64_t n) {
  auto* r = static_cast<typename L::Element*>(out);
  const Operand<L, (kUniform & 1) != 0> x(a);
  const Operand<L, (kUniform & 2) != 0> y(b);
  const Operand<L, (kUniform & 4) != 0> z(c);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(r + i, F::of(x.at(i), y.at(i), z.at(i)));
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    store_n(r + i, F::of(x.tail(i, rest), y.tail(i, rest), z.tail(i, rest)), rest);
  }
}

// Functions in double precision go through a copy: the compiler makes vector code only where it knows that
// input and output do not overlap.
constexpr int kCopy = 64;

// Sine and cosine of arguments that are too large for the vector functions, or no numbers.
template <int kQuarters>
void trig_elements(float* out, const float* a, int n) {
  for (int i = 0; i < n; i++) out[i] = kQuarters == 0 ? sinf(a[i]) : cosf(a[i]);
}

#if defined(NG_ISA_BASE)
template <int kQuarters>
void trig_loop(void* out, const void* a, const void*, const void*, int64_t n) {
  for (int64_t i = 0; i < n; i += kCopy) {
    const int m = static_cast<int>(n - i < kCopy ? n - i : kCopy);
    float x[kCopy], y[kCopy];
    memcpy(x, static_cast<const float*>(a) + i, m * sizeof(float));
    bool small = true;
    for (int j = 0; j < m; j++) small &= fabsf(x[j]) <= kTrigLimit;
    if (small) {
      for (int j = 0; j < m; j++) y[j] = sin_quarters(x[j], kQuarters);
    } else {
      trig_elements<kQuarters>(y, x, m);
    }
    memcpy(static_cast<float*>(out) + i, y, m * sizeof(float));
  }
}
#else
template <int kQuarters>
void trig_loop(void* out, const void* a, const void*, const void*, int64_t n) {
  auto* r = static_cast<float*>(out);
  const auto* p = static_cast<const float*>(a);
  for (int64_t i = 0; i < n; i += kLanes) {
    const int m = static_cast<int>(n - i < kLanes ? n - i : kLanes);
    const Vec x = load_n(p + i, m);
    if (any(invert(le(abs(x), set1(kTrigLimit))))) {
      trig_elements<kQuarters>(r + i, p + i, m);
    } else {
      store_n(r + i, sin_quarters<kQuarters>(x), m);
    }
  }
}
#endif

template <int kUniform>
void pow_loop(void* out, const void* a, const void* b, const void*, int64_t n) {
  const auto* base = static_cast<const float*>(a);
  const auto* exponent = static_cast<const float*>(b);
  for (int64_t i = 0; i < n; i += kCopy) {
    const int m = static_cast<int>(n - i < kCopy ? n - i : kCopy);
    float x[kCopy], y[kCopy];
    for (int j = 0; j < m; j++) x[j] = (kUniform & 1) != 0 ? *base : base[i + j];
    for (int j = 0; j < m; j++) y[j] = (kUniform & 2) != 0 ? *exponent : exponent[i + j];
    for (int j = 0; j < m; j++) x[j] = pow_of(x[j], y[j]);
    memcpy(static_cast<float*>(out) + i, x, m * sizeof(float));
  }
}

template <typename F, typename In, typename Out>
MicroFn binary(int uniform) {
  static const MicroFn loops[] = {binary_loop<F, In, Out, 0>, binary_loop<F, In, Out, 1>,
                                  binary_loop<F, In, Out, 2>};
  return loops[uniform];
}

template <typename F, typename L>
MicroFn ternary(int uniform) {
  static const MicroFn loops[] = {ternary_loop<F, L, 0>, ternary_loop<F, L, 1>, ternary_loop<F, L, 2>,
                                  ternary_loop<F, L, 3>, ternary_loop<F, L, 4>, ternary_loop<F, L, 5>,
                                  ternary_loop<F, L, 6>};
  return loops[uniform];
}

template <typename F>
constexpr MicroFn kFloatUnary = unary_loop<F, FloatLane, FloatLane>;
template <typename F>
constexpr MicroFn kIntUnary = unary_loop<F, IntLane, IntLane>;

// The cases below name every micro-op: one without a loop, or with a reason to have none, does not compile.

MicroFn find_float(Op op, int uniform) {
  switch (op) {
    case kNeg: return kFloatUnary<FloatNeg>;
    case kAbs: return kFloatUnary<FloatAbs>;
    case kSign: return kFloatUnary<FloatSign>;
    case kFloor: return kFloatUnary<FloatFloor>;
    case kCeil: return kFloatUnary<FloatCeil>;
    case kRound: return kFloatUnary<FloatRound>;
    case kSqrt: return kFloatUnary<FloatSqrt>;
    case kExp: return kFloatUnary<FloatExp>;
    case kExpm1: return kFloatUnary<FloatExpm1>;
    case kLog: return kFloatUnary<FloatLog>;
    case kLog1p: return kFloatUnary<FloatLog1p>;
    case kSin: return trig_loop<0>;
    case kCos: return trig_loop<1>;
    case kTanh: return kFloatUnary<FloatTanh>;
    case kSigmoid: return kFloatUnary<FloatSigmoid>;
    case kErf: return kFloatUnary<FloatErf>;
    case kNormalCdf: return kFloatUnary<FloatNormalCdf>;
    case kAdd: return binary<FloatAdd, FloatLane, FloatLane>(uniform);
    case kSub: return binary<FloatSub, FloatLane, FloatLane>(uniform);
    case kMul: return binary<FloatMul, FloatLane, FloatLane>(uniform);
    case kDiv: return binary<FloatDiv, FloatLane, FloatLane>(uniform);
    case kPow: return uniform == 0 ? pow_loop<0> : uniform == 1 ? pow_loop<1> : pow_loop<2>;
    case kMax: return binary<FloatMax, FloatLane, FloatLane>(uniform);
    case kMin: return binary<FloatMin, FloatLane, FloatLane>(uniform);
    case kEq: return binary<FloatEq, FloatLane, IntLane>(uniform);
    case kNe: return binary<FloatNe, FloatLane, IntLane>(uniform);
    case kLt: return binary<FloatLt, FloatLane, IntLane>(uniform);
    case kLe: return binary<FloatLe, FloatLane, IntLane>(uniform);
    case kGt: return binary<FloatGt, FloatLane, IntLane>(uniform);
    case kGe: return binary<FloatGe, FloatLane, IntLane>(uniform);
    case kWhere: return ternary<Where, IntLane>(uniform);
    case kMulAdd: return ternary<FloatMulAdd, FloatLane>(uniform);
    case kConstant:
    case kScalar:  // filled once, not looped over
    case kCast:    // see find_cast
    case kNot:
    case kAnd:
    case kOr: return nullptr;  // bools travel in int lanes
  }
  return nullptr;
}

MicroFn find_int(Op op, int uniform) {
  switch (op) {
    case kNeg: return kIntUnary<IntNeg>;
    case kAbs: return kIntUnary<IntAbs>;
    case kSign: return kIntUnary<IntSign>;
    case kNot: return kIntUnary<BoolNot>;
    case kAdd: return binary<IntAdd, IntLane, IntLane>(uniform);
    case kSub: return binary<IntSub, IntLane, IntLane>(uniform);
    case kMul: return binary<IntMul, IntLane, IntLane>(uniform);
    case kMax: return binary<IntMax, IntLane, IntLane>(uniform);
    case kMin: return binary<IntMin, IntLane, IntLane>(uniform);
    case kEq: return binary<IntEq, IntLane, IntLane>(uniform);
    case kNe: return binary<IntNe, IntLane, IntLane>(uniform);
    case kLt: return binary<IntLt, IntLane, IntLane>(uniform);
    case kLe: return binary<IntLe, IntLane, IntLane>(uniform);
    case kGt: return binary<IntGt, IntLane, IntLane>(uniform);
    case kGe: return binary<IntGe, IntLane, IntLane>(uniform);
    case kAnd: return binary<BoolAnd, IntLane, IntLane>(uniform);
    case kOr: return binary<BoolOr, IntLane, IntLane>(uniform);
    case kWhere: return ternary<Where, IntLane>(uniform);
    case kMulAdd: return ternary<IntMulAdd, IntLane>(uniform);
    case kConstant:
    case kScalar:
    case kCast: return nullptr;  // as above
    case kFloor:
    case kCeil:
    case kRound:
    case kSqrt:
    case kExp:
    case kExpm1:
    case kLog:
    case kLog1p:
    case kSin:
    case kCos:
    case kTanh:
    case kSigmoid:
    case kErf:
    case kNormalCdf:
    case kDiv:
    case kPow: return nullptr;  // defined for floats only
  }
  return nullptr;
}

MicroFn find(int op, Lane lane, int uniform) {
  const Op known = static_cast<Op>(op);
  return lane == Lane::kFloat ? find_float(known, uniform) : find_int(known, uniform);
}

// What often stands before a relu: sums with a bias or a residual, and scaled ones.
MicroFn find_rectified(int op, int uniform) {
  switch (op) {
    case kAdd: return binary<Rectified<FloatAdd>, FloatLane, FloatLane>(uniform);
    case kSub: return binary<Rectified<FloatSub>, FloatLane, FloatLane>(uniform);
    case kMul: return binary<Rectified<FloatMul>, FloatLane, FloatLane>(uniform);
    case kMulAdd: return ternary<Rectified<FloatMulAdd>, FloatLane>(uniform);
    default: return nullptr;
  }
}

MicroFn find_cast(LaneCast cast) {
  switch (cast) {
    case LaneCast::kFloatToInt: return unary_loop<CastFloatToInt, FloatLane, IntLane>;
    case LaneCast::kFloatToByte: return unary_loop<CastFloatToByte, FloatLane, IntLane>;
    case LaneCast::kFloatToBool: return unary_loop<CastFloatToBool, FloatLane, IntLane>;
    case LaneCast::kIntToFloat: return unary_loop<CastIntToFloat, IntLane, FloatLane>;
    case LaneCast::kIntToByte: return unary_loop<CastIntToByte, IntLane, IntLane>;
    case LaneCast::kIntToBool: return unary_loop<CastIntToBool, IntLane, IntLane>;
  }
  return nullptr;
}

void load_words(void* lanes, const void* memory, int64_t stride, int64_t n) {
  auto* to = static_cast<int32_t*>(lanes);
  const auto* from = static_cast<const int32_t*>(memory);
  if (stride == 1) {
    if (to != from) memcpy(to, from, static_cast<size_t>(n) * 4);
  } else if (stride == 0) {
    const int32_t x = *from;
    for (int64_t i = 0; i < n; i++) to[i] = x;
  } else {
    for (int64_t i = 0; i < n; i++) to[i] = from[i * stride];
  }
}

void load_uint8(void* lanes, const void* memory, int64_t stride, int64_t n) {
  auto* to = static_cast<int32_t*>(lanes);
  const auto* from = static_cast<const uint8_t*>(memory);
  int64_t i = 0;
  if (stride == 1) {
    for (; i + kLanes <= n; i += kLanes) store(to + i, load_bytes(from + i));
  }
  for (; i < n; i++) to[i] = from[i * stride];
}

void store_words(void* memory, const void* lanes, int64_t stride, int64_t n) {
  auto* to = static_cast<int32_t*>(memory);
  const auto* from = static_cast<const int32_t*>(lanes);
  if (stride == 1) {
    memcpy(to, from, static_cast<size_t>(n) * 4);
  } else {
    for (int64_t i = 0; i < n; i++) to[i * stride] = from[i];
  }
}

void stream_words(void* memory, const void* lanes, int64_t stride, int64_t n) {
  auto* to = static_cast<float*>(memory);
  const auto* from = static_cast<const float*>(lanes);
  constexpr uintptr_t kLine = 64;
  if (stride != 1 || reinterpret_cast<uintptr_t>(memory) % kLine != 0) {
    store_words(memory, lanes, stride, n);
    return;
  }
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) stream(to + i, load(from + i));
  if (i < n) store_n(to + i, load_n(from + i, static_cast<int>(n - i)), static_cast<int>(n - i));
}

void drain_streams() { drain(); }

void store_uint8(void* memory, const void* lanes, int64_t stride, int64_t n) {
  auto* to = static_cast<uint8_t*>(memory);
  const auto* from = static_cast<const int32_t*>(lanes);
  int64_t i = 0;
  if (stride == 1) {
    for (; i + kLanes <= n; i += kLanes) store_bytes(to + i, load(from + i));
  }
  for (; i < n; i++) to[i * stride] = static_cast<uint8_t>(from[i]);
}

void fill(void* out, const void* a, const void*, const void*, int64_t n) { load_words(out, a, 0, n); }

void copy(void* out, const void* a, const void*, const void*, int64_t n) { load_words(out, a, 1, n); }

}  // namespace

extern const MapKernels map_kernels;
const MapKernels map_kernels = {find,        find_rectified, find_cast,    fill,
                                copy,        load_words,     load_uint8,   store_words,
                                store_uint8, stream_words,   drain_streams};

}  // namespace NG_ISA
}  // namespace ng
