#include "winograd.h"

#include "tile-inl.h"

namespace ng {
namespace NG_ISA {

extern const WinogradKernels winograd_kernels;

namespace {

// Products of kTiles tiles by two vectors of outputs: the sums, a row of U and one element of V fill the
// registers.
#if defined(NG_ISA_AVX512)
constexpr int kTiles = 14;
#elif defined(NG_ISA_AVX2)
constexpr int kTiles = 6;
#elif defined(NG_ISA_NEON)
constexpr int kTiles = 8;
#else
constexpr int kTiles = 4;
#endif
constexpr int kWidth = 2 * kLanes;
// Transformed weights come from an outer cache or from memory: floats that they are fetched ahead of their
// use.
constexpr int kAhead = 1024;

// The one-dimensional transforms, by the number of elements: of inputs (Bt), of weights (G) and of results
// (At). Points ±p share the even and the odd part of the polynomial.

NG_INLINE Vec fma(float a, Vec b, Vec c) { return fma(set1(a), b, c); }
NG_INLINE Vec mul(float a, Vec b) { return mul(set1(a), b); }

NG_INLINE void transform_source(const Vec (&d)[4], Vec (&v)[4]) {
  v[0] = sub(d[0], d[2]);
  v[1] = add(d[2], d[1]);
  v[2] = sub(d[2], d[1]);
  v[3] = sub(d[3], d[1]);
}
NG_INLINE void transform_source(const Vec (&d)[6], Vec (&v)[6]) {
  v[0] = fma(81.0f / 64, d[0], fma(-45.0f / 16, d[2], d[4]));
  const Vec even1 = fma(-9.0f / 4, d[2], d[4]), odd1 = fma(-9.0f / 4, d[1], d[3]);
  v[1] = fma(3.0f / 4, odd1, even1);
  v[2] = fma(-3.0f / 4, odd1, even1);
  const Vec even2 = fma(-9.0f / 16, d[2], d[4]), odd2 = fma(-9.0f / 16, d[1], d[3]);
  v[3] = fma(3.0f / 2, odd2, even2);
  v[4] = fma(-3.0f / 2, odd2, even2);
  v[5] = fma(81.0f / 64, d[1], fma(-45.0f / 16, d[3], d[5]));
}

NG_INLINE void transform_weights(const Vec (&g)[3], Vec (&u)[4]) {
  const Vec even = mul(0.5f, add(g[0], g[2])), odd = mul(0.5f, g[1]);
  u[0] = g[0];
  u[1] = add(even, odd);
  u[2] = sub(even, odd);
  u[3] = g[2];
}
NG_INLINE void transform_weights(const Vec (&g)[3], Vec (&u)[6]) {
  u[0] = mul(64.0f / 81, g[0]);
  const Vec even1 = fma(-128.0f / 243, g[0], mul(-72.0f / 243, g[2])), odd1 = mul(-96.0f / 243, g[1]);
  u[1] = add(even1, odd1);
  u[2] = sub(even1, odd1);
  const Vec even2 = fma(32.0f / 243, g[0], mul(72.0f / 243, g[2])), odd2 = mul(48.0f / 243, g[1]);
  u[3] = add(even2, odd2);
  u[4] = sub(even2, odd2);
  u[5] = g[2];
}

NG_INLINE void transform_result(const Vec (&m)[4], Vec (&y)[2]) {
  y[0] = add(m[0], add(m[1], m[2]));
  y[1] = add(m[3], sub(m[1], m[2]));
}
NG_INLINE void transform_result(const Vec (&m)[6], Vec (&y)[4]) {
  const Vec even1 = add(m[1], m[2]), odd1 = sub(m[1], m[2]);
  const Vec even2 = add(m[3], m[4]), odd2 = sub(m[3], m[4]);
  y[0] = add(m[0], add(even1, even2));
  y[1] = fma(3.0f / 4, odd1, mul(3.0f / 2, odd2));
  y[2] = fma(9.0f / 16, even1, mul(9.0f / 4, even2));
  y[3] = fma(27.0f / 64, odd1, fma(27.0f / 8, odd2, m[5]));
}

NG_INLINE void transform_gradient(const Vec (&y)[2], Vec (&d)[4]) {
  d[0] = y[0];
  d[1] = add(y[0], y[1]);
  d[2] = sub(y[0], y[1]);
  d[3] = y[1];
}
NG_INLINE void transform_gradient(const Vec (&y)[4], Vec (&d)[6]) {
  d[0] = y[0];
  const Vec even1 = fma(9.0f / 16, y[2], y[0]), odd1 = mul(3.0f / 4, fma(9.0f / 16, y[3], y[1]));
  d[1] = add(even1, odd1);
  d[2] = sub(even1, odd1);
  const Vec even2 = fma(9.0f / 4, y[2], y[0]), odd2 = mul(3.0f / 2, fma(9.0f / 4, y[3], y[1]));
  d[3] = add(even2, odd2);
  d[4] = sub(even2, odd2);
  d[5] = y[3];
}

NG_INLINE void transform_taps(const Vec (&s)[4], Vec (&g)[3]) {
  const Vec even = mul(0.5f, add(s[1], s[2]));
  g[0] = add(s[0], even);
  g[1] = mul(0.5f, sub(s[1], s[2]));
  g[2] = add(s[3], even);
}
NG_INLINE void transform_taps(const Vec (&s)[6], Vec (&g)[3]) {
  const Vec even1 = add(s[1], s[2]), odd1 = sub(s[1], s[2]);
  const Vec even2 = add(s[3], s[4]), odd2 = sub(s[3], s[4]);
  g[0] = fma(64.0f / 81, s[0], fma(-128.0f / 243, even1, mul(32.0f / 243, even2)));
  g[1] = fma(-96.0f / 243, odd1, mul(48.0f / 243, odd2));
  g[2] = fma(-72.0f / 243, even1, fma(72.0f / 243, even2, s[5]));
}

// Tiles whose columns are transformed at a time, so that columns that two tiles share are transformed once.
constexpr int kGroup = 8;

template <int M>
void source(int64_t tiles, const float* strip, int64_t row_step, float* v, int64_t position_step) {
  constexpr int kSize = M + 2;
  Vec columns[kGroup * M + 2][kSize];
  for (int64_t first = 0; first < tiles; first += kGroup) {
    const int group = static_cast<int>(tiles - first < kGroup ? tiles - first : kGroup);
    for (int x = 0; x < group * M + 2; x++) {
      const float* from = strip + (first * M + x) * kLanes;
      Vec d[kSize];
      NG_UNROLL
      for (int i = 0; i < kSize; i++) d[i] = load(from + i * row_step);
      transform_source(d, columns[x]);
    }
    for (int t = 0; t < group; t++) {
      float* to = v + (first + t) * kLanes;
      for (int i = 0; i < kSize; i++) {
        Vec d[kSize], row[kSize];
        NG_UNROLL
        for (int j = 0; j < kSize; j++) d[j] = columns[t * M + j][i];
        transform_source(d, row);
        NG_UNROLL
        for (int j = 0; j < kSize; j++) store(to + (i * kSize + j) * position_step, row[j]);
      }
    }
  }
}

template <int M>
void weights(int64_t channels, const float* taps, int64_t channel_step, int64_t tap_step, float* u,
             int64_t position_step) {
  constexpr int kSize = M + 2;
  for (int64_t c = 0; c < channels; c++) {
    for (int column = 0; column < kWidth; column += kLanes) {
      const float* from = taps + c * channel_step + column;
      float* to = u + c * kWidth + column;
      Vec columns[3][kSize];
      NG_UNROLL
      for (int j = 0; j < 3; j++) {
        const Vec g[3] = {load(from + j * tap_step), load(from + (3 + j) * tap_step),
                          load(from + (6 + j) * tap_step)};
        transform_weights(g, columns[j]);
      }
      for (int i = 0; i < kSize; i++) {
        const Vec g[3] = {columns[0][i], columns[1][i], columns[2][i]};
        Vec row[kSize];
        transform_weights(g, row);
        NG_UNROLL
        for (int j = 0; j < kSize; j++) store(to + (i * kSize + j) * position_step, row[j]);
      }
    }
  }
}

// One vector of channels of one tile: y[i][j] = (At · M · A)[i][j].
template <int M>
NG_INLINE void result_tile(const float* m, int64_t position_step, int channels, Vec (&y)[M][M]) {
  constexpr int kSize = M + 2;
  Vec columns[kSize][M];
  NG_UNROLL
  for (int j = 0; j < kSize; j++) {
    Vec p[kSize];
    NG_UNROLL
    for (int i = 0; i < kSize; i++) {
      const float* at = m + (i * kSize + j) * position_step;
      p[i] = channels == kLanes ? load(at) : load_n(at, channels);
    }
    transform_result(p, columns[j]);
  }
  NG_UNROLL
  for (int i = 0; i < M; i++) {
    Vec p[kSize];
    NG_UNROLL
    for (int j = 0; j < kSize; j++) p[j] = columns[j][i];
    transform_result(p, y[i]);
  }
}

template <int M>
void result(const float* m, int64_t position_step, int64_t tile_step, int64_t channels, float* out,
            int64_t row_step, int64_t pixel_step, int64_t rows, int64_t columns) {
  for (int64_t x = 0; x < columns; x += M, m += tile_step) {
    const bool whole = rows == M && columns - x >= M;
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int have = static_cast<int>(channels - c < kLanes ? channels - c : kLanes);
      float* to = out + x * pixel_step + c;
      Vec y[M][M];
      if (whole && have == kLanes) {  // with constants the compiler drops every test
        result_tile<M>(m + c, position_step, kLanes, y);
        NG_UNROLL
        for (int i = 0; i < M; i++) {
          NG_UNROLL
          for (int j = 0; j < M; j++) store(to + i * row_step + j * pixel_step, y[i][j]);
        }
        continue;
      }
      result_tile<M>(m + c, position_step, have, y);
      for (int i = 0; i < M && i < rows; i++) {
        for (int j = 0; j < M && x + j < columns; j++)
          store_n(to + i * row_step + j * pixel_step, y[i][j], have);
      }
    }
  }
}

template <int M>
void gradient(int64_t tiles, const float* strip, int64_t row_step, float* d, int64_t tile_step,
              int64_t position_step) {
  constexpr int kSize = M + 2;
  for (int64_t t = 0; t < tiles; t++, strip += M * kLanes, d += tile_step) {
    Vec columns[M][kSize];
    NG_UNROLL
    for (int j = 0; j < M; j++) {
      Vec y[M];
      NG_UNROLL
      for (int i = 0; i < M; i++) y[i] = load(strip + i * row_step + j * kLanes);
      transform_gradient(y, columns[j]);
    }
    NG_UNROLL
    for (int i = 0; i < kSize; i++) {
      Vec y[M], row[kSize];
      NG_UNROLL
      for (int j = 0; j < M; j++) y[j] = columns[j][i];
      transform_gradient(y, row);
      NG_UNROLL
      for (int j = 0; j < kSize; j++) store(d + (i * kSize + j) * position_step, row[j]);
    }
  }
}

template <int M>
void taps(const float* s, int64_t position_step, float* out, int64_t tap_step, int channels) {
  constexpr int kSize = M + 2;
  Vec columns[kSize][3];
  NG_UNROLL
  for (int j = 0; j < kSize; j++) {
    Vec p[kSize];
    NG_UNROLL
    for (int i = 0; i < kSize; i++) p[i] = load(s + (i * kSize + j) * position_step);
    transform_taps(p, columns[j]);
  }
  NG_UNROLL
  for (int i = 0; i < 3; i++) {
    Vec p[kSize], g[3];
    NG_UNROLL
    for (int j = 0; j < kSize; j++) p[j] = columns[j][i];
    transform_taps(p, g);
    NG_UNROLL
    for (int j = 0; j < 3; j++) store_n(out + (3 * i + j) * tap_step, g[j], channels);
  }
}

// R tiles by V vectors of outputs, all sums in registers.
template <int R, int V>
void product_tile(int64_t channels, const float* v, int64_t slice_step, const float* u, float* m,
                  int64_t tile_step, int last) {
  Vec sums[R][V];
  clear(sums);
  for (int64_t c = 0; c < channels; c += kLanes, v += slice_step) {
    const int64_t count = channels - c < kLanes ? channels - c : kLanes;
    for (int64_t lane = 0; lane < count; lane++, u += kWidth) {
      Vec row[V];
      NG_UNROLL
      for (int j = 0; j < V; j++) {
        row[j] = load(u + j * kLanes);
        NG_FETCH(u + j * kLanes + kAhead);
      }
      NG_UNROLL
      for (int i = 0; i < R; i++) {
        add_product(sums[i], set1(v[i * kLanes + lane]), row);
      }
    }
  }
  store_tile(sums, m, tile_step, last);
}

using ProductTile = void (*)(int64_t channels, const float* v, int64_t slice_step, const float* u, float* m,
                             int64_t tile_step, int last);

// By tiles and vectors, one below each.
#define NG_TILES(r) \
  { product_tile<(r < kTiles ? r : kTiles), 1>, product_tile<(r < kTiles ? r : kTiles), 2> }
constexpr ProductTile kProductTiles[14][2] = {
    NG_TILES(1), NG_TILES(2), NG_TILES(3),  NG_TILES(4),  NG_TILES(5),  NG_TILES(6),  NG_TILES(7),
    NG_TILES(8), NG_TILES(9), NG_TILES(10), NG_TILES(11), NG_TILES(12), NG_TILES(13), NG_TILES(14)};
#undef NG_TILES

void product(int64_t channels, const float* v, int64_t slice_step, const float* u, float* m,
             int64_t tile_step, int tiles, int columns) {
  const int vectors = columns > kLanes ? 2 : 1;
  kProductTiles[tiles - 1][vectors - 1](channels, v, slice_step, u, m, tile_step,
                                        columns - (vectors - 1) * kLanes);
}

// R outputs by V slices.
template <int R, int V>
void accumulate_tile(int64_t tiles, const float* d, int64_t tile_step, const float* v, int64_t slice_step,
                     float* s, bool add) {
  Vec sums[R][V];
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int j = 0; j < V; j++) sums[i][j] = add ? load(s + i * kWidth + j * kLanes) : zero();
  }
  for (int64_t t = 0; t < tiles; t++, d += tile_step, v += kLanes) {
    Vec row[V];
    NG_UNROLL
    for (int j = 0; j < V; j++) row[j] = load(v + j * slice_step);
    NG_UNROLL
    for (int i = 0; i < R; i++) {
      add_product(sums[i], set1(d[i]), row);
    }
  }
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int j = 0; j < V; j++) store(s + i * kWidth + j * kLanes, sums[i][j]);
  }
}

using AccumulateTile = void (*)(int64_t tiles, const float* d, int64_t tile_step, const float* v,
                                int64_t slice_step, float* s, bool add);

// By outputs and slices, one below each.
#define NG_OUTPUTS(r) \
  { accumulate_tile<(r < kTiles ? r : kTiles), 1>, accumulate_tile<(r < kTiles ? r : kTiles), 2> }
constexpr AccumulateTile kAccumulateTiles[14][2] = {
    NG_OUTPUTS(1),  NG_OUTPUTS(2),  NG_OUTPUTS(3),  NG_OUTPUTS(4), NG_OUTPUTS(5),
    NG_OUTPUTS(6),  NG_OUTPUTS(7),  NG_OUTPUTS(8),  NG_OUTPUTS(9), NG_OUTPUTS(10),
    NG_OUTPUTS(11), NG_OUTPUTS(12), NG_OUTPUTS(13), NG_OUTPUTS(14)};
#undef NG_OUTPUTS

void accumulate(int64_t tiles, const float* d, int64_t tile_step, const float* v, int64_t slice_step,
                int slices, float* s, int outputs, bool add) {
  kAccumulateTiles[outputs - 1][slices - 1](tiles, d, tile_step, v, slice_step, s, add);
}

}  // namespace

const WinogradKernels winograd_kernels = {
    kLanes,
    kWidth,
    kTiles,
    {{2, 16, source<2>, weights<2>, result<2>, gradient<2>, taps<2>},
     {4, 36, source<4>, weights<4>, result<4>, gradient<4>, taps<4>}},
    product,
    accumulate,
};

}  // namespace NG_ISA
}  // namespace ng
