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
NG_INLINE void stream(float* p, Vec a) { _mm256_stream_ps(p, a.v); }
NG_INLINE void drain() { _mm_sfence(); }
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

struct IntVec {
  __m256i v;
};

struct Mask {
  __m256i m;  // all bits of a lane, or none
};

NG_INLINE IntVec load(const int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
NG_INLINE void store(int32_t* p, IntVec a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
NG_INLINE IntVec load_n(const int32_t* p, int n) { return {_mm256_maskload_epi32(p, first_lanes(n))}; }
NG_INLINE void store_n(int32_t* p, IntVec a, int n) { _mm256_maskstore_epi32(p, first_lanes(n), a.v); }
NG_INLINE IntVec load_bytes(const uint8_t* p) {
  return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
NG_INLINE void store_bytes(uint8_t* p, IntVec a) {
  const __m256i low = _mm256_and_si256(a.v, _mm256_set1_epi32(0xff));
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
}

NG_INLINE IntVec set1_int(int32_t x) { return {_mm256_set1_epi32(x)}; }
NG_INLINE IntVec lane_numbers() { return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)}; }

NG_INLINE IntVec add(IntVec a, IntVec b) { return {_mm256_add_epi32(a.v, b.v)}; }
NG_INLINE IntVec sub(IntVec a, IntVec b) { return {_mm256_sub_epi32(a.v, b.v)}; }
NG_INLINE IntVec mul(IntVec a, IntVec b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
NG_INLINE IntVec min(IntVec a, IntVec b) { return {_mm256_min_epi32(a.v, b.v)}; }
NG_INLINE IntVec max(IntVec a, IntVec b) { return {_mm256_max_epi32(a.v, b.v)}; }
NG_INLINE IntVec bit_and(IntVec a, IntVec b) { return {_mm256_and_si256(a.v, b.v)}; }
NG_INLINE IntVec bit_or(IntVec a, IntVec b) { return {_mm256_or_si256(a.v, b.v)}; }
NG_INLINE IntVec bit_xor(IntVec a, IntVec b) { return {_mm256_xor_si256(a.v, b.v)}; }
template <int kBits>
NG_INLINE IntVec shift_left(IntVec a) {
  return {_mm256_slli_epi32(a.v, kBits)};
}
template <int kBits>
NG_INLINE IntVec shift_right(IntVec a) {
  return {_mm256_srai_epi32(a.v, kBits)};
}

NG_INLINE IntVec as_int(Vec a) { return {_mm256_castps_si256(a.v)}; }
NG_INLINE Vec as_float(IntVec a) { return {_mm256_castsi256_ps(a.v)}; }
NG_INLINE Vec to_float(IntVec a) { return {_mm256_cvtepi32_ps(a.v)}; }
NG_INLINE IntVec truncate(Vec a) { return {_mm256_cvttps_epi32(a.v)}; }
NG_INLINE IntVec nearest(Vec a) { return {_mm256_cvtps_epi32(a.v)}; }
NG_INLINE Vec floor(Vec a) { return {_mm256_floor_ps(a.v)}; }
NG_INLINE Vec ceil(Vec a) { return {_mm256_ceil_ps(a.v)}; }
NG_INLINE Vec round(Vec a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }

NG_INLINE Mask eq(Vec a, Vec b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ))}; }
NG_INLINE Mask lt(Vec a, Vec b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ))}; }
NG_INLINE Mask le(Vec a, Vec b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ))}; }
NG_INLINE Mask eq(IntVec a, IntVec b) { return {_mm256_cmpeq_epi32(a.v, b.v)}; }
NG_INLINE Mask lt(IntVec a, IntVec b) { return {_mm256_cmpgt_epi32(b.v, a.v)}; }
NG_INLINE Mask both(Mask a, Mask b) { return {_mm256_and_si256(a.m, b.m)}; }
NG_INLINE Mask either(Mask a, Mask b) { return {_mm256_or_si256(a.m, b.m)}; }
NG_INLINE Mask invert(Mask a) { return {_mm256_xor_si256(a.m, _mm256_set1_epi32(-1))}; }
NG_INLINE bool any(Mask a) { return _mm256_movemask_ps(_mm256_castsi256_ps(a.m)) != 0; }
NG_INLINE Vec select(Mask m, Vec a, Vec b) { return {_mm256_blendv_ps(b.v, a.v, _mm256_castsi256_ps(m.m))}; }
NG_INLINE IntVec select(Mask m, IntVec a, IntVec b) { return {_mm256_blendv_epi8(b.v, a.v, m.m)}; }

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_AVX2_INL_H_
