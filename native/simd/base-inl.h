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
NG_INLINE Vec load_n(const float* p, int n) {
  switch (n) {
    case 0:
      return {_mm_setzero_ps()};
    case 1:
      return {_mm_load_ss(p)};
    case 2:
      return {_mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
    case 3:
      return {_mm_setr_ps(p[0], p[1], p[2], 0.0f)};
    default:
      return load(p);
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
NG_INLINE float reduce_min(Vec a) {
  const __m128 s = _mm_min_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_min_ss(s, _mm_shuffle_ps(s, s, 1)));
}

NG_INLINE void transpose(Vec (&v)[kLanes]) { _MM_TRANSPOSE4_PS(v[0].v, v[1].v, v[2].v, v[3].v); }

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
NG_INLINE float reduce_min(Vec a) {
  const float m = a.v[0] < a.v[1] ? a.v[0] : a.v[1], n = a.v[2] < a.v[3] ? a.v[2] : a.v[3];
  return m < n ? m : n;
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

#endif

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_BASE_INL_H_
