#include "conv.h"

#include "tile-inl.h"

namespace ng {
namespace NG_ISA {

extern const ConvKernels conv_kernels;

namespace {

constexpr int kVectors = 4;

// Weights stream past a tile, often from memory: floats that they are fetched ahead of their use.
constexpr int kAhead = 1024;

// Rows by vectors: the sums, a row of B and one element of A fill 32 or 16 registers.
#if defined(NG_ISA_AVX512) || defined(NG_ISA_NEON)
constexpr int kRows[kVectors] = {14, 14, 9, 6};
#else
constexpr int kRows[kVectors] = {6, 6, 4, 2};
#endif

// A tile of R rows and V vectors, the last of them with `last` columns.
template <int R, int V>
void tile_of(const ConvTerms& t, float* c, int64_t ldc, int last, bool accumulate) {
  Vec sums[R][V];
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int j = 0; j < V; j++) {
      const float* from = c + i * ldc + j * kLanes;
      sums[i][j] = !accumulate ? zero() : j < V - 1 ? load(from) : load_n(from, last);
    }
  }
  // Every fifth row has a pointer; the four after it are 1, 2, 3 and 4 steps away, and all but 3 are scales
  // of an index register.
  const int64_t step = t.a_row * static_cast<int64_t>(sizeof(float)), steps3 = 3 * step;
  const int64_t a_col = t.a_col * static_cast<int64_t>(sizeof(float));
  for (int64_t s = 0; s < t.segments; s++) {
    const char* a[(R + 4) / 5];
    NG_UNROLL
    for (int i = 0; i < R; i += 5) {
      a[i / 5] = reinterpret_cast<const char*>(t.a + s * t.a_segment) + i * step;
    }
    const float* b = t.b + s * t.b_segment;
    for (int64_t p = 0; p < t.length; p++) {
      Vec row[V];
      NG_UNROLL
      for (int j = 0; j < V; j++) {
        row[j] = load(b + j * kLanes);
        NG_FETCH(b + j * kLanes + kAhead);
      }
      NG_UNROLL
      for (int i = 0; i < R; i++) {
        const char* at = a[i / 5] + (i % 5 == 3 ? steps3 : i % 5 * step);
        add_product(sums[i], set1(*reinterpret_cast<const float*>(at)), row);
      }
      NG_UNROLL
      for (int i = 0; i < R; i += 5) a[i / 5] += a_col;
      b += t.b_row;
    }
  }
  store_tile(sums, c, ldc, last);
}

using TileFn = void (*)(const ConvTerms& terms, float* c, int64_t ldc, int last, bool accumulate);

// A table of the instances of a tile function by rows and vectors, one below each.
#define NG_TILE(f, r, v) f<(r < kRows[v - 1] ? r : kRows[v - 1]), v>
#define NG_TILES(f, r) \
  { NG_TILE(f, r, 1), NG_TILE(f, r, 2), NG_TILE(f, r, 3), NG_TILE(f, r, 4) }
#define NG_ALL_TILES(f)                                                                                    \
  {                                                                                                        \
    NG_TILES(f, 1), NG_TILES(f, 2), NG_TILES(f, 3), NG_TILES(f, 4), NG_TILES(f, 5), NG_TILES(f, 6),        \
        NG_TILES(f, 7), NG_TILES(f, 8), NG_TILES(f, 9), NG_TILES(f, 10), NG_TILES(f, 11), NG_TILES(f, 12), \
        NG_TILES(f, 13), NG_TILES(f, 14)                                                                   \
  }

const TileFn kTiles[14][kVectors] = NG_ALL_TILES(tile_of);

void tile(const ConvTerms& terms, float* c, int64_t ldc, int rows, int cols, bool accumulate) {
  const int vectors = (cols + kLanes - 1) / kLanes;
  kTiles[rows - 1][vectors - 1](terms, c, ldc, cols - (vectors - 1) * kLanes, accumulate);
}

// The same with rows of A one after the other and rows of B anywhere.
template <int R, int V>
void planes_of(int64_t k, const float* a, const float* b, const int64_t* offsets, float* c, int64_t ldc,
               int last) {
  Vec sums[R][V];
  clear(sums);
  for (int64_t p = 0; p < k; p++) {
    const float* from = b + offsets[p];
    Vec row[V];
    NG_UNROLL
    for (int j = 0; j < V; j++) row[j] = load(from + j * kLanes);
    NG_UNROLL
    for (int i = 0; i < R; i++) {
      add_product(sums[i], set1(a[i]), row);
    }
    a += R;
  }
  store_tile(sums, c, ldc, last);
}

using PlanesFn = void (*)(int64_t k, const float* a, const float* b, const int64_t* offsets, float* c,
                          int64_t ldc, int last);

const PlanesFn kPlanes[14][kVectors] = NG_ALL_TILES(planes_of);

void planes(int64_t k, const float* a, const float* b, const int64_t* offsets, float* c, int64_t ldc,
            int rows, int cols) {
  const int vectors = (cols + kLanes - 1) / kLanes;
  kPlanes[rows - 1][vectors - 1](k, a, b, offsets, c, ldc, cols - (vectors - 1) * kLanes);
}

int most_rows(int vectors) { return kRows[vectors - 1]; }

// `count` neighbours of each of up to kLanes rows, transposed: those number i of all rows become one vector,
// which goes to its place.
NG_INLINE void pack_block(int rows, int64_t row_step, const float* from, int count, int64_t taps,
                          int64_t first, int64_t channels, const int32_t* position, int64_t width,
                          float* to) {
  Vec v[kLanes];
  NG_UNROLL
  for (int i = 0; i < kLanes; i++) {
    v[i] = i >= rows         ? zero()
           : count == kLanes ? load(from + i * row_step)
                             : load_n(from + i * row_step, count);
  }
  transpose(v);
  int64_t c = first / taps, t = first % taps;
  NG_UNROLL
  for (int i = 0; i < kLanes; i++) {
    if (i >= count) break;
    if (position[t] >= 0) store(to + (position[t] * channels + c) * width, v[i]);
    if (++t == taps) {
      t = 0;
      c++;
    }
  }
}

void pack(int64_t rows, int64_t row_step, int64_t channels, int64_t channel_step, int64_t taps,
          const int32_t* position, const float* from, int64_t width, float* to) {
  // Where the taps of a channel follow those of the one before, all of them are one stretch.
  const int64_t together = channel_step == taps ? channels : 1;
  for (int64_t r = 0; r < width; r += kLanes) {
    const int valid = static_cast<int>(rows - r < 0 ? 0 : rows - r < kLanes ? rows - r : kLanes);
    for (int64_t c = 0; c < channels; c += together) {
      const float* source = from + r * row_step + c * channel_step;
      for (int64_t i = 0; i < together * taps; i += kLanes) {
        const int count = static_cast<int>(together * taps - i < kLanes ? together * taps - i : kLanes);
        pack_block(valid, row_step, source + i, count, taps, i, channels, position, width,
                   to + r + c * width);
      }
    }
  }
}

}  // namespace

const ConvKernels conv_kernels = {kLanes, kVectors, most_rows, tile, planes, pack};

}  // namespace NG_ISA
}  // namespace ng
