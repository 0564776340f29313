// What pooling and its gradients share: windows, and the lanes they are done in.

#ifndef NODEGRAD_KERNELS_POOL_INL_H_
#define NODEGRAD_KERNELS_POOL_INL_H_

#include <stdint.h>

#include "../simd/window-inl.h"
#include "pool.h"

namespace ng {
namespace NG_ISA {
namespace {

NG_INLINE Vec load_some(const float* p, int n) { return n == kLanes ? load(p) : load_n(p, n); }
NG_INLINE void store_some(float* p, Vec a, int n) {
  if (n == kLanes) {
    store(p, a);
  } else {
    store_n(p, a, n);
  }
}

// body(i, n) for all lanes: n of them from i on.
template <typename Body>
NG_INLINE void for_lanes(int64_t lanes, const Body& body) {
  int64_t i = 0;
  for (; i + kLanes <= lanes; i += kLanes) body(i, kLanes);
  if (i < lanes) body(i, static_cast<int>(lanes - i));
}

// The cells of a window that exist, along one axis of x.
struct Span {
  int64_t first, count;
};

NG_INLINE Span span(int64_t out, int64_t stride, int64_t pad, int64_t kernel, int64_t length) {
  const int64_t begin = out * stride - pad, end = begin + kernel;
  const int64_t first = begin < 0 ? 0 : begin;
  return {first, (end < length ? end : length) - first};
}

NG_INLINE Span row_span(const PoolShape& s, int64_t i) {
  return span(i, s.stride_h, s.pad_top, s.kernel_h, s.h);
}

NG_INLINE Span col_span(const PoolShape& s, int64_t j) {
  return span(j, s.stride_w, s.pad_left, s.kernel_w, s.w);
}

// What an average divides by.
NG_INLINE float divisor(const PoolShape& s, int64_t rows, int64_t cols) {
  return static_cast<float>(s.count_padding
                                ? static_cast<double>(s.kernel_h) * static_cast<double>(s.kernel_w)
                                : static_cast<double>(rows * cols));
}

// A length that may be known when this is compiled (kLength > 0).
template <int kLength>
struct Length {
  int64_t value;
  NG_INLINE operator int64_t() const { return kLength > 0 ? kLength : value; }
};

// Calls body(rows, cols) with the lengths of a window, known when this is compiled for the common ones.
template <typename Body>
NG_INLINE void with_lengths(int64_t rows, int64_t cols, const Body& body) {
  if (rows == 2 && cols == 2) {
    body(Length<2>{2}, Length<2>{2});
  } else if (rows == 3 && cols == 3) {
    body(Length<3>{3}, Length<3>{3});
  } else {
    body(Length<0>{rows}, Length<0>{cols});
  }
}

// n pairs of neighbours: the first of each, and the second.
NG_INLINE void load_pairs(const float* p, int n, Vec& even, Vec& odd) {
  const int count = 2 * n;
  const Vec lo = load_some(p, count < kLanes ? count : kLanes);
  const Vec hi = count > kLanes ? load_some(p + kLanes, count - kLanes) : zero();
  split(lo, hi, even, odd);
}

NG_INLINE void store_pairs(float* p, int n, Vec even, Vec odd) {
  const int count = 2 * n;
  Vec lo, hi;
  join(even, odd, lo, hi);
  store_some(p, lo, count < kLanes ? count : kLanes);
  if (count > kLanes) store_some(p + kLanes, hi, count - kLanes);
}

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_KERNELS_POOL_INL_H_
