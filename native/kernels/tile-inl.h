// Register tiles: R rows of V vectors of sums, which stay in registers because every loop over them is
// unrolled.

#ifndef NODEGRAD_KERNELS_TILE_INL_H_
#define NODEGRAD_KERNELS_TILE_INL_H_

#include <stdint.h>

#include "../simd/simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

template <int R, int V>
NG_INLINE void clear(Vec (&sums)[R][V]) {
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int j = 0; j < V; j++) sums[i][j] = zero();
  }
}

// sums += x * row, for one row of the tile.
template <int V>
NG_INLINE void add_product(Vec (&sums)[V], Vec x, const Vec (&row)[V]) {
  NG_UNROLL
  for (int j = 0; j < V; j++) sums[j] = fma(x, row[j], sums[j]);
}

// Writes rows `step` floats apart, of the last vector only the first `last` columns.
template <int R, int V>
NG_INLINE void store_tile(const Vec (&sums)[R][V], float* to, int64_t step, int last) {
  NG_UNROLL
  for (int i = 0; i < R; i++) {
    NG_UNROLL
    for (int j = 0; j < V - 1; j++) store(to + i * step + j * kLanes, sums[i][j]);
    store_n(to + i * step + (V - 1) * kLanes, sums[i][V - 1], last);
  }
}

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_KERNELS_TILE_INL_H_
