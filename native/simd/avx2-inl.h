// simd-inl.h for AVX2 with FMA: 8 floats.

#ifndef NODEGRAD_SIMD_AVX2_INL_H_
#define NODEGRAD_SIMD_AVX2_INL_H_

#include <immintrin.h>
#include <stdint.h>

namespace ng {
namespace NG_ISA {
namespace {

constexpr int kLanes = 8;

struct Vec {
  __m256 v;
};

// Mask of the first n lanes.
NG_INLINE __m256i first_lanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

NG_INLINE Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
NG_INLINE void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
NG_INLINE Vec load_n(const float* p, int n) { return {_mm256_maskload_ps(p, first_lanes(n))}; }
NG_INLINE void store_n(float* p, Vec a, int n) { _mm256_maskstore_ps(p, first_lanes(n), a.v); }

NG_INLINE Vec zero() { return {_mm256_setzero_ps()}; }
NG_INLINE Vec set1(float x) { return {_mm256_set1_ps(x)}; }

NG_INLINE Vec add(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
NG_INLINE Vec sub(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
NG_INLINE Vec mul(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
NG_INLINE Vec div(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
NG_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
NG_INLINE Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
NG_INLINE Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
NG_INLINE Vec sqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
NG_INLINE Vec abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
NG_INLINE Vec neg(Vec a) { return {_mm256_xor_ps(_mm256_set1_ps(-0.0f), a.v)}; }

NG_INLINE float reduce_add(Vec a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
NG_INLINE float reduce_max(Vec a) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
NG_INLINE float reduce_min(Vec a) {
  __m128 s = _mm_min_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_min_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_min_ss(s, _mm_movehdup_ps(s)));
}

NG_INLINE void transpose(Vec (&v)[kLanes]) {
  __m256 t[8];
  for (int i = 0; i < 8; i += 2) {  // pairs of rows: 2x2 blocks
    t[i] = _mm256_unpacklo_ps(v[i].v, v[i + 1].v);
    t[i + 1] = _mm256_unpackhi_ps(v[i].v, v[i + 1].v);
  }
  __m256 u[8];
  for (int i = 0; i < 8; i += 4) {  // fours of rows: u[i + j] holds columns j and j + 4
    for (int j = 0; j < 2; j++) {
      u[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
      u[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0xee);
    }
  }
  for (int j = 0; j < 4; j++) {  // 2x2 transpose of 128-bit lanes
    v[j].v = _mm256_permute2f128_ps(u[j], u[j + 4], 0x20);
    v[j + 4].v = _mm256_permute2f128_ps(u[j], u[j + 4], 0x31);
  }
}

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_AVX2_INL_H_
