#include "gemm.h"

#include <string.h>

#include "../simd/simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

// Tiles have up to kMr rows by two vectors: the sums, a row of B and one element of A fill the registers.
// Over A in place they may be wider, too: kPlainRows[V - 1] rows by V vectors.
#if defined(NG_ISA_AVX512)
constexpr int kMr = 14;
constexpr int kPlainRows[] = {14, 14, 8, 6};
constexpr int kAccumulators = 24;
constexpr int kKc = 512;
#elif defined(NG_ISA_AVX2)
constexpr int kMr = 6;
constexpr int kPlainRows[] = {6, 6, 4};
constexpr int kAccumulators = 12;
constexpr int kKc = 320;
#elif defined(NG_ISA_NEON)
constexpr int kMr = 8;
constexpr int kPlainRows[] = {8, 8, 8, 6};
constexpr int kAccumulators = 16;
constexpr int kKc = 320;
#else
constexpr int kMr = 4;
constexpr int kPlainRows[] = {4, 4};
constexpr int kAccumulators = 8;
constexpr int kKc = 320;
#endif
constexpr int kNr = 2 * kLanes;
// Panels of B are fetched this many rows ahead: they come from the L2 cache or from beyond.
constexpr int kRowsAhead = 8;
// Rows of C that lie further apart are fetched when a tile over panels begins: processors do not foresee
// them. Nearer ones, and those of the short tiles over operands in place, are written sooner without.
constexpr int64_t kNearFloats = 512;
constexpr int kPlainVectors = sizeof(kPlainRows) / sizeof(kPlainRows[0]);

NG_INLINE int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }
NG_INLINE int64_t parts_of(int64_t n, int64_t most) { return (n + most - 1) / most; }

// Where a tile kernel finds element (i, p) of A and row p of B, and how far from there those of the next
// segment are.
struct Operands {
  const float* a;
  int64_t a_row, a_col;
  const float* b;
  int64_t b_row;
  int64_t segments = 1, a_segment = 0, b_segment = 0;
};

// Where R rows of A are: in a panel, side by side …
template <int R, bool kPanel>
struct RowsOf {
  const float* first;
  NG_INLINE RowsOf(const float* a, int64_t) : first(a) {}
  NG_INLINE float at(int i) const { return first[i]; }
  NG_INLINE void advance(int64_t) { first += kMr; }
};

// … or a stride apart: every third row has an address, from which the next two are reached by the strides
// that an instruction can add. An address for each would not fit the registers, and compilers make them
// unless addresses are hidden from them.
template <int R>
struct RowsOf<R, false> {
  static constexpr int kGroups = (R + 2) / 3;
  const float* first[kGroups];
  int64_t row;
  NG_INLINE RowsOf(const float* a, int64_t a_row) : row(a_row) {
    NG_UNROLL
    for (int g = 0; g < kGroups; g++) first[g] = a + 3 * g * row;
  }
  NG_INLINE float at(int i) const { return first[i / 3][i % 3 * row]; }
  NG_INLINE void advance(int64_t a_col) {
    NG_UNROLL
    for (int g = 0; g < kGroups; g++) {
      first[g] += a_col;
      NG_OPAQUE(first[g]);
    }
  }
};

// A tile of R rows and V vectors, the last of them with `last` columns. With A in a panel the strides of A
// are constants. kWhole: rows of B can be read beyond these columns, up to a whole vector; a masked load in
// each round would keep one of the two ports of multiply-adds busy.
template <int R, int V, bool kPanel, bool kWhole>
void tile(int64_t k, const Operands& operands, float* c, int64_t ldc, int last, bool accumulate) {
  const int64_t b_row = operands.b_row;
  Vec sums[R][V];
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int j = 0; j < V; j++) sums[i][j] = zero();
  }
  if (kPanel && ldc > kNearFloats) {
    NG_UNROLL
    for (int i = 0; i < R; i++) {
      NG_UNROLL
      for (int j = 0; j < V; j++) NG_PREFETCH(c + i * ldc + j * kLanes);
    }
  }
  const int64_t segments = kPanel ? operands.segments : 1;
  for (int64_t s = 0; s < segments; s++) {
    RowsOf<R, kPanel> a(operands.a + s * operands.a_segment, operands.a_row);
    const float* b = operands.b + s * operands.b_segment;
    for (int64_t p = 0; p < k; p++) {
      Vec row[V];
      NG_UNROLL
      for (int j = 0; j < V; j++) {
        row[j] = kWhole || j < V - 1 ? load(b + j * kLanes) : load_n(b + j * kLanes, last);
      }
      NG_UNROLL
      for (int i = 0; i < R; i++) {
        const Vec x = set1(a.at(i));
        NG_UNROLL
        for (int j = 0; j < V; j++) sums[i][j] = fma(x, row[j], sums[i][j]);
      }
      NG_UNROLL
      for (int j = 0; kPanel && j < V; j++) NG_FETCH(b + kRowsAhead * b_row + j * kLanes);
      a.advance(operands.a_col);
      b += b_row;
    }
  }
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int j = 0; j < V; j++) {
      float* to = c + j * kLanes;
      if (j < V - 1) {
        store(to, accumulate ? add(load(to), sums[i][j]) : sums[i][j]);
      } else {
        store_n(to, accumulate ? add(load_n(to, last), sums[i][j]) : sums[i][j], last);
      }
    }
    c += ldc;
  }
}

using TileFn = void (*)(int64_t k, const Operands& operands, float* c, int64_t ldc, int last,
                        bool accumulate);

// Tile kernels of one and two vectors over panels of A, by rows, one below each.
#define NG_ROWS(r) \
  { tile<(r < kMr ? r : kMr), 1, true, true>, tile<(r < kMr ? r : kMr), 2, true, true> }
constexpr TileFn kPanelTiles[14][2] = {NG_ROWS(1),  NG_ROWS(2),  NG_ROWS(3),  NG_ROWS(4), NG_ROWS(5),
                                       NG_ROWS(6),  NG_ROWS(7),  NG_ROWS(8),  NG_ROWS(9), NG_ROWS(10),
                                       NG_ROWS(11), NG_ROWS(12), NG_ROWS(13), NG_ROWS(14)};
#undef NG_ROWS

// Tile kernels over A in place, by rows. A table for each number of vectors, and whether they are whole.
template <bool kWhole, int V, int... kRows>
struct PlainTiles {
  static constexpr int v = V < kPlainVectors ? V : kPlainVectors, most = kPlainRows[v - 1];
  static constexpr TileFn kTable[] = {tile<(kRows < most ? kRows : most), v, false, kWhole>...};
};
#define NG_TABLE(whole, v) PlainTiles<whole, v, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>::kTable
constexpr const TileFn* kPlainTiles[2][4] = {
    {NG_TABLE(false, 1), NG_TABLE(false, 2), NG_TABLE(false, 3), NG_TABLE(false, 4)},
    {NG_TABLE(true, 1), NG_TABLE(true, 2), NG_TABLE(true, 3), NG_TABLE(true, 4)}};
#undef NG_TABLE

void kernel(int64_t k, const float* a_panel, const float* b_panels, float* c, int64_t ldc, int rows,
            int64_t cols, bool accumulate) {
  for (int64_t j = 0; j < cols; j += kNr) {
    const int width = static_cast<int>(min_of(kNr, cols - j)), vectors = width > kLanes ? 2 : 1;
    kPanelTiles[rows - 1][vectors - 1](k, {a_panel, 1, kMr, b_panels + j * k, kNr}, c + j, ldc,
                                       width - (vectors - 1) * kLanes, accumulate);
  }
}

void kernel_segments(int64_t segments, int64_t k, const float* a_panel, int64_t a_segment, const float* b,
                     int64_t b_row, int64_t b_segment, float* c, int64_t ldc, int rows, int cols,
                     bool accumulate) {
  const int vectors = cols > kLanes ? 2 : 1;
  kPanelTiles[rows - 1][vectors - 1](k, {a_panel, 1, kMr, b, b_row, segments, a_segment, b_segment}, c, ldc,
                                     cols - (vectors - 1) * kLanes, accumulate);
}

// Some columns, as many as one tile has, of all rows.
void plain_column(int64_t m, int vectors, int last, bool whole, int64_t k, Operands operands, float* c,
                  int64_t ldc, bool accumulate) {
  const int64_t parts = parts_of(m, kPlainRows[vectors - 1]);
  for (int64_t part = 0, row = 0; part < parts; part++) {  // of about as many rows
    const int64_t end = m * (part + 1) / parts;
    kPlainTiles[whole][vectors - 1][end - row - 1](k, operands, c, ldc, last, accumulate);
    operands.a += (end - row) * operands.a_row;
    c += (end - row) * ldc;
    row = end;
  }
}

void kernel_in_place(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col,
                     const float* b, int64_t b_row, float* c, int64_t ldc, bool accumulate) {
  const int64_t vectors = parts_of(n, kLanes), parts = parts_of(vectors, kPlainVectors);
  for (int64_t part = 0, first = 0; part < parts; part++) {  // of about as many vectors
    const int64_t end = vectors * (part + 1) / parts, col = first * kLanes;
    const int last = static_cast<int>(min_of(end * kLanes, n) - (end - 1) * kLanes);
    plain_column(m, static_cast<int>(end - first), last, last == kLanes, k, {a, a_row, a_col, b + col, b_row},
                 c + col, ldc, accumulate);
    first = end;
  }
}

void kernel_b_panels(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col,
                     const float* b_panels, float* c, int64_t ldc, bool accumulate) {
  for (int64_t j = 0; j < n; j += kNr) {
    const int width = static_cast<int>(min_of(kNr, n - j)), vectors = width > kLanes ? 2 : 1;
    plain_column(m, vectors, width - (vectors - 1) * kLanes, true, k,
                 {a, a_row, a_col, b_panels + j * k, kNr}, c + j, ldc, accumulate);
  }
}

// Writes n columns of `rows` source rows (unit column stride) as n rows of `width` elements, zeros beyond
// `rows`.
NG_INLINE void transpose_block(int rows, int width, int n, const float* from, int64_t from_row, float* to,
                               int64_t to_row) {
  Vec v[kLanes];
  NG_UNROLL
  for (int i = 0; i < kLanes; i++) v[i] = i < rows ? load_n(from + i * from_row, n) : zero();
  transpose(v);
  NG_UNROLL
  for (int j = 0; j < kLanes; j++) {
    if (j < n) store_n(to + j * to_row, v[j], width);
  }
}

// A panel of `width` rows, of which the source has `rows`, from unit column stride.
template <int kRows>
NG_INLINE void pack_columns(int rows, int width, int64_t k, const float* from, int64_t from_row, float* to,
                            int64_t to_row) {
  int64_t p = 0;
  if (rows == kRows && width == kRows) {  // with constants the compiler drops every test
    for (; p + kLanes <= k; p += kLanes) {
      transpose_block(kRows, kRows, kLanes, from + p, from_row, to + p * to_row, to_row);
    }
  }
  for (; p < k; p += kLanes) {
    const int n = static_cast<int>(min_of(kLanes, k - p));
    transpose_block(rows, width, n, from + p, from_row, to + p * to_row, to_row);
  }
}

// One panel [k][W] from `count` vectors of stride `step`, whose elements lie `stride` apart.
template <int W>
void pack_panel(int count, int64_t k, const float* from, int64_t step, int64_t stride, float* to) {
  constexpr int kLast = (W - 1) % kLanes + 1;  // elements of the last vector of a row of the panel
  if (step == 1) {
    for (int64_t p = 0; p < k; p++) {
      NG_UNROLL
      for (int i = 0; i < W; i += kLanes) {
        const int have = static_cast<int>(min_of(kLanes, count > i ? count - i : 0));
        store_n(to + p * W + i, load_n(from + p * stride + i, have), i + kLanes <= W ? kLanes : kLast);
      }
    }
  } else if (stride == 1) {
    int i = 0;
    for (; i + kLanes <= W; i += kLanes) {
      const int have = static_cast<int>(min_of(kLanes, count > i ? count - i : 0));
      pack_columns<kLanes>(have, kLanes, k, from + i * step, step, to + i, W);
    }
    if (i < W) pack_columns<kLast>(count > i ? count - i : 0, kLast, k, from + i * step, step, to + i, W);
  } else {
    for (int64_t p = 0; p < k; p++) {
      for (int i = 0; i < W; i++) to[p * W + i] = i < count ? from[p * stride + i * step] : 0.0f;
    }
  }
}

template <int W>
NG_INLINE void pack(int64_t n, int64_t k, const float* from, int64_t step, int64_t stride, float* panels) {
  // Where the source runs across the panels, a few rows of it at a time: it is read in long stretches.
  const int64_t depth = step == 1 ? 16 : k;
  for (int64_t p = 0; p < k; p += depth) {
    for (int64_t i = 0; i < n; i += W) {
      pack_panel<W>(static_cast<int>(min_of(W, n - i)), min_of(depth, k - p), from + i * step + p * stride,
                    step, stride, panels + i * k + p * W);
    }
  }
}

void pack_a(int64_t m, int64_t k, const float* a, int64_t a_row, int64_t a_col, float* panels) {
  pack<kMr>(m, k, a, a_row, a_col, panels);
}

void pack_b(int64_t k, int64_t n, const float* b, int64_t b_row, int64_t b_col, float* panels) {
  pack<kNr>(n, k, b, b_col, b_row, panels);
}

// Adds the products of D columns of A and D rows of B to R rows of C, from left to right: B is read in D
// streams, each a whole row, which is what prefetching follows best; C stays in the L1 cache.
template <int R, int D>
NG_INLINE void sweep(int64_t n, const Operands& operands, float* c, int64_t ldc, bool accumulate) {
  Vec x[R][D];
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int p = 0; p < D; p++) x[i][p] = set1(operands.a[i * operands.a_row + p * operands.a_col]);
  }
  for (int64_t j = 0; j < n; j += kLanes) {
    const int have = static_cast<int>(min_of(kLanes, n - j));
    Vec sums[R];
    NG_UNROLL
    for (int i = 0; i < R; i++) sums[i] = accumulate ? load_n(c + i * ldc + j, have) : zero();
    NG_UNROLL
    for (int p = 0; p < D; p++) {
      const Vec y = load_n(operands.b + p * operands.b_row + j, have);
      NG_UNROLL
      for (int i = 0; i < R; i++) sums[i] = fma(x[i][p], y, sums[i]);
    }
    NG_UNROLL
    for (int i = 0; i < R; i++) store_n(c + i * ldc + j, sums[i], have);
  }
}

// All of k for R rows.
template <int R>
NG_INLINE void sweeps(int64_t n, int64_t k, Operands operands, float* c, int64_t ldc, bool accumulate) {
  constexpr int kDepth = kAccumulators / 2 / R;
  if (k == 0 && !accumulate) {
    for (int i = 0; i < R; i++) memset(c + i * ldc, 0, static_cast<size_t>(n) * sizeof(float));
  }
  int64_t p = 0;
  for (; p + kDepth <= k; p += kDepth) {
    sweep<R, kDepth>(n, operands, c, ldc, accumulate || p > 0);
    operands.a += kDepth * operands.a_col;
    operands.b += kDepth * operands.b_row;
  }
  for (; p < k; p++) {
    sweep<R, 1>(n, operands, c, ldc, accumulate || p > 0);
    operands.a += operands.a_col;
    operands.b += operands.b_row;
  }
}

void skinny(int64_t rows, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col, const float* b,
            int64_t b_row, float* c, int64_t ldc, bool accumulate) {
  const Operands operands = {a, a_row, a_col, b, b_row};
  switch (rows) {
    case 1: return sweeps<1>(n, k, operands, c, ldc, accumulate);
    case 2: return sweeps<2>(n, k, operands, c, ldc, accumulate);
    case 3: return sweeps<3>(n, k, operands, c, ldc, accumulate);
    default: return sweeps<4>(n, k, operands, c, ldc, accumulate);
  }
}

// R x J dot products.
template <int R, int J>
NG_INLINE void dot_tile(int64_t k, const float* a, int64_t a_row, const float* b, int64_t b_col, float* c,
                        int64_t ldc) {
  Vec sums[R][J];
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int j = 0; j < J; j++) sums[i][j] = zero();
  }
  for (int64_t p = 0; p < k; p += kLanes) {
    const int n = static_cast<int>(min_of(kLanes, k - p));
    Vec y[J];
    NG_UNROLL
    for (int j = 0; j < J; j++) y[j] = load_n(b + j * b_col + p, n);
    NG_UNROLL
    for (int i = 0; i < R; i++) {
      const Vec x = load_n(a + i * a_row + p, n);
      NG_UNROLL
      for (int j = 0; j < J; j++) sums[i][j] = fma(x, y[j], sums[i][j]);
    }
  }
  for (int i = 0; i < R; i++) {
    for (int j = 0; j < J; j++) c[i * ldc + j] = reduce_add(sums[i][j]);
  }
}

template <int R>
NG_INLINE void dot_tiles(int64_t n, int64_t k, const float* a, int64_t a_row, const float* b, int64_t b_col,
                         float* c, int64_t ldc) {
  constexpr int kColumns = kAccumulators / 4 / (R > 2 ? 2 : 1);
  int64_t j = 0;
  for (; j + kColumns <= n; j += kColumns) {
    dot_tile<R, kColumns>(k, a, a_row, b + j * b_col, b_col, c + j, ldc);
  }
  for (; j < n; j++) dot_tile<R, 1>(k, a, a_row, b + j * b_col, b_col, c + j, ldc);
}

void dots(int64_t rows, int64_t n, int64_t k, const float* a, int64_t a_row, const float* b, int64_t b_col,
          float* c, int64_t ldc) {
  switch (rows) {
    case 1: return dot_tiles<1>(n, k, a, a_row, b, b_col, c, ldc);
    case 2: return dot_tiles<2>(n, k, a, a_row, b, b_col, c, ldc);
    case 3: return dot_tiles<3>(n, k, a, a_row, b, b_col, c, ldc);
    default: return dot_tiles<4>(n, k, a, a_row, b, b_col, c, ldc);
  }
}

void sum_parts(int64_t n, int64_t count, const float* parts, int64_t stride, float* out) {
  for (int64_t i = 0; i < n; i += kLanes) {
    const int have = static_cast<int>(min_of(kLanes, n - i));
    Vec sum = load_n(parts + i, have);
    for (int64_t s = 1; s < count; s++) sum = add(sum, load_n(parts + s * stride + i, have));
    store_n(out + i, sum, have);
  }
}

void store_tile(int64_t rows, int64_t cols, const float* tile, int64_t ld, float* c, int64_t c_row,
                int64_t c_col) {
  if (c_col == 1) {
    for (int64_t i = 0; i < rows; i++)
      memcpy(c + i * c_row, tile + i * ld, static_cast<size_t>(cols) * sizeof(float));
  } else if (c_row == 1) {
    for (int64_t i = 0; i < rows; i += kLanes) {
      const int have = static_cast<int>(min_of(kLanes, rows - i));
      pack_columns<kLanes>(have, have, cols, tile + i * ld, ld, c + i, c_col);
    }
  } else {
    for (int64_t i = 0; i < rows; i++) {
      for (int64_t j = 0; j < cols; j++) c[i * c_row + j * c_col] = tile[i * ld + j];
    }
  }
}

}  // namespace

extern const GemmKernels gemm_kernels;
const GemmKernels gemm_kernels = {
    kMr,    kNr,    kLanes, kKc,  kernel,    kernel_segments, kernel_in_place, kernel_b_panels,
    pack_a, pack_b, skinny, dots, sum_parts, store_tile};

}  // namespace NG_ISA
}  // namespace ng
