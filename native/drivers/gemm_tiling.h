// How a matrix product is cut into tiles, and what of it is worth packing.

#ifndef NODEGRAD_DRIVERS_GEMM_TILING_H_
#define NODEGRAD_DRIVERS_GEMM_TILING_H_

#include <algorithm>
#include <cstdint>

#include "../kernels/dot.h"
#include "../kernels/gemm.h"
#include "arith.h"
#include "gemm.h"

namespace ng {

// Where a tile finds its panels.
enum class Source {
  kInPlace,  // in the operand itself
  kPrivate,  // each chunk packs what it needs into its scratch
  kShared,   // an earlier step packed the whole operand
};

// What computes a tile.
enum class Method {
  kTiles,   // register tiles
  kDots,    // dot products, without packing
  kSweeps,  // passes over B, for so few rows that reading B is what takes time
};

// How a product is cut. Chosen from the shape and the instruction set alone: it decides the order of sums.
struct Tiling {
  int64_t panel_rows = 1;          // of a panel of A: mr or fewer, so that all panels have about as many
  int64_t panel_cols = 1;          // of a panel of B: nr, or a vector in place
  int64_t tile_m = 0, tile_n = 0;  // of the largest tile: whole panels
  int64_t row_tiles = 0, col_tiles = 0;  // all of about the same size
  int64_t kc = 1, k_blocks = 1;  // depth of a block of k, and how many; at least one, of depth 0 where k is 0
  int64_t splits = 1;            // ranges of blocks that are summed apart
  Source a = Source::kInPlace, b = Source::kInPlace;
  Method method = Method::kTiles;
  double cost = 0;  // vector multiply-adds, or what takes as long
};

// Rows and columns of a product by dot products at most: its sums, each a vector, stay in the L2 cache.
constexpr int64_t kDotSide = 64;

// Whether dot products take less time than packing and multiplying: k is long and lies side by side in both
// operands, and the product is small.
bool suits_dots(const GemmProblem& problem, const DotKernels& dot);

// One tile, in as many parts of k as pay.
Tiling choose_dot_tiling(const GemmProblem& problem, const DotKernels& dot, int64_t batches);

// Whether A has so few rows that B is read where it lies, in shallow blocks of long rows: packing it would
// take a good part of the time, and what a row of B is multiplied with hides that it comes from afar.
bool is_thin(const GemmProblem& problem, const GemmKernels& kernels);

// Tiles of all rows, which read B once.
Tiling choose_thin_tiling(const GemmProblem& problem, const GemmKernels& kernels, int64_t batches);

// Columns that lie side by side are read whole rows at a time, as one stretch of memory, so chunks are parts
// of k; columns along which k lies side by side are chunks themselves.
Tiling choose_skinny_tiling(const GemmProblem& problem, int64_t batches);

// The cheapest tiling that gives enough chunks for many threads. `batches` matrices, none of them empty; k
// may be 0. `keeps_a`, `keeps_b`: what is packed of the operand ahead is kept from run to run, and so costs
// nothing.
Tiling choose_tiling(const GemmProblem& problem, const GemmKernels& kernels, int64_t batches, bool keeps_a,
                     bool keeps_b);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_GEMM_TILING_H_
