// What pooling needs of vectors beyond simd-inl.h:
//
//   overtakes(a, b)     whether a takes the lead from b in a search for the first maximum, of which NaN is
//   one:
//                       a > b, or a is NaN and b is not
//   split(lo, hi, even, odd)   of 2 * kLanes neighbours, those at even and those at odd positions
//   join(even, odd, lo, hi)    the reverse

#ifndef NODEGRAD_SIMD_WINDOW_INL_H_
#define NODEGRAD_SIMD_WINDOW_INL_H_

#include "simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

NG_INLINE Mask overtakes(Vec a, Vec b) { return both(invert(le(a, b)), eq(b, b)); }

#if defined(NG_ISA_AVX512)

NG_INLINE void split(Vec lo, Vec hi, Vec& even, Vec& odd) {
  const __m512i at = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  even.v = _mm512_permutex2var_ps(lo.v, at, hi.v);
  odd.v = _mm512_permutex2var_ps(lo.v, _mm512_add_epi32(at, _mm512_set1_epi32(1)), hi.v);
}
NG_INLINE void join(Vec even, Vec odd, Vec& lo, Vec& hi) {
  const __m512i at = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  lo.v = _mm512_permutex2var_ps(even.v, at, odd.v);
  hi.v = _mm512_permutex2var_ps(even.v, _mm512_add_epi32(at, _mm512_set1_epi32(8)), odd.v);
}

#elif defined(NG_ISA_AVX2)

// The shuffles work within 128-bit halves; a permutation of 64-bit pieces puts them in order.
NG_INLINE __m256 in_order(__m256 v) {
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8));
}
NG_INLINE void split(Vec lo, Vec hi, Vec& even, Vec& odd) {
  even.v = in_order(_mm256_shuffle_ps(lo.v, hi.v, 0x88));
  odd.v = in_order(_mm256_shuffle_ps(lo.v, hi.v, 0xdd));
}
NG_INLINE void join(Vec even, Vec odd, Vec& lo, Vec& hi) {
  const __m256 a = _mm256_unpacklo_ps(even.v, odd.v), b = _mm256_unpackhi_ps(even.v, odd.v);
  lo.v = _mm256_permute2f128_ps(a, b, 0x20);
  hi.v = _mm256_permute2f128_ps(a, b, 0x31);
}

#elif defined(NG_ISA_NEON)

NG_INLINE void split(Vec lo, Vec hi, Vec& even, Vec& odd) {
  even.v = vuzp1q_f32(lo.v, hi.v);
  odd.v = vuzp2q_f32(lo.v, hi.v);
}
NG_INLINE void join(Vec even, Vec odd, Vec& lo, Vec& hi) {
  lo.v = vzip1q_f32(even.v, odd.v);
  hi.v = vzip2q_f32(even.v, odd.v);
}

#elif defined(NG_BASE_SSE2)

NG_INLINE void split(Vec lo, Vec hi, Vec& even, Vec& odd) {
  even.v = _mm_shuffle_ps(lo.v, hi.v, 0x88);
  odd.v = _mm_shuffle_ps(lo.v, hi.v, 0xdd);
}
NG_INLINE void join(Vec even, Vec odd, Vec& lo, Vec& hi) {
  lo.v = _mm_unpacklo_ps(even.v, odd.v);
  hi.v = _mm_unpackhi_ps(even.v, odd.v);
}

#else

NG_INLINE void split(Vec lo, Vec hi, Vec& even, Vec& odd) {
  for (int i = 0; i < kLanes; i++) {
    const Vec& from = i < kLanes / 2 ? lo : hi;
    even.v[i] = from.v[2 * i % kLanes];
    odd.v[i] = from.v[2 * i % kLanes + 1];
  }
}
NG_INLINE void join(Vec even, Vec odd, Vec& lo, Vec& hi) {
  for (int i = 0; i < kLanes; i++) {
    Vec& to = i < kLanes / 2 ? lo : hi;
    to.v[2 * i % kLanes] = even.v[i];
    to.v[2 * i % kLanes + 1] = odd.v[i];
  }
}

#endif

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_WINDOW_INL_H_
