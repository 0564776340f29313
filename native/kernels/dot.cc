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

// Rows in segments, see DotKernels::tile.
struct Rows {
  const float* first;
  int64_t ld, segment;
};

template <int kR, int kC>
void tile_of(int64_t segments, int64_t length, Rows a, Rows b, float* sums, bool accumulate) {
  Vec acc[kR][kC];
  for (int r = 0; r < kR; r++) {
    for (int c = 0; c < kC; c++) acc[r][c] = accumulate ? load(sums + (r * kC + c) * kLanes) : zero();
  }
  for (int64_t s = 0; s < segments; s++) {
    const float* x = a.first + s * a.segment;
    const float* y = b.first + s * b.segment;
    int64_t i = 0;
    for (; i + kLanes <= length; i += kLanes) {
      Vec row[kR];
      for (int r = 0; r < kR; r++) row[r] = load(x + r * a.ld + i);
      for (int c = 0; c < kC; c++) {
        const Vec col = load(y + c * b.ld + i);
        for (int r = 0; r < kR; r++) acc[r][c] = fma(row[r], col, acc[r][c]);
      }
    }
    if (i < length) {
      const int rest = static_cast<int>(length - i);
      for (int r = 0; r < kR; r++) {
        const Vec row = load_n(x + r * a.ld + i, rest);
        for (int c = 0; c < kC; c++) acc[r][c] = fma(row, load_n(y + c * b.ld + i, rest), acc[r][c]);
      }
    }
  }
  for (int r = 0; r < kR; r++) {
    for (int c = 0; c < kC; c++) store(sums + (r * kC + c) * kLanes, acc[r][c]);
  }
}

using TileFn = void (*)(int64_t segments, int64_t length, Rows a, Rows b, float* sums, bool accumulate);

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
          int64_t ldb, int64_t b_segment, int rows, int cols, float* sums, bool accumulate) {
  kTiles[rows - 1][cols - 1](segments, length, {a, lda, a_segment}, {b, ldb, b_segment}, sums, accumulate);
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
