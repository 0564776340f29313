#include "pool.h"

#include <math.h>
#include <stdint.h>

#include "pool-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

using Images = PoolImages<const float>;

// What is known of a window after some of its cells. For maxima it starts with the first cell, for averages
// with 0.
template <PoolOp kOp>
struct Running {
  Vec best;   // or the sum
  Vec value;  // of `select`: what comes with the best

  NG_INLINE void add_cell(Vec x, Vec v) {
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
void pool_images(const PoolShape& s, const Images& x, const Images& v, const PoolImages<float>& y,
                 int64_t images, int64_t begin, int64_t end) {
  constexpr bool kSelect = kOp == PoolOp::kSelect;
  for (int64_t i = begin; i < end; i++) {
    const Span row = row_span(s, i);
    for (int64_t j = 0; j < s.out_w; j++) {
      const Span col = col_span(s, j);
      float* out = y.at(i, j);
      if (row.count <= 0 || col.count <= 0) {
        const Vec none = set1(kOp == PoolOp::kMax ? -INFINITY : 0.0f);
        for_lanes(images, [=](int64_t lane, int n) { store_some(out + lane, none, n); });
        continue;
      }
      const float* from = x.at(row.first, col.first);
      const float* values = kSelect ? v.at(row.first, col.first) : from;
      const int64_t v_row = kSelect ? v.row : 0, v_col = kSelect ? v.col : 0;
      with_lengths(row.count, col.count, [&](auto rows, auto cols) NG_INLINE_LAMBDA {
        const Vec count = set1(divisor(s, rows, cols));
        for_lanes(images, [&](int64_t lane, int n) NG_INLINE_LAMBDA {
          Running<kOp> running;
          running.best = kOp == PoolOp::kAverage ? zero() : load_some(from + lane, n);
          running.value = kSelect ? load_some(values + lane, n) : running.best;
          for (int64_t r = 0; r < rows; r++) {
            for (int64_t q = 0; q < cols; q++) {
              const Vec cell = load_some(from + r * x.row + q * x.col + lane, n);
              running.add_cell(cell, kSelect ? load_some(values + r * v_row + q * v_col + lane, n) : cell);
            }
          }
          if (kOp == PoolOp::kAverage) running.best = div(running.best, count);
          store_some(out + lane, kSelect ? running.value : running.best, n);
        });
      });
    }
  }
}

void pool(const PoolShape& s, const Images& x, const Images& v, const PoolImages<float>& y, int64_t images,
          int64_t begin, int64_t end) {
  switch (s.op) {
    case PoolOp::kMax: return pool_images<PoolOp::kMax>(s, x, v, y, images, begin, end);
    case PoolOp::kAverage: return pool_images<PoolOp::kAverage>(s, x, v, y, images, begin, end);
    case PoolOp::kSelect: return pool_images<PoolOp::kSelect>(s, x, v, y, images, begin, end);
  }
}

// ---- Gradients.

// The number of the first maximum of a window, in row-major order.
template <typename Rows, typename Cols>
NG_INLINE IntVec leader_of(const float* from, int64_t row, int64_t col, int n, Rows rows, Cols cols) {
  Vec best = load_some(from, n);
  IntVec leader = set1_int(0);
  int32_t number = 0;
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t q = 0; q < cols; q++, number++) {
      if (number == 0) continue;
      const Vec cell = load_some(from + r * row + q * col, n);
      const auto leads = overtakes(cell, best);
      best = select(leads, cell, best);
      leader = select(leads, set1_int(number), leader);
    }
  }
  return leader;
}

// Whether every cell of x is seen by one window at most and, but for what is right of and below the last
// windows, by one at least: what it gets can be stored rather than added.
bool tiles(const PoolShape& s) { return s.kernel_h == s.stride_h && s.kernel_w == s.stride_w; }

// Cells [first, w) of rows [begin, end) become 0.
void clear(const PoolImages<float>& dx, int64_t images, int64_t begin, int64_t end, int64_t first,
           int64_t w) {
  for (int64_t i = begin; i < end; i++) {
    for (int64_t j = first; j < w; j++) {
      float* cell = dx.at(i, j);
      for_lanes(images, [=](int64_t lane, int n) { store_some(cell + lane, zero(), n); });
    }
  }
}

// What window (i, j) gives to the rows [begin, end) of dx: added to what is there, or stored.
template <PoolOp kOp, bool kAdds>
NG_INLINE void spread(const PoolShape& s, const float* share, const Images& x, const PoolImages<float>& dx,
                      int64_t images, Span row, Span col, int64_t begin, int64_t end) {
  const float* from = kOp == PoolOp::kMax ? x.at(row.first, col.first) : share;
  const Vec count = set1(divisor(s, row.count, col.count));
  // Rows of the window that belong to the result.
  const int64_t r0 = row.first < begin ? begin - row.first : 0;
  const int64_t r1 = row.first + row.count > end ? end - row.first : row.count;
  float* to = dx.at(row.first + r0, col.first);
  with_lengths(row.count, col.count, [&](auto rows, auto cols) NG_INLINE_LAMBDA {
    for_lanes(images, [&](int64_t lane, int n) NG_INLINE_LAMBDA {
      Vec given = load_some(share + lane, n);
      IntVec leader = set1_int(0);
      if constexpr (kOp == PoolOp::kMax) {
        leader = leader_of(from + lane, x.row, x.col, n, rows, cols);
      } else {
        given = div(given, count);
      }
      float* cells = to + lane;
      for (int64_t r = r0; r < r1; r++, cells += dx.row) {
        for (int64_t q = 0; q < cols; q++) {
          Vec part = given;
          if constexpr (kOp == PoolOp::kMax) {
            const auto number = static_cast<int32_t>(r * cols + q);
            part = select(eq(leader, set1_int(number)), given, zero());
          }
          float* cell = cells + q * dx.col;
          store_some(cell, kAdds ? add(load_some(cell, n), part) : part, n);
        }
      }
    });
  });
}

template <PoolOp kOp, bool kAdds>
void gradient_of(const PoolShape& s, const Images& dy, const Images& x, const PoolImages<float>& dx,
                 int64_t images, int64_t begin, int64_t end) {
  // Windows that see rows from `begin` to `end`.
  const int64_t above = begin + s.pad_top - s.kernel_h + 1;
  const int64_t first = above <= 0 ? 0 : (above + s.stride_h - 1) / s.stride_h;
  int64_t last = (end - 1 + s.pad_top) / s.stride_h + 1;
  if (last > s.out_h) last = s.out_h;
  const int64_t last_col = s.out_w * s.stride_w - s.pad_left;
  const int64_t right =
      kAdds || last_col < 0 ? 0 : last_col;  // cells from here on are in no window that tiles
  int64_t cleared = begin;                   // rows from here on hold nothing yet
  for (int64_t i = first; i < last; i++) {
    const Span row = row_span(s, i);
    int64_t bottom = row.first + row.count;
    if (bottom > end) bottom = end;
    if (cleared < bottom) {
      clear(dx, images, cleared, bottom, right, s.w);
      cleared = bottom;
    }
    for (int64_t j = 0; j < s.out_w; j++) {
      const Span col = col_span(s, j);
      if (row.count <= 0 || col.count <= 0) continue;
      spread<kOp, kAdds>(s, dy.at(i, j), x, dx, images, row, col, begin, end);
    }
  }
  clear(dx, images, cleared, end, 0, s.w);
}

void gradient(const PoolShape& s, const Images& dy, const Images& x, const PoolImages<float>& dx,
              int64_t images, int64_t begin, int64_t end) {
  const bool is_max = s.op == PoolOp::kMax;
  if (tiles(s)) {
    const auto run = is_max ? gradient_of<PoolOp::kMax, false> : gradient_of<PoolOp::kAverage, false>;
    run(s, dy, x, dx, images, begin, end);
  } else {
    const auto run = is_max ? gradient_of<PoolOp::kMax, true> : gradient_of<PoolOp::kAverage, true>;
    run(s, dy, x, dx, images, begin, end);
  }
}

// ---- Windows of 2 x 2 side by side, along contiguous rows.

template <PoolOp kOp>
void halve_rows(float* y, int64_t y_row, const float* x, int64_t x_row, int64_t rows, int64_t cols) {
  for (int64_t i = 0; i < rows; i++, y += y_row, x += 2 * x_row) {
    for_lanes(cols, [=](int64_t j, int n) NG_INLINE_LAMBDA {
      Vec x00, x01, x10, x11;
      load_pairs(x + 2 * j, n, x00, x01);
      load_pairs(x + x_row + 2 * j, n, x10, x11);
      Running<kOp> running;
      running.best = kOp == PoolOp::kAverage ? add(zero(), x00) : x00;
      running.add_cell(x01, x01);
      running.add_cell(x10, x10);
      running.add_cell(x11, x11);
      if (kOp == PoolOp::kAverage) running.best = div(running.best, set1(4.0f));
      store_some(y + j, running.best, n);
    });
  }
}

void halve(PoolOp op, float* y, int64_t y_row, const float* x, int64_t x_row, int64_t rows, int64_t cols) {
  const auto run = op == PoolOp::kMax ? halve_rows<PoolOp::kMax> : halve_rows<PoolOp::kAverage>;
  run(y, y_row, x, x_row, rows, cols);
}

template <PoolOp kOp>
void halve_gradient_rows(float* dx, int64_t dx_row, const float* dy, int64_t dy_row, const float* x,
                         int64_t x_row, int64_t rows, int64_t cols) {
  for (int64_t i = 0; i < rows; i++, dx += 2 * dx_row, dy += dy_row, x += 2 * x_row) {
    for_lanes(cols, [=](int64_t j, int n) NG_INLINE_LAMBDA {
      const Vec d = load_some(dy + j, n), nothing = zero();
      float* to = dx + 2 * j;
      if constexpr (kOp == PoolOp::kAverage) {
        const Vec quarter = div(d, set1(4.0f));
        store_pairs(to, n, quarter, quarter);
        store_pairs(to + dx_row, n, quarter, quarter);
      } else {
        Vec x00, x01, x10, x11;
        load_pairs(x + 2 * j, n, x00, x01);
        load_pairs(x + x_row + 2 * j, n, x10, x11);
        const auto right0 = overtakes(x01, x00), right1 = overtakes(x11, x10);
        const auto below = overtakes(select(right1, x11, x10), select(right0, x01, x00));
        const Vec d0 = select(below, nothing, d), d1 = select(below, d, nothing);
        store_pairs(to, n, select(right0, nothing, d0), select(right0, d0, nothing));
        store_pairs(to + dx_row, n, select(right1, nothing, d1), select(right1, d1, nothing));
      }
    });
  }
}

void halve_gradient(PoolOp op, float* dx, int64_t dx_row, const float* dy, int64_t dy_row, const float* x,
                    int64_t x_row, int64_t rows, int64_t cols) {
  if (op == PoolOp::kMax) {
    halve_gradient_rows<PoolOp::kMax>(dx, dx_row, dy, dy_row, x, x_row, rows, cols);
  } else {
    halve_gradient_rows<PoolOp::kAverage>(dx, dx_row, dy, dy_row, dy, 0, rows, cols);
  }
}

}  // namespace

extern const PoolKernels pool_kernels;
const PoolKernels pool_kernels = {pool, gradient, halve, halve_gradient};

}  // namespace NG_ISA
}  // namespace ng
