#include "pool.h"

#include <math.h>
#include <stdint.h>

#include "pool-inl.h"

namespace ng {
namespace NG_ISA {

extern const PoolKernels pool_kernels;

namespace {

// ---- Forward.

// What is known of a window after some of its cells. For maxima it starts with the first cell, for averages
// with 0.
template <PoolOp kOp, typename V>
struct Running {
  V best;   // or the sum
  V value;  // of `select`: what comes with the best

  NG_INLINE void add_cell(V x, V v) {
    if constexpr (kOp == PoolOp::kAverage) {
      best = add(best, x);
    } else if constexpr (kOp == PoolOp::kMax) {
      // A NaN in `best` comes out of max(); one in x is put back, off the chain of dependent instructions.
      best = select(is_nan(x), x, max(x, best));
    } else {
      const auto leads = overtakes(x, best);
      best = select(leads, x, best);
      value = select(leads, v, value);
    }
  }
};

template <PoolOp kOp>
struct Pool {
  static constexpr bool kSelect = kOp == PoolOp::kSelect;

  const PoolShape& s;
  const float* x;
  const float* v;
  float* y;

  template <typename Lanes>
  NG_INLINE void run(const Windows& w) const {
    float* to = y + w.output(s.y);
    if (w.is_empty()) {
      for (int64_t i = 0; i < w.lanes; i++) to[i] = kOp == PoolOp::kMax ? -INFINITY : 0.0f;
      return;
    }
    const float* from = x + w.cell(s.x);
    const float* values = kSelect ? v + w.cell(s.v) : from;
    if (w.rows.count == 2 && w.cols.count == 2) {
      pool_rows<Lanes, 2, 2>(w, from, values, to);
    } else {
      pool_rows<Lanes, 0, 0>(w, from, values, to);
    }
  }

  // kRows and kCols are the cells of each window where they are known when this is compiled, else 0.
  template <typename Lanes, int kRows, int kCols>
  NG_INLINE void pool_rows(const Windows& w, const float* from, const float* values, float* to) const {
    constexpr int kWidth = Lanes::kWidth;
    const int64_t rows = kRows > 0 ? kRows : w.rows.count, cols = kCols > 0 ? kCols : w.cols.count;
    const int rest =
        static_cast<int>(w.lanes % kWidth);  // the same for all rows, and so are masks made of it
    for (int64_t row = 0; row < w.height; row++) {
      const float* x0 = from + row * s.stride_h * s.x.h;
      const float* v0 = kSelect ? values + row * s.stride_h * s.v.h : x0;
      float* out = to + row * s.y.h;
      int64_t i = 0;
      for (; i + kWidth <= w.lanes; i += kWidth) {
        Lanes::store(out + i,
                     windows<Lanes>(rows, cols, x0 + i * Lanes::kStep, v0 + i * Lanes::kStep, kWidth),
                     kWidth);
      }
      if (rest == 0) continue;
      Lanes::store(out + i, windows<Lanes>(rows, cols, x0 + i * Lanes::kStep, v0 + i * Lanes::kStep, rest),
                   rest);
    }
  }

  // The results of n windows of rows x cols cells.
  template <typename Lanes>
  NG_INLINE typename Lanes::Value windows(int64_t rows, int64_t cols, const float* x0, const float* v0,
                                          int n) const {
    using Value = typename Lanes::Value;
    Running<kOp, Value> running;
    running.best = kOp == PoolOp::kAverage ? Lanes::all(0.0f) : Lanes::load(x0, n);
    running.value = kSelect ? Lanes::load(v0, n) : running.best;
    for (int64_t r = 0; r < rows; r++) {
      int64_t q = 0;
      for (; q + 2 <= cols; q += 2) {
        Value xa, xb, va, vb;
        Lanes::load_two(x0 + r * s.x.h + q * s.x.w, s.x.w, n, xa, xb);
        va = xa, vb = xb;
        if (kSelect) Lanes::load_two(v0 + r * s.v.h + q * s.v.w, s.v.w, n, va, vb);
        running.add_cell(xa, va);
        running.add_cell(xb, vb);
      }
      if (q == cols) continue;
      const Value xa = Lanes::load(x0 + r * s.x.h + q * s.x.w, n);
      running.add_cell(xa, kSelect ? Lanes::load(v0 + r * s.v.h + q * s.v.w, n) : xa);
    }
    if (kOp == PoolOp::kAverage) return div(running.best, Lanes::all(divisor(s, rows, cols)));
    return kSelect ? running.value : running.best;
  }
};

void pool(const PoolShape& s, const float* x, const float* v, float* y, int64_t channels, int64_t row0,
          int64_t row1) {
  if (s.op == PoolOp::kMax) {
    for_each_run(s, channels, row0, row1, Pool<PoolOp::kMax>{s, x, v, y});
  } else if (s.op == PoolOp::kSelect) {
    for_each_run(s, channels, row0, row1, Pool<PoolOp::kSelect>{s, x, v, y});
  } else {
    for_each_run(s, channels, row0, row1, Pool<PoolOp::kAverage>{s, x, v, y});
  }
}

// ---- Gradients of any windows: dx is cleared, then each window adds its shares.

struct SpreadMax {
  const PoolShape& s;
  const float* dy;
  const float* x;
  float* dx;

  template <typename Lanes>
  NG_INLINE void run(const Windows& w) const {
    if (w.is_empty()) return;
    for (int64_t row = 0; row < w.height; row++) {
      const float* from = x + w.cell(s.x) + row * s.stride_h * s.x.h;
      const float* share = dy + w.output(s.y) + row * s.y.h;
      float* to = dx + w.cell(s.v) + row * s.stride_h * s.v.h;
      for (int64_t i = 0; i < w.lanes; i += Lanes::kWidth) {
        const int n = static_cast<int>(w.lanes - i < Lanes::kWidth ? w.lanes - i : Lanes::kWidth);
        spread<Lanes>(w, from + i * Lanes::kStep, share + i, to + i * Lanes::kStep, n);
      }
    }
  }

  template <typename Lanes>
  NG_INLINE void spread(const Windows& w, const float* from, const float* share, float* to, int n) const {
    const auto cols = static_cast<int32_t>(w.cols.count);
    int32_t leaders[Lanes::kWidth];
    find_leaders<Lanes>(w.rows.count, w.cols.count, from, n, leaders);
    for (int lane = 0; lane < n; lane++) {
      const int32_t r = leaders[lane] / cols, q = leaders[lane] % cols;
      to[lane * Lanes::kStep + r * s.v.h + q * s.v.w] += share[lane];
    }
  }

  // For each window, the number of its first maximum in row-major order.
  template <typename Lanes>
  NG_INLINE void find_leaders(int64_t rows, int64_t cols, const float* from, int n, int32_t* leaders) const {
    typename Lanes::Value best = Lanes::load(from, n);
    typename Lanes::Number leader = Lanes::all_int(0);
    int32_t number = 0;
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t q = 0; q < cols; q++, number++) {
        const auto value = Lanes::load(from + r * s.x.h + q * s.x.w, n);
        const auto leads = overtakes(value, best);
        best = select(leads, value, best);
        leader = select(leads, Lanes::all_int(number), leader);
      }
    }
    Lanes::store_numbers(leaders, leader);
  }
};

struct SpreadAverage {
  const PoolShape& s;
  const float* dy;
  float* dx;

  template <typename Lanes>
  NG_INLINE void run(const Windows& w) const {
    if (w.is_empty()) return;
    const float count = divisor(s, w.rows.count, w.cols.count);
    for (int64_t row = 0; row < w.height; row++) {
      const float* from = dy + w.output(s.y) + row * s.y.h;
      float* to = dx + w.cell(s.v) + row * s.stride_h * s.v.h;
      if (s.lanes == PoolLanes::kChannels) {
        spread<Lanes>(w, count, from, to, w.lanes);
      } else {  // windows along the width share cells: one after the other
        for (int64_t i = 0; i < w.lanes; i++) spread<OneLane>(w, count, from + i, to + i * Lanes::kStep, 1);
      }
    }
  }

  template <typename Lanes>
  NG_INLINE void spread(const Windows& w, float count, const float* from, float* to, int64_t lanes) const {
    for (int64_t i = 0; i < lanes; i += Lanes::kWidth) {
      const int n = static_cast<int>(lanes - i < Lanes::kWidth ? lanes - i : Lanes::kWidth);
      const auto share = div(Lanes::load(from + i, n), Lanes::all(count));
      for (int64_t r = 0; r < w.rows.count; r++) {
        for (int64_t q = 0; q < w.cols.count; q++) {
          float* cell = to + r * s.v.h + q * s.v.w + i;
          Lanes::store(cell, add(Lanes::load(cell, n), share), n);
        }
      }
    }
  }
};

// Cells [col, width) of rows [begin, end) become 0.
void clear(const PoolShape& s, float* dx, int64_t channels, int64_t begin, int64_t end, int64_t col) {
  const bool across = s.lanes == PoolLanes::kChannels;
  for (int64_t c = 0; c < (across ? 1 : channels); c++) {
    for (int64_t i = begin; i < end; i++) {
      for (int64_t j = col; j < s.w; j++) {
        float* cell = dx + c * s.v.c + i * s.v.h + j * s.v.w;
        for (int64_t lane = 0; lane < (across ? channels : 1); lane++) cell[lane] = 0.0f;
      }
    }
  }
}

// ---- Gradients of 2 x 2 windows side by side, the common case: each cell is written once.

bool is_two_by_two(const PoolShape& s) {
  return s.kernel_h == 2 && s.kernel_w == 2 && s.stride_h == 2 && s.stride_w == 2 && s.pad_top == 0 &&
         s.pad_left == 0 && 2 * s.out_h <= s.h && 2 * s.out_w <= s.w && s.lanes != PoolLanes::kNone;
}

template <PoolOp kOp>
struct SpreadTwoByTwo {
  const PoolShape& s;
  const float* dy;
  const float* x;
  float* dx;

  template <typename Lanes>
  NG_INLINE void run(const Windows& w) const {
    constexpr int kWidth = Lanes::kWidth, kStep = Lanes::kStep;
    const int rest = static_cast<int>(w.lanes % kWidth);
    for (int64_t row = 0; row < w.height; row++) {
      const float* share = dy + w.output(s.y) + row * s.y.h;
      const float* from = kOp == PoolOp::kMax ? x + w.cell(s.x) + 2 * row * s.x.h : share;
      float* to = dx + w.cell(s.v) + 2 * row * s.v.h;
      int64_t i = 0;
      for (; i + kWidth <= w.lanes; i += kWidth)
        spread<Lanes>(from + i * kStep, share + i, to + i * kStep, kWidth);
      if (rest != 0) spread<Lanes>(from + i * kStep, share + i, to + i * kStep, rest);
    }
  }

  template <typename Lanes>
  NG_INLINE void spread(const float* from, const float* share, float* to, int n) const {
    using Value = typename Lanes::Value;
    const Value d = Lanes::load_outputs(share, n), nothing = Lanes::all(0.0f);
    if constexpr (kOp == PoolOp::kAverage) {
      const Value quarter = div(d, Lanes::all(4.0f));
      Lanes::store_two(to, s.v.w, n, quarter, quarter);
      Lanes::store_two(to + s.v.h, s.v.w, n, quarter, quarter);
    } else {
      Value x00, x01, x10, x11;
      Lanes::load_two(from, s.x.w, n, x00, x01);
      Lanes::load_two(from + s.x.h, s.x.w, n, x10, x11);
      const auto right0 = overtakes(x01, x00), right1 = overtakes(x11, x10);
      const auto below = overtakes(select(right1, x11, x10), select(right0, x01, x00));
      const Value d0 = select(below, nothing, d), d1 = select(below, d, nothing);
      Lanes::store_two(to, s.v.w, n, select(right0, nothing, d0), select(right0, d0, nothing));
      Lanes::store_two(to + s.v.h, s.v.w, n, select(right1, nothing, d1), select(right1, d1, nothing));
    }
  }
};

void gradient(const PoolShape& s, const float* dy, const float* x, float* dx, int64_t channels, int64_t row0,
              int64_t row1) {
  int64_t begin = row0 == 0 ? 0 : row0 * s.stride_h - s.pad_top;
  int64_t end = row1 == s.out_h ? s.h : row1 * s.stride_h - s.pad_top;
  if (begin < 0) begin = 0;
  if (end > s.h) end = s.h;
  const bool is_max = s.op == PoolOp::kMax;
  if (is_two_by_two(s)) {
    clear(s, dx, channels, begin, 2 * row1, 2 * s.out_w);
    clear(s, dx, channels, 2 * row1, end, 0);
    if (is_max) {
      for_each_run(s, channels, row0, row1, SpreadTwoByTwo<PoolOp::kMax>{s, dy, x, dx});
    } else {
      for_each_run(s, channels, row0, row1, SpreadTwoByTwo<PoolOp::kAverage>{s, dy, x, dx});
    }
    return;
  }
  clear(s, dx, channels, begin, end, 0);
  if (is_max) {
    for_each_run(s, channels, row0, row1, SpreadMax{s, dy, x, dx});
  } else {
    for_each_run(s, channels, row0, row1, SpreadAverage{s, dy, dx});
  }
}

}  // namespace

const PoolKernels pool_kernels = {pool, gradient};

}  // namespace NG_ISA
}  // namespace ng
