// What random numbers need of vectors beyond simd-inl.h, on lanes taken as unsigned:
//
//   multiply_even(a, b)   the 64-bit products of lanes 0, 2, 4, ...: low word in the even lane, high word in
//   the
//                         odd one after it
//   odd_to_even(a)        lanes 1, 3, 5, ... in lanes 0, 2, 4, ...; the others are anything

#ifndef NODEGRAD_SIMD_WORDS_INL_H_
#define NODEGRAD_SIMD_WORDS_INL_H_

#include "simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

#if defined(NG_ISA_AVX512)

NG_INLINE IntVec multiply_even(IntVec a, IntVec b) { return {_mm512_mul_epu32(a.v, b.v)}; }
NG_INLINE IntVec odd_to_even(IntVec a) { return {_mm512_shuffle_epi32(a.v, _MM_PERM_DDBB)}; }

#elif defined(NG_ISA_AVX2)

NG_INLINE IntVec multiply_even(IntVec a, IntVec b) { return {_mm256_mul_epu32(a.v, b.v)}; }
NG_INLINE IntVec odd_to_even(IntVec a) { return {_mm256_shuffle_epi32(a.v, 0xf5)}; }

#elif defined(NG_BASE_SSE2)

NG_INLINE IntVec multiply_even(IntVec a, IntVec b) { return {_mm_mul_epu32(a.v, b.v)}; }
NG_INLINE IntVec odd_to_even(IntVec a) { return {_mm_shuffle_epi32(a.v, 0xf5)}; }

#else

NG_INLINE IntVec multiply_even(IntVec a, IntVec b) {
  int32_t x[kLanes], y[kLanes];
  store(x, a);
  store(y, b);
  for (int i = 0; i < kLanes; i += 2) {
    const uint64_t product = static_cast<uint64_t>(static_cast<uint32_t>(x[i])) * static_cast<uint32_t>(y[i]);
    x[i] = static_cast<int32_t>(static_cast<uint32_t>(product));
    x[i + 1] = static_cast<int32_t>(static_cast<uint32_t>(product >> 32));
  }
  return load(x);
}
NG_INLINE IntVec odd_to_even(IntVec a) {
  int32_t x[kLanes];
  store(x, a);
  for (int i = 0; i < kLanes; i += 2) x[i] = x[i + 1];
  return load(x);
}

#endif

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_WORDS_INL_H_
