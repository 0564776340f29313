// How the pooling kernels see windows: lanes of neighbours that are done together, and the walk over them.

#ifndef NODEGRAD_KERNELS_POOL_INL_H_
#define NODEGRAD_KERNELS_POOL_INL_H_

#include <stdint.h>

#include "../simd/window-inl.h"
#include "pool.h"

namespace ng {
namespace NG_ISA {
namespace {

// One window at a time.
struct OneLane {
  using Value = float;
  using Number = int32_t;
  static constexpr int kWidth = 1;
  static constexpr int kStep = 1;  // cells from one window to the next
  static NG_INLINE float all(float x) { return x; }
  static NG_INLINE int32_t all_int(int32_t x) { return x; }
  static NG_INLINE float load(const float* p, int) { return *p; }
  static NG_INLINE void load_two(const float* p, int64_t col, int, float& a, float& b) {
    a = p[0];
    b = p[col];
  }
  static NG_INLINE float load_outputs(const float* p, int) { return *p; }
  static NG_INLINE void store(float* p, float a, int) { *p = a; }
  static NG_INLINE void store_two(float* p, int64_t col, int, float a, float b) {
    p[0] = a;
    p[col] = b;
  }
  static NG_INLINE void store_numbers(int32_t* p, int32_t a) { *p = a; }
};

// kLanes windows whose cells are neighbours: channels, or windows at stride 1. n <= kLanes of them count.
struct NextLanes {
  using Value = Vec;
  using Number = IntVec;
  static constexpr int kWidth = kLanes;
  static constexpr int kStep = 1;
  static NG_INLINE Vec all(float x) { return set1(x); }
  static NG_INLINE IntVec all_int(int32_t x) { return set1_int(x); }
  static NG_INLINE Vec load(const float* p, int n) { return n == kLanes ? NG_ISA::load(p) : load_n(p, n); }
  static NG_INLINE void load_two(const float* p, int64_t col, int n, Vec& a, Vec& b) {
    a = load(p, n);
    b = load(p + col, n);
  }
  static NG_INLINE void store(float* p, Vec a, int n) {
    if (n == kLanes) return NG_ISA::store(p, a);
    store_n(p, a, n);
  }
  static NG_INLINE void store_two(float* p, int64_t col, int n, Vec a, Vec b) {
    store(p, a, n);
    store(p + col, b, n);
  }
  static NG_INLINE Vec load_outputs(const float* p, int n) { return load(p, n); }
  static NG_INLINE void store_numbers(int32_t* p, IntVec a) { NG_ISA::store(p, a); }
};

// kLanes windows at stride 2 along a contiguous row. No memory beyond their last cell is touched.
struct EveryOtherLane {
  using Value = Vec;
  using Number = IntVec;
  static constexpr int kWidth = kLanes;
  static constexpr int kStep = 2;
  static NG_INLINE Vec all(float x) { return set1(x); }
  static NG_INLINE IntVec all_int(int32_t x) { return set1_int(x); }
  static NG_INLINE void load_split(const float* p, int count, Vec& even, Vec& odd) {
    const Vec lo = NextLanes::load(p, count < kLanes ? count : kLanes);
    const Vec hi = count > kLanes ? NextLanes::load(p + kLanes, count - kLanes) : zero();
    split(lo, hi, even, odd);
  }
  static NG_INLINE Vec load(const float* p, int n) {
    Vec even, odd;
    load_split(p, 2 * n - 1, even, odd);
    return even;
  }
  static NG_INLINE void load_two(const float* p, int64_t, int n, Vec& a, Vec& b) {
    load_split(p, 2 * n, a, b);
  }
  static NG_INLINE Vec load_outputs(const float* p, int n) { return NextLanes::load(p, n); }
  static NG_INLINE void store(float* p, Vec a, int n) { NextLanes::store(p, a, n); }
  static NG_INLINE void store_two(float* p, int64_t, int n, Vec a, Vec b) {
    Vec lo, hi;
    join(a, b, lo, hi);
    NextLanes::store(p, lo, 2 * n < kLanes ? 2 * n : kLanes);
    if (2 * n > kLanes) NextLanes::store(p + kLanes, hi, 2 * n - kLanes);
  }
  static NG_INLINE void store_numbers(int32_t* p, IntVec a) { NG_ISA::store(p, a); }
};

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

// Outputs along one axis whose windows lie inside x.
NG_INLINE Span inner_outputs(int64_t outputs, int64_t stride, int64_t pad, int64_t kernel, int64_t length) {
  const int64_t begin = (pad + stride - 1) / stride;
  const int64_t room = length + pad - kernel;
  int64_t end = room < 0 ? 0 : room / stride + 1;
  if (end > outputs) end = outputs;
  return begin < end ? Span{begin, end - begin} : Span{0, 0};
}

NG_INLINE Span inner_rows(const PoolShape& s) {
  return inner_outputs(s.out_h, s.stride_h, s.pad_top, s.kernel_h, s.h);
}

NG_INLINE Span inner_columns(const PoolShape& s) {
  return inner_outputs(s.out_w, s.stride_w, s.pad_left, s.kernel_w, s.w);
}

// Windows done by one call: output (i, j) of channel c, the `lanes` - 1 windows next to it, and the windows
// of the `height` - 1 output rows below them, if those are cut off by no border either.
struct Windows {
  int64_t c, i, j;
  Span rows, cols;  // of the first of them
  int64_t lanes, height;

  bool is_empty() const { return rows.count <= 0 || cols.count <= 0; }
  // Position of the first cell, and of the output.
  int64_t cell(const PoolStrides& p) const { return c * p.c + rows.first * p.h + cols.first * p.w; }
  int64_t output(const PoolStrides& p) const { return c * p.c + i * p.h + j * p.w; }
};

// Calls body.run<Lanes>(windows) for all windows of output rows [row0, row1) of `channels` channels, in
// row-major order for each of them. Lanes along the width leave those at the borders to single lanes.
template <typename Lanes, typename Body>
NG_INLINE void for_each_run(const PoolShape& s, int64_t channels, int64_t row0, int64_t row1,
                            const Body& body) {
  if (s.lanes == PoolLanes::kChannels) {
    for (int64_t i = row0; i < row1; i++) {
      const Span rows = row_span(s, i);
      for (int64_t j = 0; j < s.out_w; j++) {
        body.template run<Lanes>({0, i, j, rows, col_span(s, j), channels, 1});
      }
    }
    return;
  }
  const Span inner = s.lanes == PoolLanes::kWidth ? inner_columns(s) : Span{0, 0};
  const Span whole = inner.count == s.out_w ? inner_rows(s) : Span{0, 0};
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = row0; i < row1;) {
      const Span rows = row_span(s, i);
      for (int64_t j = 0; j < inner.first; j++) {
        body.template run<OneLane>({c, i, j, rows, col_span(s, j), 1, 1});
      }
      int64_t height = 1;
      if (whole.count > 0 && i >= whole.first) {
        const int64_t end = whole.first + whole.count < row1 ? whole.first + whole.count : row1;
        if (end > i) height = end - i;
      }
      if (inner.count > 0) {
        body.template run<Lanes>({c, i, inner.first, rows, col_span(s, inner.first), inner.count, height});
      }
      for (int64_t j = inner.first + inner.count; j < s.out_w; j++) {
        body.template run<OneLane>({c, i, j, rows, col_span(s, j), 1, 1});
      }
      i += height;
    }
  }
}

// The same with the lanes that fit the layout.
template <typename Body>
void for_each_run(const PoolShape& s, int64_t channels, int64_t row0, int64_t row1, const Body& body) {
  if (s.lanes == PoolLanes::kNone) return for_each_run<OneLane>(s, channels, row0, row1, body);
  if (s.lanes == PoolLanes::kChannels || s.stride_w == 1) {
    return for_each_run<NextLanes>(s, channels, row0, row1, body);
  }
  for_each_run<EveryOtherLane>(s, channels, row0, row1, body);
}

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_KERNELS_POOL_INL_H_
