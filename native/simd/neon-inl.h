// simd-inl.h for NEON on AArch64: 4 floats.

#ifndef NODEGRAD_SIMD_NEON_INL_H_
#define NODEGRAD_SIMD_NEON_INL_H_

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

namespace ng {
namespace NG_ISA {
namespace {

constexpr int kLanes = 4;

struct Vec {
  float32x4_t v;
};

NG_INLINE Vec load(const float* p) { return {vld1q_f32(p)}; }
NG_INLINE void store(float* p, Vec a) { vst1q_f32(p, a.v); }
NG_INLINE void stream(float* p, Vec a) { store(p, a); }  // no intrinsic passes the caches
NG_INLINE void drain() {}
NG_INLINE Vec load_n(const float* p, int n) {
  if (n >= 4) return load(p);
  float32x4_t v = vdupq_n_f32(0.0f);
  if (n > 0) v = vld1q_lane_f32(p, v, 0);
  if (n > 1) v = vld1q_lane_f32(p + 1, v, 1);
  if (n > 2) v = vld1q_lane_f32(p + 2, v, 2);
  return {v};
}
NG_INLINE void store_n(float* p, Vec a, int n) {
  if (n >= 4) return store(p, a);
  if (n > 0) vst1q_lane_f32(p, a.v, 0);
  if (n > 1) vst1q_lane_f32(p + 1, a.v, 1);
  if (n > 2) vst1q_lane_f32(p + 2, a.v, 2);
}

NG_INLINE Vec zero() { return {vdupq_n_f32(0.0f)}; }
NG_INLINE Vec set1(float x) { return {vdupq_n_f32(x)}; }

NG_INLINE Vec add(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
NG_INLINE Vec sub(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
NG_INLINE Vec mul(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
NG_INLINE Vec div(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
NG_INLINE Vec fma(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
NG_INLINE Vec min(Vec a, Vec b) { return {vminq_f32(a.v, b.v)}; }
NG_INLINE Vec max(Vec a, Vec b) { return {vmaxq_f32(a.v, b.v)}; }
NG_INLINE Vec sqrt(Vec a) { return {vsqrtq_f32(a.v)}; }
NG_INLINE Vec abs(Vec a) { return {vabsq_f32(a.v)}; }
NG_INLINE Vec neg(Vec a) { return {vnegq_f32(a.v)}; }

NG_INLINE float reduce_add(Vec a) { return vaddvq_f32(a.v); }
NG_INLINE float reduce_max(Vec a) { return vmaxvq_f32(a.v); }
NG_INLINE void transpose(Vec (&v)[kLanes]) {
  const float32x4x2_t a = vtrnq_f32(v[0].v, v[1].v), b = vtrnq_f32(v[2].v, v[3].v);
  v[0].v = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
  v[1].v = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
  v[2].v = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
  v[3].v = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
}

struct IntVec {
  int32x4_t v;
};

struct Mask {
  uint32x4_t m;  // all bits of a lane, or none
};

NG_INLINE IntVec load(const int32_t* p) { return {vld1q_s32(p)}; }
NG_INLINE void store(int32_t* p, IntVec a) { vst1q_s32(p, a.v); }
NG_INLINE IntVec load_n(const int32_t* p, int n) {
  if (n >= 4) return load(p);
  int32x4_t v = vdupq_n_s32(0);
  if (n > 0) v = vld1q_lane_s32(p, v, 0);
  if (n > 1) v = vld1q_lane_s32(p + 1, v, 1);
  if (n > 2) v = vld1q_lane_s32(p + 2, v, 2);
  return {v};
}
NG_INLINE void store_n(int32_t* p, IntVec a, int n) {
  if (n >= 4) return store(p, a);
  if (n > 0) vst1q_lane_s32(p, a.v, 0);
  if (n > 1) vst1q_lane_s32(p + 1, a.v, 1);
  if (n > 2) vst1q_lane_s32(p + 2, a.v, 2);
}
NG_INLINE IntVec load_bytes(const uint8_t* p) {
  uint32_t word;
  memcpy(&word, p, 4);
  const uint16x8_t wide = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(word)));
  return {vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(wide)))};
}
NG_INLINE void store_bytes(uint8_t* p, IntVec a) {
  const uint16x4_t half = vmovn_u32(vreinterpretq_u32_s32(a.v));
  const uint8x8_t bytes = vmovn_u16(vcombine_u16(half, half));
  const uint32_t word = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
  memcpy(p, &word, 4);
}

NG_INLINE IntVec set1_int(int32_t x) { return {vdupq_n_s32(x)}; }
NG_INLINE IntVec lane_numbers() {
  const int32_t numbers[4] = {0, 1, 2, 3};
  return {vld1q_s32(numbers)};
}

NG_INLINE IntVec add(IntVec a, IntVec b) { return {vaddq_s32(a.v, b.v)}; }
NG_INLINE IntVec sub(IntVec a, IntVec b) { return {vsubq_s32(a.v, b.v)}; }
NG_INLINE IntVec mul(IntVec a, IntVec b) { return {vmulq_s32(a.v, b.v)}; }
NG_INLINE IntVec min(IntVec a, IntVec b) { return {vminq_s32(a.v, b.v)}; }
NG_INLINE IntVec max(IntVec a, IntVec b) { return {vmaxq_s32(a.v, b.v)}; }
NG_INLINE IntVec bit_and(IntVec a, IntVec b) { return {vandq_s32(a.v, b.v)}; }
NG_INLINE IntVec bit_or(IntVec a, IntVec b) { return {vorrq_s32(a.v, b.v)}; }
NG_INLINE IntVec bit_xor(IntVec a, IntVec b) { return {veorq_s32(a.v, b.v)}; }
template <int kBits>
NG_INLINE IntVec shift_left(IntVec a) {
  return {vshlq_n_s32(a.v, kBits)};
}
template <int kBits>
NG_INLINE IntVec shift_right(IntVec a) {
  return {vshrq_n_s32(a.v, kBits)};
}

NG_INLINE IntVec as_int(Vec a) { return {vreinterpretq_s32_f32(a.v)}; }
NG_INLINE Vec as_float(IntVec a) { return {vreinterpretq_f32_s32(a.v)}; }
NG_INLINE Vec to_float(IntVec a) { return {vcvtq_f32_s32(a.v)}; }
NG_INLINE IntVec truncate(Vec a) { return {vcvtq_s32_f32(a.v)}; }
NG_INLINE IntVec nearest(Vec a) { return {vcvtnq_s32_f32(a.v)}; }
NG_INLINE Vec floor(Vec a) { return {vrndmq_f32(a.v)}; }
NG_INLINE Vec ceil(Vec a) { return {vrndpq_f32(a.v)}; }
NG_INLINE Vec round(Vec a) { return {vrndnq_f32(a.v)}; }

NG_INLINE Mask eq(Vec a, Vec b) { return {vceqq_f32(a.v, b.v)}; }
NG_INLINE Mask lt(Vec a, Vec b) { return {vcltq_f32(a.v, b.v)}; }
NG_INLINE Mask le(Vec a, Vec b) { return {vcleq_f32(a.v, b.v)}; }
NG_INLINE Mask eq(IntVec a, IntVec b) { return {vceqq_s32(a.v, b.v)}; }
NG_INLINE Mask lt(IntVec a, IntVec b) { return {vcltq_s32(a.v, b.v)}; }
NG_INLINE Mask both(Mask a, Mask b) { return {vandq_u32(a.m, b.m)}; }
NG_INLINE Mask either(Mask a, Mask b) { return {vorrq_u32(a.m, b.m)}; }
NG_INLINE Mask invert(Mask a) { return {vmvnq_u32(a.m)}; }
NG_INLINE bool any(Mask a) { return vmaxvq_u32(a.m) != 0; }
NG_INLINE Vec select(Mask m, Vec a, Vec b) { return {vbslq_f32(m.m, a.v, b.v)}; }
NG_INLINE IntVec select(Mask m, IntVec a, IntVec b) { return {vbslq_s32(m.m, a.v, b.v)}; }

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_NEON_INL_H_
