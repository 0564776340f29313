// simd-inl.h for machines nothing is known about: 4 floats, in SSE2 registers on x86-64 and in plain C++
// elsewhere, where the compiler may still find vector instructions.

#ifndef NODEGRAD_SIMD_BASE_INL_H_
#define NODEGRAD_SIMD_BASE_INL_H_

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) || defined(_M_X64)
#define NG_BASE_SSE2 1
#include <emmintrin.h>
#endif

namespace ng {
namespace NG_ISA {
namespace {

constexpr int kLanes = 4;

#if defined(NG_BASE_SSE2)

struct Vec {
  __m128 v;
};

NG_INLINE Vec load(const float* p) { return {_mm_loadu_ps(p)}; }
NG_INLINE void store(float* p, Vec a) { _mm_storeu_ps(p, a.v); }
NG_INLINE void stream(float* p, Vec a) { _mm_stream_ps(p, a.v); }
NG_INLINE void drain() { _mm_sfence(); }
NG_INLINE Vec load_n(const float* p, int n) {
  switch (n) {
    case 0: return {_mm_setzero_ps()};
    case 1: return {_mm_load_ss(p)};
    case 2: return {_mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
    case 3: return {_mm_setr_ps(p[0], p[1], p[2], 0.0f)};
    default: return load(p);
  }
}
NG_INLINE void store_n(float* p, Vec a, int n) {
  if (n >= 4) return store(p, a);
  if (n == 1) _mm_store_ss(p, a.v);
  if (n >= 2) _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_castps_si128(a.v));
  if (n == 3) _mm_store_ss(p + 2, _mm_movehl_ps(a.v, a.v));
}

NG_INLINE Vec zero() { return {_mm_setzero_ps()}; }
NG_INLINE Vec set1(float x) { return {_mm_set1_ps(x)}; }

NG_INLINE Vec add(Vec a, Vec b) { return {_mm_add_ps(a.v, b.v)}; }
NG_INLINE Vec sub(Vec a, Vec b) { return {_mm_sub_ps(a.v, b.v)}; }
NG_INLINE Vec mul(Vec a, Vec b) { return {_mm_mul_ps(a.v, b.v)}; }
NG_INLINE Vec div(Vec a, Vec b) { return {_mm_div_ps(a.v, b.v)}; }
NG_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)}; }
NG_INLINE Vec min(Vec a, Vec b) { return {_mm_min_ps(a.v, b.v)}; }
NG_INLINE Vec max(Vec a, Vec b) { return {_mm_max_ps(a.v, b.v)}; }
NG_INLINE Vec sqrt(Vec a) { return {_mm_sqrt_ps(a.v)}; }
NG_INLINE Vec abs(Vec a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)}; }
NG_INLINE Vec neg(Vec a) { return {_mm_xor_ps(_mm_set1_ps(-0.0f), a.v)}; }

NG_INLINE float reduce_add(Vec a) {
  const __m128 s = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
NG_INLINE float reduce_max(Vec a) {
  const __m128 s = _mm_max_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
NG_INLINE void transpose(Vec (&v)[kLanes]) { _MM_TRANSPOSE4_PS(v[0].v, v[1].v, v[2].v, v[3].v); }

struct IntVec {
  __m128i v;
};

struct Mask {
  __m128i m;  // all bits of a lane, or none
};

NG_INLINE IntVec load(const int32_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
NG_INLINE void store(int32_t* p, IntVec a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), a.v); }
NG_INLINE IntVec load_n(const int32_t* p, int n) {
  int32_t lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return load(lanes);
}
NG_INLINE void store_n(int32_t* p, IntVec a, int n) {
  int32_t lanes[4];
  store(lanes, a);
  for (int i = 0; i < n; i++) p[i] = lanes[i];
}
NG_INLINE IntVec load_bytes(const uint8_t* p) {
  int32_t word;
  memcpy(&word, p, 4);
  const __m128i none = _mm_setzero_si128();
  return {_mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(word), none), none)};
}
NG_INLINE void store_bytes(uint8_t* p, IntVec a) {
  const __m128i low = _mm_and_si128(a.v, _mm_set1_epi32(0xff));
  const __m128i words = _mm_packs_epi32(low, low);
  const int32_t word = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  memcpy(p, &word, 4);
}

NG_INLINE IntVec set1_int(int32_t x) { return {_mm_set1_epi32(x)}; }
NG_INLINE IntVec lane_numbers() { return {_mm_setr_epi32(0, 1, 2, 3)}; }

NG_INLINE IntVec bit_and(IntVec a, IntVec b) { return {_mm_and_si128(a.v, b.v)}; }
NG_INLINE IntVec bit_or(IntVec a, IntVec b) { return {_mm_or_si128(a.v, b.v)}; }
NG_INLINE IntVec bit_xor(IntVec a, IntVec b) { return {_mm_xor_si128(a.v, b.v)}; }
template <int kBits>
NG_INLINE IntVec shift_left(IntVec a) {
  return {_mm_slli_epi32(a.v, kBits)};
}
template <int kBits>
NG_INLINE IntVec shift_right(IntVec a) {
  return {_mm_srai_epi32(a.v, kBits)};
}

NG_INLINE IntVec as_int(Vec a) { return {_mm_castps_si128(a.v)}; }
NG_INLINE Vec as_float(IntVec a) { return {_mm_castsi128_ps(a.v)}; }
NG_INLINE Vec to_float(IntVec a) { return {_mm_cvtepi32_ps(a.v)}; }
NG_INLINE IntVec truncate(Vec a) { return {_mm_cvttps_epi32(a.v)}; }
NG_INLINE IntVec nearest(Vec a) { return {_mm_cvtps_epi32(a.v)}; }

NG_INLINE Mask eq(Vec a, Vec b) { return {_mm_castps_si128(_mm_cmpeq_ps(a.v, b.v))}; }
NG_INLINE Mask lt(Vec a, Vec b) { return {_mm_castps_si128(_mm_cmplt_ps(a.v, b.v))}; }
NG_INLINE Mask le(Vec a, Vec b) { return {_mm_castps_si128(_mm_cmple_ps(a.v, b.v))}; }
NG_INLINE Mask eq(IntVec a, IntVec b) { return {_mm_cmpeq_epi32(a.v, b.v)}; }
NG_INLINE Mask lt(IntVec a, IntVec b) { return {_mm_cmplt_epi32(a.v, b.v)}; }
NG_INLINE Mask both(Mask a, Mask b) { return {_mm_and_si128(a.m, b.m)}; }
NG_INLINE Mask either(Mask a, Mask b) { return {_mm_or_si128(a.m, b.m)}; }
NG_INLINE Mask invert(Mask a) { return {_mm_xor_si128(a.m, _mm_set1_epi32(-1))}; }
NG_INLINE bool any(Mask a) { return _mm_movemask_epi8(a.m) != 0; }
NG_INLINE IntVec select(Mask m, IntVec a, IntVec b) {
  return {_mm_or_si128(_mm_and_si128(m.m, a.v), _mm_andnot_si128(m.m, b.v))};
}
NG_INLINE Vec select(Mask m, Vec a, Vec b) { return as_float(select(m, as_int(a), as_int(b))); }

NG_INLINE IntVec add(IntVec a, IntVec b) { return {_mm_add_epi32(a.v, b.v)}; }
NG_INLINE IntVec sub(IntVec a, IntVec b) { return {_mm_sub_epi32(a.v, b.v)}; }
NG_INLINE IntVec mul(IntVec a, IntVec b) {
  const __m128i even = _mm_mul_epu32(a.v, b.v);
  const __m128i odd = _mm_mul_epu32(_mm_srli_si128(a.v, 4), _mm_srli_si128(b.v, 4));
  return {_mm_unpacklo_epi32(_mm_shuffle_epi32(even, 0x08), _mm_shuffle_epi32(odd, 0x08))};
}
NG_INLINE IntVec min(IntVec a, IntVec b) { return select(lt(a, b), a, b); }
NG_INLINE IntVec max(IntVec a, IntVec b) { return select(lt(a, b), b, a); }

#else

struct Vec {
  float v[4];
};

NG_INLINE Vec load(const float* p) {
  Vec a;
  memcpy(a.v, p, sizeof a.v);
  return a;
}
NG_INLINE void store(float* p, Vec a) { memcpy(p, a.v, sizeof a.v); }
NG_INLINE void stream(float* p, Vec a) { store(p, a); }
NG_INLINE void drain() {}
NG_INLINE Vec load_n(const float* p, int n) {
  Vec a = {{0.0f, 0.0f, 0.0f, 0.0f}};
  for (int i = 0; i < n; i++) a.v[i] = p[i];
  return a;
}
NG_INLINE void store_n(float* p, Vec a, int n) {
  for (int i = 0; i < n; i++) p[i] = a.v[i];
}

NG_INLINE Vec set1(float x) { return {{x, x, x, x}}; }
NG_INLINE Vec zero() { return set1(0.0f); }

// Vec r whose element i is `expression`.
#define NG_EACH(expression)     \
  Vec r;                        \
  for (int i = 0; i < 4; i++) { \
    r.v[i] = (expression);      \
  }                             \
  return r

NG_INLINE Vec add(Vec a, Vec b) { NG_EACH(a.v[i] + b.v[i]); }
NG_INLINE Vec sub(Vec a, Vec b) { NG_EACH(a.v[i] - b.v[i]); }
NG_INLINE Vec mul(Vec a, Vec b) { NG_EACH(a.v[i] * b.v[i]); }
NG_INLINE Vec div(Vec a, Vec b) { NG_EACH(a.v[i] / b.v[i]); }
NG_INLINE Vec fma(Vec a, Vec b, Vec c) { NG_EACH(a.v[i] * b.v[i] + c.v[i]); }
NG_INLINE Vec min(Vec a, Vec b) { NG_EACH(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
NG_INLINE Vec max(Vec a, Vec b) { NG_EACH(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
NG_INLINE Vec sqrt(Vec a) { NG_EACH(sqrtf(a.v[i])); }
NG_INLINE Vec abs(Vec a) { NG_EACH(fabsf(a.v[i])); }
NG_INLINE Vec neg(Vec a) { NG_EACH(-a.v[i]); }

NG_INLINE float reduce_add(Vec a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
NG_INLINE float reduce_max(Vec a) {
  const float m = a.v[0] > a.v[1] ? a.v[0] : a.v[1], n = a.v[2] > a.v[3] ? a.v[2] : a.v[3];
  return m > n ? m : n;
}
NG_INLINE void transpose(Vec (&v)[kLanes]) {
  for (int i = 0; i < 4; i++) {
    for (int j = i + 1; j < 4; j++) {
      const float t = v[i].v[j];
      v[i].v[j] = v[j].v[i];
      v[j].v[i] = t;
    }
  }
}

struct IntVec {
  int32_t v[4];
};

struct Mask {
  int32_t m[4];  // 0 or 1
};

NG_INLINE IntVec load(const int32_t* p) { return {{p[0], p[1], p[2], p[3]}}; }
NG_INLINE void store(int32_t* p, IntVec a) { memcpy(p, a.v, sizeof a.v); }
NG_INLINE IntVec load_n(const int32_t* p, int n) {
  IntVec a = {{0, 0, 0, 0}};
  for (int i = 0; i < n; i++) a.v[i] = p[i];
  return a;
}
NG_INLINE void store_n(int32_t* p, IntVec a, int n) {
  for (int i = 0; i < n; i++) p[i] = a.v[i];
}
NG_INLINE IntVec load_bytes(const uint8_t* p) { return {{p[0], p[1], p[2], p[3]}}; }
NG_INLINE void store_bytes(uint8_t* p, IntVec a) {
  for (int i = 0; i < 4; i++) p[i] = static_cast<uint8_t>(a.v[i]);
}

NG_INLINE IntVec set1_int(int32_t x) { return {{x, x, x, x}}; }
NG_INLINE IntVec lane_numbers() { return {{0, 1, 2, 3}}; }

// IntVec r whose element i is `expression`, computed unsigned: it wraps.
#define NG_EACH_INT(expression)                                                          \
  IntVec r;                                                                              \
  for (int i = 0; i < 4; i++) {                                                          \
    const uint32_t x = static_cast<uint32_t>(a.v[i]), y = static_cast<uint32_t>(b.v[i]); \
    r.v[i] = static_cast<int32_t>(expression);                                           \
  }                                                                                      \
  return r
#define NG_EACH_MASK(expression) \
  Mask r;                        \
  for (int i = 0; i < 4; i++) {  \
    r.m[i] = (expression);       \
  }                              \
  return r

NG_INLINE IntVec add(IntVec a, IntVec b) { NG_EACH_INT(x + y); }
NG_INLINE IntVec sub(IntVec a, IntVec b) { NG_EACH_INT(x - y); }
NG_INLINE IntVec mul(IntVec a, IntVec b) { NG_EACH_INT(x * y); }
NG_INLINE IntVec bit_and(IntVec a, IntVec b) { NG_EACH_INT(x & y); }
NG_INLINE IntVec bit_or(IntVec a, IntVec b) { NG_EACH_INT(x | y); }
NG_INLINE IntVec bit_xor(IntVec a, IntVec b) { NG_EACH_INT(x ^ y); }
NG_INLINE IntVec min(IntVec a, IntVec b) { NG_EACH_INT(a.v[i] < b.v[i] ? x : y); }
NG_INLINE IntVec max(IntVec a, IntVec b) { NG_EACH_INT(a.v[i] < b.v[i] ? y : x); }
template <int kBits>
NG_INLINE IntVec shift_left(IntVec a) {
  for (int32_t& x : a.v) x = static_cast<int32_t>(static_cast<uint32_t>(x) << kBits);
  return a;
}
template <int kBits>
NG_INLINE IntVec shift_right(IntVec a) {
  for (int32_t& x : a.v) x >>= kBits;
  return a;
}

NG_INLINE IntVec as_int(Vec a) {
  IntVec r;
  memcpy(r.v, a.v, sizeof r.v);
  return r;
}
NG_INLINE Vec as_float(IntVec a) {
  Vec r;
  memcpy(r.v, a.v, sizeof r.v);
  return r;
}
NG_INLINE Vec to_float(IntVec a) { NG_EACH(static_cast<float>(a.v[i])); }
NG_INLINE IntVec truncate(Vec a) {
  IntVec r;
  for (int i = 0; i < 4; i++) {  // outside of int32 the conversion is undefined in C++
    r.v[i] = a.v[i] >= -2147483648.0f && a.v[i] < 2147483648.0f ? static_cast<int32_t>(a.v[i]) : INT32_MIN;
  }
  return r;
}
NG_INLINE IntVec nearest(Vec a) {
  for (float& x : a.v) x = rintf(x);
  return truncate(a);
}

NG_INLINE Mask eq(Vec a, Vec b) { NG_EACH_MASK(a.v[i] == b.v[i]); }
NG_INLINE Mask lt(Vec a, Vec b) { NG_EACH_MASK(a.v[i] < b.v[i]); }
NG_INLINE Mask le(Vec a, Vec b) { NG_EACH_MASK(a.v[i] <= b.v[i]); }
NG_INLINE Mask eq(IntVec a, IntVec b) { NG_EACH_MASK(a.v[i] == b.v[i]); }
NG_INLINE Mask lt(IntVec a, IntVec b) { NG_EACH_MASK(a.v[i] < b.v[i]); }
NG_INLINE Mask both(Mask a, Mask b) { NG_EACH_MASK(a.m[i] & b.m[i]); }
NG_INLINE Mask either(Mask a, Mask b) { NG_EACH_MASK(a.m[i] | b.m[i]); }
NG_INLINE Mask invert(Mask a) { NG_EACH_MASK(!a.m[i]); }
NG_INLINE bool any(Mask a) { return (a.m[0] | a.m[1] | a.m[2] | a.m[3]) != 0; }
NG_INLINE Vec select(Mask m, Vec a, Vec b) { NG_EACH(m.m[i] ? a.v[i] : b.v[i]); }
NG_INLINE IntVec select(Mask m, IntVec a, IntVec b) { NG_EACH_INT(m.m[i] ? x : y); }

#endif

// Without an instruction for it: adding and subtracting 2^23 leaves no room for a fraction. What is larger
// has none (NaN comes through as it is), and the sign of a zero is put back.
NG_INLINE Vec round(Vec a) {
  const Vec magic = set1(8388608.0f), magnitude = abs(a);
  const Vec whole = sub(add(magnitude, magic), magic);
  const IntVec sign = bit_and(as_int(a), set1_int(INT32_MIN));
  return select(lt(magnitude, magic), as_float(bit_or(as_int(whole), sign)), a);
}
NG_INLINE Vec floor(Vec a) {
  const Vec r = round(a);
  return select(lt(a, r), sub(r, set1(1.0f)), r);
}
NG_INLINE Vec ceil(Vec a) { return neg(floor(neg(a))); }

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_BASE_INL_H_
