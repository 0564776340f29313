// simd-inl.h for NEON on AArch64: 4 floats.

#ifndef NODEGRAD_SIMD_NEON_INL_H_
#define NODEGRAD_SIMD_NEON_INL_H_

#include <arm_neon.h>
#include <stdint.h>

namespace ng {
namespace NG_ISA {
namespace {

constexpr int kLanes = 4;

struct Vec {
  float32x4_t v;
};

NG_INLINE Vec load(const float* p) { return {vld1q_f32(p)}; }
NG_INLINE void store(float* p, Vec a) { vst1q_f32(p, a.v); }
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
NG_INLINE float reduce_min(Vec a) { return vminvq_f32(a.v); }

NG_INLINE void transpose(Vec (&v)[kLanes]) {
  const float32x4x2_t a = vtrnq_f32(v[0].v, v[1].v), b = vtrnq_f32(v[2].v, v[3].v);
  v[0].v = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
  v[1].v = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
  v[2].v = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
  v[3].v = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
}

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_NEON_INL_H_
