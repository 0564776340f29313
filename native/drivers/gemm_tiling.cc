#include "gemm_tiling.h"

#include <cstdlib>

namespace ng {
namespace {

// A chunk is at least this many vector multiply-adds: 5 to 20 microseconds.
constexpr double kMinChunk = 32768;
// Two threads share as little as this: a hand-over costs them a tenth of it.
constexpr double kHalves = 16384;
// Chunks that keep 16 threads busy to the end.
constexpr int64_t kManyChunks = 32;
// Packing one vector takes as long as this many multiply-adds; from rows of B that lie far apart, twice as
// long if only kShortStretch columns of each are taken: every row starts in another page of memory.
constexpr double kPackCost = 4;
constexpr double kShortStretch = 128;
// Packing ahead moves through outer caches what packing at the time of use keeps in the inner ones.
constexpr double kSharedCost = 2.5;
// Writing a vector of partial sums and adding it up later.
constexpr double kSplitCost = 24;
// A step more, in multiply-adds.
constexpr double kStepCost = 8192;
// Floats that fit the L2 cache beside what streams through it.
constexpr int64_t kTileFloats = 128 * 1024;
// Floats of an operand above which packing all of it ahead of its use would run through memory.
constexpr int64_t kSharedFloats = 4 * 1024 * 1024;
// Rows this many bytes apart, or a multiple, crowd into few sets of the L1 cache.
constexpr int64_t kCacheWayBytes = 4096;
// Rows of B at most this many bytes apart share pages of memory, and prefetching follows them.
constexpr int64_t kNearBytes = 2048;
// Floats of an operand that is likely to be in the L2 cache already. Reading a larger one where it lies is
// faster while it is in the L3 cache (by a tenth), but much slower than packing it when it comes from memory.
constexpr int64_t kNearFloats = 64 * 1024;
// Floats of an operand that stays in the L1 cache.
constexpr int64_t kFirstFloats = 8 * 1024;
// Rows of A up to which reading B with a stride costs less than packing it.
constexpr int64_t kFewRows = 256;

bool has_near_rows(const MatrixView& b) {
  return std::abs(b.row) * static_cast<int64_t>(sizeof(float)) <= kNearBytes;
}

// Whether micro-kernels read B as fast where it lies: vectors of its rows, from the L1 cache or few times
// each. Rows that do not start at multiples of a vector cost two cache lines a vector, which few rows of A or
// the L1 cache hide.
bool reads_b_in_place(const GemmProblem& p, const GemmKernels& kernels) {
  const int64_t floats = p.k * p.n;
  if (p.b.col != 1 || !has_near_rows(p.b)) return false;
  if (floats <= kFirstFloats) return true;
  const bool few_splits =
      (p.b.row % kernels.lanes == 0 && p.b.view->offset % kernels.lanes == 0) || floats < kNearFloats / 4;
  return floats <= kNearFloats && p.m <= (few_splits ? kFewRows : 5 * kernels.mr);
}

// The same for A: element by element along its rows or columns, by few tiles.
bool reads_a_in_place(const GemmProblem& p, const GemmKernels& kernels, const Tiling& tiling) {
  if (reads_b_in_place(p, kernels)) return true;
  const bool spread = p.a.row * static_cast<int64_t>(sizeof(float)) % kCacheWayBytes != 0;
  return p.a.col == 1 && spread && std::min(p.n, tiling.tile_n) <= 4 * kernels.nr;
}

// Fills in what follows from the size of a tile: where it takes its operands from, and what the product
// costs.
void complete_tiling(const GemmProblem& p, const GemmKernels& kernels, int64_t batches, bool keeps_a,
                     bool keeps_b, Tiling* tiling) {
  const double lanes = kernels.lanes;
  const int64_t row_tiles = tiling->row_tiles = ceil_div(p.m, tiling->tile_m);
  const int64_t col_tiles = tiling->col_tiles = ceil_div(p.n, tiling->tile_n);
  const auto source = [&](bool in_place, bool keeps, int64_t floats, int64_t uses) {
    if (in_place || p.k == 0) return Source::kInPlace;
    if (keeps) return Source::kShared;
    return uses > 1 && batches * floats <= kSharedFloats ? Source::kShared : Source::kPrivate;
  };
  // Reads `floats` for each of `uses` tiles and packs them for each, or once for all.
  const auto cost_of = [&](Source from, bool keeps, double floats, int64_t uses, double pack_cost) {
    const double times = static_cast<double>(uses);
    const double packs = from == Source::kInPlace || keeps ? 0
                         : from == Source::kShared         ? kSharedCost
                                                           : times;
    return floats / lanes * (times + packs * pack_cost);
  };
  tiling->a = source(reads_a_in_place(p, kernels, *tiling), keeps_a, p.m * p.k, col_tiles);
  tiling->b = source(reads_b_in_place(p, kernels), keeps_b, p.k * p.n, row_tiles);

  const double k = static_cast<double>(p.k), m = static_cast<double>(p.m), n = static_cast<double>(p.n);
  const double stretch = std::min(n, static_cast<double>(tiling->tile_n));
  const bool is_far = p.b.col == 1 && !has_near_rows(p.b);
  const double pack_b = kPackCost * (is_far ? 1 + kShortStretch / stretch : 1);
  const double vectors = static_cast<double>(ceil_div(p.n, kernels.lanes));
  double cost = m * vectors * k + cost_of(tiling->a, keeps_a, m * k, col_tiles, kPackCost) +
                cost_of(tiling->b, keeps_b, k * n, row_tiles, pack_b);
  if (tiling->splits > 1) cost += kSplitCost * m * vectors * static_cast<double>(tiling->splits);
  const int steps = (tiling->splits > 1) + (tiling->a == Source::kShared && !keeps_a) +
                    (tiling->b == Source::kShared && !keeps_b);
  tiling->cost = static_cast<double>(batches) * cost + kStepCost * steps;
}

// Chunks that are worth their while and keep many threads busy.
int64_t wanted_chunks(double multiply_adds) {
  const int64_t least = multiply_adds < kHalves ? 1 : 2;
  return std::clamp(static_cast<int64_t>(multiply_adds / kMinChunk), least, kManyChunks);
}

// How much longer a product takes in so many equal chunks because threads are idle: one of two at the end, or
// some of many.
double idleness(int64_t chunks, int64_t wanted) {
  if (wanted == 1) return 1;
  const double uneven = static_cast<double>(round_up(chunks, 2)) / static_cast<double>(chunks);
  return std::max(uneven, static_cast<double>(wanted) / static_cast<double>(2 * chunks));
}

// Dot products: vectors of k at least, because adding up the lanes of a sum takes as long as some; floats of
// k at a time, so that the rows in use stay in the L1 cache.
constexpr int64_t kDotVectors = 24;
constexpr int64_t kDotDepth = 512;

// Thin products: rows at most, columns of a tile and depth of a block, where rows of B share pages of memory,
// so that a block is one stretch, and where they lie further apart: then each is a stretch of its own, and
// processors follow about 32 of them. Sums of a tile stay in the L2 cache.
struct ThinLimits {
  int64_t rows, columns, depth;
};
constexpr int64_t kPageBytes = 4096;
constexpr ThinLimits kSharedPages = {128, 512, 128}, kOwnPages = {32, 2048, 32};
constexpr int64_t kThinTileFloats = 64 * 1024;
// For more chunks k is split down to this depth, then columns to this number, until threads are idle for less
// than a part of the time.
constexpr int64_t kThinSplitDepth = 256;
constexpr int64_t kThinColumns = 64;
constexpr double kThinIdleness = 1.2;
// What reading B costs beside a multiply-add.
constexpr double kThinCost = 1.25;

const ThinLimits& limits_of(const MatrixView& b) {
  const bool shares_pages = std::abs(b.row) * static_cast<int64_t>(sizeof(float)) <= kPageBytes;
  return shares_pages ? kSharedPages : kOwnPages;
}

// A chunk of a skinny product reads at least this many floats.
constexpr int64_t kSkinnyFloats = 64 * 1024;
// Its columns begin at multiples of this, which are cache lines.
constexpr int64_t kSkinnyColumns = 64;
// Columns whose sums stay in the L1 cache while rows of B stream by, and parts of k that are summed apart:
// the sums to be added at the end are a small share of B.
constexpr int64_t kSweepColumns = 2048;
constexpr int64_t kSweepSplits = 16;

}  // namespace

bool suits_dots(const GemmProblem& p, const DotKernels& dot) {
  return p.a.col == 1 && p.b.row == 1 && std::max(p.m, p.n) <= kDotSide && p.k >= kDotVectors * dot.lanes;
}

Tiling choose_dot_tiling(const GemmProblem& p, const DotKernels& dot, int64_t batches) {
  Tiling tiling;
  tiling.method = Method::kDots;
  tiling.cost = static_cast<double>(batches * p.m * p.n * ceil_div(p.k, dot.lanes));
  tiling.kc = kDotDepth;
  tiling.k_blocks = ceil_div(p.k, tiling.kc);
  const int64_t wanted = wanted_chunks(tiling.cost);
  tiling.splits = std::clamp<int64_t>(wanted / batches, 1, tiling.k_blocks);
  tiling.panel_rows = dot.rows;
  tiling.tile_m = round_up(ceil_div(p.m, ceil_div(wanted, batches * tiling.splits)), dot.rows);
  tiling.row_tiles = ceil_div(p.m, tiling.tile_m);
  tiling.tile_n = p.n;
  tiling.col_tiles = 1;
  return tiling;
}

bool is_thin(const GemmProblem& p, const GemmKernels& kernels) {
  return p.b.col == 1 && p.m <= limits_of(p.b).rows && !reads_b_in_place(p, kernels);
}

Tiling choose_thin_tiling(const GemmProblem& p, const GemmKernels& kernels, int64_t batches) {
  const ThinLimits& limits = limits_of(p.b);
  Tiling tiling;
  const double vectors = static_cast<double>(batches * p.m * ceil_div(p.n, kernels.lanes));
  tiling.cost = vectors * static_cast<double>(p.k) * kThinCost;
  tiling.panel_rows = ceil_div(p.m, ceil_div(p.m, kernels.mr));
  tiling.panel_cols = kernels.lanes;
  tiling.tile_m = p.m;
  tiling.row_tiles = 1;
  tiling.k_blocks = std::max<int64_t>(1, ceil_div(p.k, limits.depth));
  tiling.kc = std::max<int64_t>(1, ceil_div(p.k, tiling.k_blocks));
  int64_t columns = std::min(limits.columns, kThinTileFloats / p.m);
  const int64_t wanted = wanted_chunks(tiling.cost);
  for (;;) {  // cuts k while it is deep, then columns
    tiling.col_tiles = ceil_div(p.n, columns);
    tiling.tile_n = round_up(ceil_div(p.n, tiling.col_tiles), kernels.lanes);
    tiling.col_tiles = ceil_div(p.n, tiling.tile_n);
    if (idleness(batches * tiling.col_tiles * tiling.splits, wanted) <= kThinIdleness) return tiling;
    if (p.k >= 2 * tiling.splits * kThinSplitDepth) {
      tiling.splits *= 2;
    } else if (tiling.tile_n > kThinColumns) {
      columns = std::max(kThinColumns, tiling.tile_n / 2);
    } else {
      return tiling;
    }
  }
}

Tiling choose_skinny_tiling(const GemmProblem& p, int64_t batches) {
  const bool sweeps = p.b.col == 1;
  const int64_t depth = std::max<int64_t>(1, p.k);
  Tiling tiling;
  tiling.method = Method::kSweeps;
  tiling.cost = static_cast<double>(batches * p.n * p.k) / 3;
  tiling.tile_m = p.m;
  tiling.row_tiles = 1;
  tiling.panel_cols = kSkinnyColumns;
  tiling.tile_n =
      std::min(p.n, sweeps ? kSweepColumns : round_up(ceil_div(kSkinnyFloats, depth), kSkinnyColumns));
  tiling.col_tiles = ceil_div(p.n, tiling.tile_n);
  const int64_t parts = sweeps ? tiling.tile_n * depth / kSkinnyFloats : 1;
  tiling.kc = ceil_div(depth, std::clamp<int64_t>(parts, 1, kSweepSplits));
  tiling.k_blocks = tiling.splits = ceil_div(depth, tiling.kc);
  return tiling;
}

Tiling choose_tiling(const GemmProblem& p, const GemmKernels& kernels, int64_t batches, bool keeps_a,
                     bool keeps_b) {
  const double vectors = static_cast<double>(batches * p.m * ceil_div(p.n, kernels.lanes));
  const int64_t wanted = wanted_chunks(vectors * static_cast<double>(p.k));
  Tiling best;
  double best_cost = 0;
  Tiling tiling;
  tiling.k_blocks = std::max<int64_t>(1, ceil_div(p.k, kernels.kc));
  tiling.kc = std::max<int64_t>(1, ceil_div(p.k, tiling.k_blocks));  // blocks of equal depth
  const bool in_place = reads_b_in_place(p, kernels);
  const int64_t panels = ceil_div(p.m, kernels.mr);
  tiling.panel_cols = in_place ? kernels.lanes : kernels.nr;
  for (tiling.splits = 1; tiling.splits <= std::min(tiling.k_blocks, kManyChunks); tiling.splits *= 2) {
    for (int64_t rows = 1; rows < 2 * panels; rows *= 2) {
      tiling.panel_rows = ceil_div(p.m, in_place ? round_up(panels, rows) : panels);
      tiling.tile_m = round_up(ceil_div(p.m, rows), tiling.panel_rows);
      const int64_t others = batches * tiling.splits * ceil_div(p.m, tiling.tile_m);
      const int64_t even = round_up(ceil_div(p.n, ceil_div(wanted, others)), tiling.panel_cols);
      const int64_t fitting = kTileFloats / std::max(tiling.kc, tiling.tile_m) / kernels.nr * kernels.nr;
      tiling.tile_n = std::max(tiling.panel_cols, std::min(even, fitting));
      complete_tiling(p, kernels, batches, keeps_a, keeps_b, &tiling);
      const int64_t chunks = others * tiling.col_tiles;
      const double cost = tiling.cost * idleness(chunks, wanted);
      if (best.tile_m == 0 || cost < best_cost) {
        best = tiling;
        best_cost = cost;
      }
    }
  }
  return best;
}

}  // namespace ng
