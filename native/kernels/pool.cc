#include "pool.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../simd/window-inl.h"

namespace ng {
namespace NG_ISA {

extern const PoolKernels pool_kernels;

namespace {

// ---- Lanes: how neighbouring windows are loaded and stored.

// One window at a time.
struct OneLane {
  using Value = float;
  static constexpr int kWidth = 1;
  static constexpr int kStep = 1;
  static NG_INLINE float all(float x) { return x; }
  static NG_INLINE float load(const float* p, int) { return *p; }
  static NG_INLINE void load_two(const float* p, int64_t col, int, float& a, float& b) {
    a = p[0];
    b = p[col];
  }
  static NG_INLINE void store(float* p, float a, int) { *p = a; }
  static NG_INLINE void store_two(float* p, int64_t col, int, float a, float b) {
    p[0] = a;
    p[col] = b;
  }
};

// kLanes windows whose cells are neighbours: channels, or windows at stride 1. n <= kLanes of them count.
struct NextLanes {
  using Value = Vec;
  static constexpr int kWidth = kLanes;
  static constexpr int kStep = 1;
  static NG_INLINE Vec all(float x) { return set1(x); }
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
};

// kLanes windows at stride 2 along a contiguous row. No memory beyond their last cell is touched.
struct EveryOtherLane {
  using Value = Vec;
  static constexpr int kWidth = kLanes;
  static constexpr int kStep = 2;
  static NG_INLINE Vec all(float x) { return set1(x); }
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
  static NG_INLINE void store(float* p, Vec a, int n) { NextLanes::store(p, a, n); }
  static NG_INLINE void store_two(float* p, int64_t, int n, Vec a, Vec b) {
    Vec lo, hi;
    join(a, b, lo, hi);
    NextLanes::store(p, lo, 2 * n < kLanes ? 2 * n : kLanes);
    if (2 * n > kLanes) NextLanes::store(p + kLanes, hi, 2 * n - kLanes);
  }
};

// ---- Windows.

// The part of a window that exists along one axis: cells [first, first + count) of x, from cell `skipped` of
// the window on.
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

NG_INLINE float divisor(const PoolShape& s, int64_t rows, int64_t cols) {
  return static_cast<float>(s.count_padding ? s.kernel_h * s.kernel_w : rows * cols);
}

// Output columns [begin, end) whose windows lie inside the row.
NG_INLINE Span inner_columns(const PoolShape& s) {
  int64_t begin = (s.pad_left + s.stride_w - 1) / s.stride_w;
  if (begin > s.out_w) begin = s.out_w;
  const int64_t room = s.w + s.pad_left - s.kernel_w;
  int64_t end = room < 0 ? 0 : room / s.stride_w + 1;
  if (end > s.out_w) end = s.out_w;
  return {begin, end > begin ? end - begin : 0};
}

// ---- Forward.

// What is known of a window after some of its cells.
template <PoolOp kOp, typename V>
struct Running {
  V best, value;

  NG_INLINE void add_cell(V x, V v) {
    if (kOp == PoolOp::kAverage) {
      best = add(best, x);
    } else {
      const auto leads = overtakes(x, best);
      best = pick(leads, x, best);
      if (kOp == PoolOp::kSelect) value = pick(leads, v, value);
    }
  }
};

// `lanes` windows of rows x cols existing cells, the first of which begins at x. kRows and kCols are the same
// numbers if known when this is compiled, or 0.
template <PoolOp kOp, typename Lanes, int kRows, int kCols>
NG_INLINE void pool_windows(const PoolShape& s, int64_t rows, int64_t cols, const float* x, const float* v,
                            float* y, int64_t lanes) {
  using Value = typename Lanes::Value;
  if (kRows > 0) rows = kRows;
  if (kCols > 0) cols = kCols;
  constexpr bool kSelect = kOp == PoolOp::kSelect;
  for (int64_t i = 0; i < lanes; i += Lanes::kWidth, x += Lanes::kWidth * Lanes::kStep, y += Lanes::kWidth) {
    const int n = static_cast<int>(lanes - i < Lanes::kWidth ? lanes - i : Lanes::kWidth);
    Running<kOp, Value> state;
    // The first cell does not overtake itself below.
    state.best = kOp == PoolOp::kAverage ? Lanes::all(0.0f) : Lanes::load(x, n);
    state.value = kSelect ? Lanes::load(v, n) : state.best;
    for (int64_t r = 0; r < rows; r++) {
      const float* x_row = x + r * s.x.h;
      const float* v_row = kSelect ? v + r * s.v.h : x_row;
      int64_t q = 0;
      for (; q + 2 <= cols; q += 2) {
        Value x0, x1, v0, v1;
        Lanes::load_two(x_row + q * s.x.w, s.x.w, n, x0, x1);
        v0 = x0, v1 = x1;
        if (kSelect) Lanes::load_two(v_row + q * s.v.w, s.v.w, n, v0, v1);
        state.add_cell(x0, v0);
        state.add_cell(x1, v1);
      }
      if (q < cols) {
        const Value x0 = Lanes::load(x_row + q * s.x.w, n);
        state.add_cell(x0, kSelect ? Lanes::load(v_row + q * s.v.w, n) : x0);
      }
    }
    if (kOp == PoolOp::kAverage) state.best = div(state.best, Lanes::all(divisor(s, rows, cols)));
    Lanes::store(y, kSelect ? state.value : state.best, n);
    if (kSelect) v += Lanes::kWidth * Lanes::kStep;
  }
}

// Window (i, j) for `lanes` lanes, wherever it lies.
template <PoolOp kOp, typename Lanes>
NG_INLINE void pool_window(const PoolShape& s, Span rows, int64_t j, const float* x, const float* v, float* y,
                           int64_t lanes) {
  const Span cols = col_span(s, j);
  if (rows.count <= 0 || cols.count <= 0) {
    for (int64_t i = 0; i < lanes; i++) y[i] = kOp == PoolOp::kMax ? -INFINITY : 0.0f;
    return;
  }
  x += rows.first * s.x.h + cols.first * s.x.w;
  if (kOp == PoolOp::kSelect) v += rows.first * s.v.h + cols.first * s.v.w;
  pool_windows<kOp, Lanes, 0, 0>(s, rows.count, cols.count, x, v, y, lanes);
}

// One output row of one channel. Windows inside the row are done together, the others one by one.
template <PoolOp kOp, typename Lanes, int kRows, int kCols>
NG_INLINE void pool_row(const PoolShape& s, Span rows, Span inner, const float* x, const float* v, float* y) {
  const int64_t count = rows.count > 0 ? inner.count : 0;
  const int64_t end = inner.first + count;
  for (int64_t j = 0; j < inner.first; j++) pool_window<kOp, OneLane>(s, rows, j, x, v, y + j * s.y.w, 1);
  if (count > 0) {
    const int64_t col = inner.first * s.stride_w - s.pad_left;
    pool_windows<kOp, Lanes, kRows, kCols>(s, rows.count, s.kernel_w, x + rows.first * s.x.h + col,
                                           kOp == PoolOp::kSelect ? v + rows.first * s.v.h + col : v,
                                           y + inner.first, count);
  }
  for (int64_t j = end; j < s.out_w; j++) pool_window<kOp, OneLane>(s, rows, j, x, v, y + j * s.y.w, 1);
}

template <PoolOp kOp, typename Lanes, int kRows, int kCols>
void pool_rows(const PoolShape& s, const float* x, const float* v, float* y, int64_t channels, int64_t row0,
               int64_t row1) {
  const Span inner = s.lanes == PoolLanes::kWidth ? inner_columns(s) : Span{0, 0};
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = row0; i < row1; i++) {
      pool_row<kOp, Lanes, kRows, kCols>(s, row_span(s, i), inner, x, v, y + i * s.y.h);
    }
    x += s.x.c;
    y += s.y.c;
    if (kOp == PoolOp::kSelect) v += s.v.c;
  }
}

template <PoolOp kOp>
void pool_channels(const PoolShape& s, const float* x, const float* v, float* y, int64_t channels,
                   int64_t row0, int64_t row1) {
  for (int64_t i = row0; i < row1; i++) {
    const Span rows = row_span(s, i);
    for (int64_t j = 0; j < s.out_w; j++) {
      pool_window<kOp, NextLanes>(s, rows, j, x, v, y + i * s.y.h + j * s.y.w, channels);
    }
  }
}

// 2 x 2 windows side by side: the common case, and the one with its own code.
NG_INLINE bool is_two_by_two(const PoolShape& s) {
  return s.kernel_h == 2 && s.kernel_w == 2 && s.stride_h == 2 && s.stride_w == 2 && s.pad_top == 0 &&
         s.pad_left == 0 && 2 * s.out_h <= s.h && 2 * s.out_w <= s.w;
}

template <PoolOp kOp>
void pool_op(const PoolShape& s, const float* x, const float* v, float* y, int64_t channels, int64_t row0,
             int64_t row1) {
  if (s.lanes == PoolLanes::kChannels) return pool_channels<kOp>(s, x, v, y, channels, row0, row1);
  if (s.lanes == PoolLanes::kNone) return pool_rows<kOp, OneLane, 0, 0>(s, x, v, y, channels, row0, row1);
  if (s.stride_w == 1) return pool_rows<kOp, NextLanes, 0, 0>(s, x, v, y, channels, row0, row1);
  if (is_two_by_two(s)) return pool_rows<kOp, EveryOtherLane, 2, 2>(s, x, v, y, channels, row0, row1);
  pool_rows<kOp, EveryOtherLane, 0, 0>(s, x, v, y, channels, row0, row1);
}

void pool(const PoolShape& s, const float* x, const float* values, float* y, int64_t channels, int64_t row0,
          int64_t row1) {
  if (s.op == PoolOp::kMax) return pool_op<PoolOp::kMax>(s, x, values, y, channels, row0, row1);
  if (s.op == PoolOp::kSelect) return pool_op<PoolOp::kSelect>(s, x, values, y, channels, row0, row1);
  pool_op<PoolOp::kAverage>(s, x, values, y, channels, row0, row1);
}

// ---- Gradients.

// Rows [begin, end) of one channel, or of `lanes` channels that are neighbours, become 0.
void clear_rows(const PoolShape& s, float* dx, int64_t begin, int64_t end, int64_t lanes) {
  for (int64_t i = begin; i < end; i++) {
    for (int64_t j = 0; j < s.w; j++) {
      float* cell = dx + i * s.v.h + j * s.v.w;
      for (int64_t c = 0; c < lanes; c++) cell[c] = 0.0f;
    }
  }
}

// The rows of dx that belong to output rows [row0, row1); see PoolKernels::gradient.
Span owned_rows(const PoolShape& s, int64_t row0, int64_t row1) {
  int64_t begin = row0 * s.stride_h - s.pad_top, end = row1 * s.stride_h - s.pad_top;
  if (row0 == 0 || begin < 0) begin = 0;
  if (row1 == s.out_h || end > s.h) end = s.h;
  return {begin, end - begin};
}

// One output row of 2 x 2 windows, `lanes` windows in neighbouring lanes: each of their cells is written
// once.
template <PoolOp kOp, typename Lanes>
NG_INLINE void spread_two_by_two(const PoolShape& s, const float* dy, const float* x, float* dx,
                                 int64_t lanes) {
  using Value = typename Lanes::Value;
  for (int64_t i = 0; i < lanes; i += Lanes::kWidth) {
    const int n = static_cast<int>(lanes - i < Lanes::kWidth ? lanes - i : Lanes::kWidth);
    Value d = NextLanes::load(dy + i, n), nothing = Lanes::all(0.0f);
    float* to = dx + i * Lanes::kStep;
    if (kOp == PoolOp::kAverage) {
      d = div(d, Lanes::all(4.0f));
      Lanes::store_two(to, s.v.w, n, d, d);
      Lanes::store_two(to + s.v.h, s.v.w, n, d, d);
      continue;
    }
    Value x00, x01, x10, x11;
    const float* from = x + i * Lanes::kStep;
    Lanes::load_two(from, s.x.w, n, x00, x01);
    Lanes::load_two(from + s.x.h, s.x.w, n, x10, x11);
    const auto top_right = overtakes(x01, x00), bottom_right = overtakes(x11, x10);
    const auto bottom = overtakes(pick(bottom_right, x11, x10), pick(top_right, x01, x00));
    const Value top_d = pick(bottom, nothing, d), bottom_d = pick(bottom, d, nothing);
    Lanes::store_two(to, s.v.w, n, pick(top_right, nothing, top_d), pick(top_right, top_d, nothing));
    Lanes::store_two(to + s.v.h, s.v.w, n, pick(bottom_right, nothing, bottom_d),
                     pick(bottom_right, bottom_d, nothing));
  }
}

// What no 2 x 2 window covers: an odd last column, an odd last row.
void clear_remainder(const PoolShape& s, float* dx, Span owned, int64_t row1, int64_t lanes) {
  for (int64_t i = owned.first; i < 2 * row1; i++) {
    for (int64_t j = 2 * s.out_w; j < s.w; j++) {
      for (int64_t c = 0; c < lanes; c++) dx[i * s.v.h + j * s.v.w + c] = 0.0f;
    }
  }
  clear_rows(s, dx, 2 * row1, owned.first + owned.count, lanes);
}

template <PoolOp kOp>
void gradient_two_by_two(const PoolShape& s, const float* dy, const float* x, float* dx, int64_t channels,
                         int64_t row0, int64_t row1) {
  constexpr bool kMax = kOp == PoolOp::kMax;
  const Span owned = owned_rows(s, row0, row1);
  if (s.lanes == PoolLanes::kChannels) {
    for (int64_t i = row0; i < row1; i++) {
      for (int64_t j = 0; j < s.out_w; j++) {
        spread_two_by_two<kOp, NextLanes>(s, dy + i * s.y.h + j * s.y.w,
                                          kMax ? x + 2 * (i * s.x.h + j * s.x.w) : x,
                                          dx + 2 * (i * s.v.h + j * s.v.w), channels);
      }
    }
    return clear_remainder(s, dx, owned, row1, channels);
  }
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = row0; i < row1; i++) {
      spread_two_by_two<kOp, EveryOtherLane>(s, dy + i * s.y.h, kMax ? x + 2 * i * s.x.h : x,
                                             dx + 2 * i * s.v.h, s.out_w);
    }
    clear_remainder(s, dx, owned, row1, 1);
    dy += s.y.c;
    dx += s.v.c;
    if (kMax) x += s.x.c;
  }
}

// Adds the shares of one window to its cells in dx, for up to kWidth neighbouring channels.
template <PoolOp kOp, typename Lanes>
NG_INLINE void spread(const PoolShape& s, Span rows, Span cols, const float* dy, const float* x, float* dx,
                      int n) {
  using Value = typename Lanes::Value;
  Value d = Lanes::load(dy, n);
  if (kOp == PoolOp::kAverage) {
    d = div(d, Lanes::all(divisor(s, rows.count, cols.count)));
    for (int64_t r = rows.first; r < rows.first + rows.count; r++) {
      for (int64_t q = cols.first; q < cols.first + cols.count; q++) {
        float* cell = dx + r * s.v.h + q * s.v.w;
        Lanes::store(cell, add(Lanes::load(cell, n), d), n);
      }
    }
    return;
  }
  // The leading cell of each lane, found as in the forward pass, and then its share.
  int64_t lead[Lanes::kWidth];
  for (int lane = 0; lane < n; lane++) {
    float best = x[rows.first * s.x.h + cols.first * s.x.w + lane];
    lead[lane] = rows.first * s.v.h + cols.first * s.v.w;
    for (int64_t r = rows.first; r < rows.first + rows.count; r++) {
      for (int64_t q = cols.first; q < cols.first + cols.count; q++) {
        const float value = x[r * s.x.h + q * s.x.w + lane];
        if (!overtakes(value, best)) continue;
        best = value;
        lead[lane] = r * s.v.h + q * s.v.w;
      }
    }
  }
  for (int lane = 0; lane < n; lane++) dx[lead[lane] + lane] += dy[lane];
}

template <PoolOp kOp, typename Lanes>
void gradient_of_windows(const PoolShape& s, const float* dy, const float* x, float* dx, int64_t channels,
                         int64_t row0, int64_t row1) {
  const Span owned = owned_rows(s, row0, row1);
  for (int64_t c = 0; c < channels; c += Lanes::kWidth) {
    const int n = static_cast<int>(channels - c < Lanes::kWidth ? channels - c : Lanes::kWidth);
    clear_rows(s, dx, owned.first, owned.first + owned.count, n);
    for (int64_t i = row0; i < row1; i++) {
      const Span rows = row_span(s, i);
      for (int64_t j = 0; j < s.out_w; j++) {
        const Span cols = col_span(s, j);
        if (rows.count <= 0 || cols.count <= 0) continue;
        spread<kOp, Lanes>(s, rows, cols, dy + i * s.y.h + j * s.y.w, x, dx, n);
      }
    }
    dy += n * s.y.c;
    dx += n * s.v.c;
    if (kOp == PoolOp::kMax) x += n * s.x.c;
  }
}

template <PoolOp kOp>
void gradient_op(const PoolShape& s, const float* dy, const float* x, float* dx, int64_t channels,
                 int64_t row0, int64_t row1) {
  if (is_two_by_two(s) && s.lanes != PoolLanes::kNone) {
    return gradient_two_by_two<kOp>(s, dy, x, dx, channels, row0, row1);
  }
  if (s.lanes == PoolLanes::kChannels) {
    return gradient_of_windows<kOp, NextLanes>(s, dy, x, dx, channels, row0, row1);
  }
  gradient_of_windows<kOp, OneLane>(s, dy, x, dx, channels, row0, row1);
}

void gradient(const PoolShape& s, const float* dy, const float* x, float* dx, int64_t channels, int64_t row0,
              int64_t row1) {
  if (s.op == PoolOp::kMax) return gradient_op<PoolOp::kMax>(s, dy, x, dx, channels, row0, row1);
  gradient_op<PoolOp::kAverage>(s, dy, x, dx, channels, row0, row1);
}

}  // namespace

const PoolKernels pool_kernels = {pool, gradient};

}  // namespace NG_ISA
}  // namespace ng
