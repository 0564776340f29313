// Small products of long rows, A · Bᵀ with k side by side in both, as dot products: gradients of weights.
// Packing would take longer than multiplying; the lanes of a sum are added up at its end.

#include <algorithm>

#include "gemm_plan.h"

namespace ng {

void multiply_dots(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const GemmPlan& plan = *static_cast<const GemmPlan*>(opaque);
  const GemmProblem& problem = plan.problem;
  const DotKernels& dot = *plan.dot;
  const GemmTile tile = tile_of(plan, run, chunk, worker);
  const Region& r = tile.region;
  const int64_t lda = problem.a.row, ldb = problem.b.col;
  const float* a = matrix_at(run, problem, problem.a, r.batch) + r.row * lda;
  const float* b = matrix_at(run, problem, problem.b, r.batch) + r.col * ldb;
  int64_t offsets[kDotSide];  // of the columns
  for (int64_t j = 0; j < r.cols; j++) offsets[j] = j * ldb;
  float* totals = scratch_at(worker, plan.scratch_sums);
  for (int64_t n = tile.first_block; n < tile.end_block; n++) {
    const int64_t start = n * plan.tiling.kc, length = std::min(plan.tiling.kc, problem.k - start);
    const bool last = n + 1 == tile.end_block;
    float* sums = totals + round_up(dot.rows * dot.cols, dot.lanes);  // of one register tile after the other
    for (int64_t j = 0; j < r.cols; j += dot.cols) {
      const int cols = static_cast<int>(std::min<int64_t>(dot.cols, r.cols - j));
      for (int64_t i = 0; i < r.rows; i += dot.rows) {
        const int rows = static_cast<int>(std::min<int64_t>(dot.rows, r.rows - i));
        dot.tile(1, length, a + i * lda + start, lda, 0, b + start, offsets + j, 0, rows, cols, sums,
                 n > tile.first_block);
        if (last) {
          dot.reduce(sums, rows * cols, totals);
          for (int y = 0; y < rows; y++) {
            std::copy(totals + y * cols, totals + (y + 1) * cols, tile.c + (i + y) * tile.ldc + j);
          }
        }
        sums += rows * cols * dot.lanes;
      }
    }
  }
  if (tile.finishes) finish(plan, run, r, tile.c, tile.ldc, worker);
}

int64_t dot_scratch_floats(const GemmPlan& plan) {
  const DotKernels& dot = *plan.dot;
  const int64_t sums = round_up(plan.tiling.tile_m, dot.rows) * round_up(plan.tiling.tile_n, dot.cols);
  return round_up(dot.rows * dot.cols, dot.lanes) + sums * dot.lanes;
}

}  // namespace ng
