#include "dot.h"

#include "../simd/simd-inl.h"

namespace ng {
namespace NG_ISA {

extern const DotKernels dot_kernels;

namespace {

// rows * cols sums, one row of a and one value of b: with 32 registers 5 * 5 + 5 + 1, with 16 registers
// 4 * 3 + 3 + 1 (or 4 + 1). Both load less than they multiply.
#if defined(NG_ISA_AVX512) || defined(NG_ISA_NEON)
constexpr int kRows = 5, kCols = 5;
#else
constexpr int kRows = 4, kCols = 3;
#endif

// The operands of a tile, see DotKernels::tile.
struct Operands {
  const float* a;
  int64_t lda, a_segment;
  const float* b;
  const int64_t* offsets;
  int64_t b_segment;
};

// Adds the products of one vector of every row, of which `lanes` lanes count.
template <int kR, int kC>
NG_INLINE void add_products(const float* x, int64_t lda, const float* const (&y)[kC], int64_t at, int lanes,
                            Vec (&acc)[kR][kC]) {
  Vec row[kR];
  NG_UNROLL
  for (int r = 0; r < kR; r++) row[r] = lanes == kLanes ? load(x + r * lda) : load_n(x + r * lda, lanes);
  NG_UNROLL
  for (int c = 0; c < kC; c++) {
    const Vec col = lanes == kLanes ? load(y[c] + at) : load_n(y[c] + at, lanes);
    NG_UNROLL
    for (int r = 0; r < kR; r++) acc[r][c] = fma(row[r], col, acc[r][c]);
  }
}

template <int kR, int kC>
void tile_of(int64_t segments, int64_t length, const Operands& t, float* sums, bool accumulate) {
  Vec acc[kR][kC];
  NG_UNROLL
  for (int r = 0; r < kR; r++) {
    NG_UNROLL
    for (int c = 0; c < kC; c++) acc[r][c] = accumulate ? load(sums + (r * kC + c) * kLanes) : zero();
  }
  const float* x = t.a;
  const float* y[kC];
  NG_UNROLL
  for (int c = 0; c < kC; c++) y[c] = t.b + t.offsets[c];
  // All whole vectors first, then the ends of all segments: a loop with one body keeps the sums in registers.
  const int64_t whole = length / kLanes * kLanes;
  const int rest = static_cast<int>(length - whole);
  for (int64_t s = 0; s < segments; s++) {
    for (int64_t i = 0; i < whole; i += kLanes) {
      add_products<kR, kC>(x + s * t.a_segment + i, t.lda, y, s * t.b_segment + i, kLanes, acc);
    }
  }
  for (int64_t s = 0; rest > 0 && s < segments; s++) {
    add_products<kR, kC>(x + s * t.a_segment + whole, t.lda, y, s * t.b_segment + whole, rest, acc);
  }
  NG_UNROLL
  for (int r = 0; r < kR; r++) {
    NG_UNROLL
    for (int c = 0; c < kC; c++) store(sums + (r * kC + c) * kLanes, acc[r][c]);
  }
}

using TileFn = void (*)(int64_t segments, int64_t length, const Operands& t, float* sums, bool accumulate);

#if defined(NG_ISA_AVX512) || defined(NG_ISA_NEON)
#define NG_TILES(r) \
  { tile_of<r, 1>, tile_of<r, 2>, tile_of<r, 3>, tile_of<r, 4>, tile_of<r, 5> }
const TileFn kTiles[kRows][kCols] = {NG_TILES(1), NG_TILES(2), NG_TILES(3), NG_TILES(4), NG_TILES(5)};
#else
#define NG_TILES(r) \
  { tile_of<r, 1>, tile_of<r, 2>, tile_of<r, 3> }
const TileFn kTiles[kRows][kCols] = {NG_TILES(1), NG_TILES(2), NG_TILES(3), NG_TILES(4)};
#endif

void tile(int64_t segments, int64_t length, const float* a, int64_t lda, int64_t a_segment, const float* b,
          const int64_t* offsets, int64_t b_segment, int rows, int cols, float* sums, bool accumulate) {
  kTiles[rows - 1][cols - 1](segments, length, {a, lda, a_segment, b, offsets, b_segment}, sums, accumulate);
}

// The sum of each vector's lanes, kLanes vectors at a time: transposed, lanes add up vertically.
void reduce(const float* sums, int64_t count, float* totals) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int width = static_cast<int>(count - i < kLanes ? count - i : kLanes);
    Vec v[kLanes];
    for (int j = 0; j < kLanes; j++) v[j] = j < width ? load(sums + (i + j) * kLanes) : zero();
    transpose(v);
    for (int step = kLanes / 2; step > 0; step /= 2) {
      for (int j = 0; j < step; j++) v[j] = add(v[j], v[j + step]);
    }
    store_n(totals + i, v[0], width);
  }
}

}  // namespace

const DotKernels dot_kernels = {kLanes, kRows, kCols, tile, reduce};

}  // namespace NG_ISA
}  // namespace ng
