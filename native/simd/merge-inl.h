// Loading some lanes of a vector: how vectors are put together from pieces of memory that end anywhere.
//
//   merge(a, p, begin, end)   lane i is p[i] for begin <= i < end and that of a elsewhere; 0 <= begin <= end
//   <= kLanes;
//                             memory outside [p + begin, p + end) is not touched

#ifndef NODEGRAD_SIMD_MERGE_INL_H_
#define NODEGRAD_SIMD_MERGE_INL_H_

#include "simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

#if defined(NG_ISA_AVX512)

NG_INLINE Vec merge(Vec a, const float* p, int begin, int end) {
  const __mmask16 lanes = static_cast<__mmask16>(first_lanes(end) & ~first_lanes(begin));
  return {_mm512_mask_loadu_ps(a.v, lanes, p)};
}

#elif defined(NG_ISA_AVX2)

NG_INLINE Vec merge(Vec a, const float* p, int begin, int end) {
  const __m256i lanes = _mm256_andnot_si256(first_lanes(begin), first_lanes(end));
  return {_mm256_blendv_ps(a.v, _mm256_maskload_ps(p, lanes), _mm256_castsi256_ps(lanes))};
}

#else

NG_INLINE Vec merge(Vec a, const float* p, int begin, int end) {
  float lanes[kLanes];
  store(lanes, a);
  for (int i = begin; i < end; i++) lanes[i] = p[i];
  return load(lanes);
}

#endif

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_MERGE_INL_H_
