#include "gemm_plan.h"

#include <algorithm>

namespace ng {

float* matrix_at(const Run& run, const GemmProblem& problem, const MatrixView& matrix, int64_t index) {
  float* p = run.at<float>(*matrix.view);
  for (int axis = problem.batch_rank - 1; axis >= 0; axis--) {
    p += index % problem.batch[axis] * matrix.batch[axis];
    index /= problem.batch[axis];
  }
  return p;
}

namespace {

// Where part number `part` of an axis begins, which is cut into so many parts of about as many panels each.
int64_t start_of(int64_t length, int64_t panel, int64_t parts, int64_t part) {
  return std::min(length, ceil_div(length, panel) * part / parts * panel);
}

}  // namespace

GemmTile tile_of(const GemmPlan& plan, const Run& run, int64_t chunk, Worker& worker) {
  const GemmProblem& problem = plan.problem;
  const Tiling& tiling = plan.tiling;
  const auto row_at = [&](int64_t i) { return start_of(problem.m, tiling.panel_rows, tiling.row_tiles, i); };
  const auto col_at = [&](int64_t i) { return start_of(problem.n, tiling.panel_cols, tiling.col_tiles, i); };
  // Neighbouring chunks, which are likely to be of one thread, share a part of the larger operand.
  const int64_t tiles = tiling.row_tiles * tiling.col_tiles, i = chunk % tiles;
  const bool by_cols = problem.n >= problem.m;
  const int64_t row_tile = by_cols ? i % tiling.row_tiles : i / tiling.col_tiles;
  const int64_t col_tile = by_cols ? i / tiling.row_tiles : i % tiling.col_tiles;
  const int64_t row = row_at(row_tile), col = col_at(col_tile);
  chunk /= tiles;
  const int64_t split = chunk % tiling.splits, batch = chunk / tiling.splits;
  GemmTile tile;
  tile.region = {batch, row, row_at(row_tile + 1) - row, col, col_at(col_tile + 1) - col};
  tile.first_block = tiling.k_blocks * split / tiling.splits;
  tile.end_block = tiling.k_blocks * (split + 1) / tiling.splits;
  tile.finishes = tiling.splits == 1 && !plan.direct;
  tile.c = scratch_at(worker, plan.scratch_tile);
  tile.ldc = tiling.tile_n;
  if (tiling.splits > 1) {
    float* parts = reinterpret_cast<float*>(run.workspace + plan.parts);
    tile.c = parts + ((split * plan.batches + batch) * problem.m + row) * problem.n + col;
    tile.ldc = problem.n;
  } else if (plan.direct) {
    tile.c = matrix_at(run, problem, problem.c, batch) + row * problem.c.row + col;
    tile.ldc = problem.c.row;
  }
  return tile;
}

void finish(const GemmPlan& plan, const Run& run, const Region& r, const float* tile, int64_t ld,
            Worker& worker) {
  const MatrixView& c = plan.problem.c;
  if (plan.epilogue.is_identity()) {
    float* to = matrix_at(run, plan.problem, c, r.batch) + r.row * c.row + r.col * c.col;
    plan.kernels->store_tile(r.rows, r.cols, tile, ld, to, c.row, c.col);
  } else if (plan.swapped) {
    float* turned = scratch_at(worker, plan.scratch_turned);
    plan.kernels->store_tile(r.rows, r.cols, tile, ld, turned, 1, r.rows);
    plan.epilogue.apply(run, r.batch, r.col, r.cols, r.row, r.rows, turned, r.rows,
                        worker.scratch + plan.scratch_epilogue);
  } else {
    plan.epilogue.apply(run, r.batch, r.row, r.rows, r.col, r.cols, tile, ld,
                        worker.scratch + plan.scratch_epilogue);
  }
}

}  // namespace ng
