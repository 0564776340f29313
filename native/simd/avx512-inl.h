// simd-inl.h for AVX-512 F, DQ, BW and VL: 16 floats.

#ifndef NODEGRAD_SIMD_AVX512_INL_H_
#define NODEGRAD_SIMD_AVX512_INL_H_

#include <stdint.h>

// The header of gcc 12 starts "undefined" vectors by reading them (gcc bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

namespace ng {
namespace NG_ISA {
namespace {

constexpr int kLanes = 16;

struct Vec {
  __m512 v;
};

// Mask of the first n lanes.
NG_INLINE __mmask16 first_lanes(int n) {
  return static_cast<__mmask16>(_bzhi_u32(0xffff, static_cast<unsigned>(n)));
}

NG_INLINE Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
NG_INLINE void store(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
NG_INLINE void stream(float* p, Vec a) { _mm512_stream_ps(p, a.v); }
NG_INLINE void drain() { _mm_sfence(); }
NG_INLINE Vec load_n(const float* p, int n) { return {_mm512_maskz_loadu_ps(first_lanes(n), p)}; }
NG_INLINE void store_n(float* p, Vec a, int n) { _mm512_mask_storeu_ps(p, first_lanes(n), a.v); }

NG_INLINE Vec zero() { return {_mm512_setzero_ps()}; }
NG_INLINE Vec set1(float x) { return {_mm512_set1_ps(x)}; }

NG_INLINE Vec add(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
NG_INLINE Vec sub(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
NG_INLINE Vec mul(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
NG_INLINE Vec div(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
NG_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
NG_INLINE Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
NG_INLINE Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
NG_INLINE Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.v)}; }
NG_INLINE Vec abs(Vec a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
NG_INLINE Vec neg(Vec a) { return {_mm512_xor_ps(_mm512_set1_ps(-0.0f), a.v)}; }
NG_INLINE Vec reciprocal_estimate(Vec a) { return {_mm512_rcp14_ps(a.v)}; }

NG_INLINE float reduce_add(Vec a) { return _mm512_reduce_add_ps(a.v); }
NG_INLINE float reduce_max(Vec a) { return _mm512_reduce_max_ps(a.v); }
NG_INLINE void transpose(Vec (&v)[kLanes]) {
  __m512 t[16];
  for (int i = 0; i < 16; i += 2) {  // pairs of rows: 2x2 blocks
    t[i] = _mm512_unpacklo_ps(v[i].v, v[i + 1].v);
    t[i + 1] = _mm512_unpackhi_ps(v[i].v, v[i + 1].v);
  }
  __m512 u[16];
  for (int i = 0; i < 16; i += 4) {  // fours of rows: u[i + j] holds columns j, j + 4, j + 8, j + 12
    for (int j = 0; j < 2; j++) {
      const __m512d a = _mm512_castps_pd(t[i + j]), b = _mm512_castps_pd(t[i + j + 2]);
      u[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      u[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  }
  for (int j = 0; j < 4; j++) {  // 4x4 transpose of 128-bit lanes
    const __m512 even = _mm512_shuffle_f32x4(u[j], u[j + 4], 0x88),
                 odd = _mm512_shuffle_f32x4(u[j], u[j + 4], 0xdd);
    const __m512 even2 = _mm512_shuffle_f32x4(u[j + 8], u[j + 12], 0x88),
                 odd2 = _mm512_shuffle_f32x4(u[j + 8], u[j + 12], 0xdd);
    v[j].v = _mm512_shuffle_f32x4(even, even2, 0x88);
    v[j + 4].v = _mm512_shuffle_f32x4(odd, odd2, 0x88);
    v[j + 8].v = _mm512_shuffle_f32x4(even, even2, 0xdd);
    v[j + 12].v = _mm512_shuffle_f32x4(odd, odd2, 0xdd);
  }
}

struct IntVec {
  __m512i v;
};

struct Mask {
  __mmask16 m;
};

NG_INLINE IntVec load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
NG_INLINE void store(int32_t* p, IntVec a) { _mm512_storeu_si512(p, a.v); }
NG_INLINE IntVec load_n(const int32_t* p, int n) { return {_mm512_maskz_loadu_epi32(first_lanes(n), p)}; }
NG_INLINE void store_n(int32_t* p, IntVec a, int n) { _mm512_mask_storeu_epi32(p, first_lanes(n), a.v); }
NG_INLINE IntVec load_bytes(const uint8_t* p) {
  return {_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
NG_INLINE void store_bytes(uint8_t* p, IntVec a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.v));
}

NG_INLINE IntVec set1_int(int32_t x) { return {_mm512_set1_epi32(x)}; }
NG_INLINE IntVec lane_numbers() {
  return {_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)};
}

NG_INLINE IntVec add(IntVec a, IntVec b) { return {_mm512_add_epi32(a.v, b.v)}; }
NG_INLINE IntVec sub(IntVec a, IntVec b) { return {_mm512_sub_epi32(a.v, b.v)}; }
NG_INLINE IntVec mul(IntVec a, IntVec b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
NG_INLINE IntVec min(IntVec a, IntVec b) { return {_mm512_min_epi32(a.v, b.v)}; }
NG_INLINE IntVec max(IntVec a, IntVec b) { return {_mm512_max_epi32(a.v, b.v)}; }
NG_INLINE IntVec bit_and(IntVec a, IntVec b) { return {_mm512_and_si512(a.v, b.v)}; }
NG_INLINE IntVec bit_or(IntVec a, IntVec b) { return {_mm512_or_si512(a.v, b.v)}; }
NG_INLINE IntVec bit_xor(IntVec a, IntVec b) { return {_mm512_xor_si512(a.v, b.v)}; }
template <int kBits>
NG_INLINE IntVec shift_left(IntVec a) {
  return {_mm512_slli_epi32(a.v, kBits)};
}
template <int kBits>
NG_INLINE IntVec shift_right(IntVec a) {
  return {_mm512_srai_epi32(a.v, kBits)};
}

NG_INLINE IntVec as_int(Vec a) { return {_mm512_castps_si512(a.v)}; }
NG_INLINE Vec as_float(IntVec a) { return {_mm512_castsi512_ps(a.v)}; }
NG_INLINE Vec to_float(IntVec a) { return {_mm512_cvtepi32_ps(a.v)}; }
NG_INLINE IntVec truncate(Vec a) { return {_mm512_cvttps_epi32(a.v)}; }
NG_INLINE IntVec nearest(Vec a) { return {_mm512_cvtps_epi32(a.v)}; }
NG_INLINE Vec floor(Vec a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
NG_INLINE Vec ceil(Vec a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)}; }
NG_INLINE Vec round(Vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

NG_INLINE Vec lookup(const float (&table)[16], IntVec i) {
  return {_mm512_permutexvar_ps(i.v, _mm512_load_ps(table))};
}

NG_INLINE Vec scale(Vec a, Vec k) { return {_mm512_scalef_ps(a.v, k.v)}; }

NG_INLINE Mask eq(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
NG_INLINE Mask lt(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
NG_INLINE Mask le(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
NG_INLINE Mask eq(IntVec a, IntVec b) { return {_mm512_cmpeq_epi32_mask(a.v, b.v)}; }
NG_INLINE Mask lt(IntVec a, IntVec b) { return {_mm512_cmplt_epi32_mask(a.v, b.v)}; }
NG_INLINE Mask both(Mask a, Mask b) { return {static_cast<__mmask16>(a.m & b.m)}; }
NG_INLINE Mask either(Mask a, Mask b) { return {static_cast<__mmask16>(a.m | b.m)}; }
NG_INLINE Mask invert(Mask a) { return {static_cast<__mmask16>(~a.m)}; }
NG_INLINE bool any(Mask a) { return a.m != 0; }
NG_INLINE Vec select(Mask m, Vec a, Vec b) { return {_mm512_mask_blend_ps(m.m, b.v, a.v)}; }
NG_INLINE IntVec select(Mask m, IntVec a, IntVec b) { return {_mm512_mask_blend_epi32(m.m, b.v, a.v)}; }

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_AVX512_INL_H_
