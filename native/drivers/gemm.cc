#include "gemm.h"

#include <algorithm>

#include "../kernels/kernels.h"
#include "../program/text.h"
#include "gemm_plan.h"

namespace ng {
namespace {

// Packs one group of panels of A or of B.
template <bool is_a>
void pack_panels(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const GemmPlan& plan = *static_cast<const GemmPlan*>(opaque);
  const GemmProblem& problem = plan.problem;
  const SharedPanels& shared = is_a ? plan.shared_a : plan.shared_b;
  const int64_t panel = chunk % shared.groups() * shared.group;
  const int64_t block = chunk / shared.groups() % plan.tiling.k_blocks;
  const int64_t batch = chunk / shared.groups() / plan.tiling.k_blocks;
  const int64_t start = block * plan.tiling.kc, length = std::min(plan.tiling.kc, problem.k - start);
  float* to = shared.at(run, batch, problem.k, start, length, panel);
  const int64_t first = panel * shared.used, most = shared.group * shared.used;
  if (is_a) {
    const float* a = matrix_at(run, problem, problem.a, batch) + start * problem.a.col;
    for (int64_t row = first; row < std::min(first + most, problem.m); row += shared.used) {
      plan.kernels->pack_a(std::min(shared.used, problem.m - row), length, a + row * problem.a.row,
                           problem.a.row, problem.a.col, to);
      to += shared.width * length;
    }
  } else {
    const float* b =
        matrix_at(run, problem, problem.b, batch) + first * problem.b.col + start * problem.b.row;
    plan.kernels->pack_b(length, std::min(most, problem.n - first), b, problem.b.row, problem.b.col, to);
  }
}

// One block of k of one tile, as micro-kernels read it.
struct TileBlock {
  const GemmPlan& plan;
  int64_t length;  // of the block
  bool accumulate;
  const float* a_panels;  // of the first row, where A was packed ahead
  const float* a;         // the first row in A itself
  const float* b;         // the first column, in place or in panels
  float* a_panel;         // scratch

  // Computes `rows` rows from row `i` of the tile on, over all of its columns; where panels of A are read,
  // the rows of one.
  void run(int64_t i, int64_t rows, int64_t cols, float* c, int64_t ldc) const;
};

void TileBlock::run(int64_t i, int64_t rows, int64_t cols, float* c, int64_t ldc) const {
  const GemmKernels& kernels = *plan.kernels;
  const MatrixView& view = plan.problem.a;
  const float* from = a + i * view.row;
  if (plan.tiling.b == Source::kInPlace) {
    kernels.kernel_in_place(rows, cols, length, from, view.row, view.col, b, plan.problem.b.row, c, ldc,
                            accumulate);
  } else if (plan.tiling.a == Source::kInPlace) {
    kernels.kernel_b_panels(rows, cols, length, from, view.row, view.col, b, c, ldc, accumulate);
  } else {
    const float* panel = a_panel;
    if (plan.tiling.a == Source::kPrivate) {
      kernels.pack_a(rows, length, from, view.row, view.col, a_panel);
    } else {
      panel = a_panels + i / plan.tiling.panel_rows * kernels.mr * length;
    }
    kernels.kernel(length, panel, b, c, ldc, static_cast<int>(rows), cols, accumulate);
  }
}

// Computes one tile over one range of k.
void multiply_tile(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const GemmPlan& plan = *static_cast<const GemmPlan*>(opaque);
  const GemmProblem& problem = plan.problem;
  const Tiling& tiling = plan.tiling;
  const auto [region, first_block, end_block, c, ldc, finishes] = tile_of(plan, run, chunk, worker);
  const auto [batch, row, rows, col, cols] = region;
  const float* a = matrix_at(run, problem, problem.a, batch) + row * problem.a.row;
  const float* b = matrix_at(run, problem, problem.b, batch) + col * problem.b.col;
  for (int64_t n = first_block; n < end_block; n++) {
    const int64_t start = n * plan.tiling.kc, length = std::min(plan.tiling.kc, problem.k - start);
    TileBlock block = {plan,
                       length,
                       n > first_block,
                       nullptr,
                       a + start * problem.a.col,
                       b + start * problem.b.row,
                       scratch_at(worker, plan.scratch_a)};
    if (tiling.a == Source::kShared) {
      block.a_panels = plan.shared_a.at(run, batch, problem.k, start, length, row / tiling.panel_rows);
    }
    if (tiling.b == Source::kShared) {
      block.b = plan.shared_b.at(run, batch, problem.k, start, length, col / plan.kernels->nr);
    } else if (tiling.b == Source::kPrivate) {
      float* panels = scratch_at(worker, plan.scratch_b);
      plan.kernels->pack_b(length, cols, block.b, problem.b.row, problem.b.col, panels);
      block.b = panels;
    }
    const bool finishes_rows =
        finishes && !plan.swapped && n + 1 == end_block;  // while they are in the L1 cache
    const int64_t step = tiling.a != Source::kInPlace || finishes_rows ? tiling.panel_rows : rows;
    for (int64_t i = 0; i < rows; i += step) {
      const int64_t height = std::min(step, rows - i);
      block.run(i, height, cols, c + i * ldc, ldc);
      if (finishes_rows) {
        finish(plan, run, {batch, row + i, height, col, cols}, c + i * ldc, ldc, worker);
      }
    }
  }
  if (finishes && plan.swapped) finish(plan, run, region, c, ldc, worker);
}

// Adds the partial sums of some rows.
void combine_splits(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const GemmPlan& plan = *static_cast<const GemmPlan*>(opaque);
  const GemmProblem& problem = plan.problem;
  const int64_t chunks = ceil_div(problem.m, plan.combine_rows), batch = chunk / chunks;
  const int64_t row = chunk % chunks * plan.combine_rows, rows = std::min(plan.combine_rows, problem.m - row);
  const int64_t stride = plan.batches * problem.m * problem.n;
  const float* parts =
      reinterpret_cast<const float*>(run.workspace + plan.parts) + (batch * problem.m + row) * problem.n;
  float* c = scratch_at(worker, plan.scratch_tile);
  int64_t ldc = problem.n;
  if (plan.direct) {
    c = matrix_at(run, problem, problem.c, batch) + row * problem.c.row;
    ldc = problem.c.row;
  }
  for (int64_t i = 0; i < rows; i++) {
    plan.kernels->sum_parts(problem.n, plan.tiling.splits, parts + i * problem.n, stride, c + i * ldc);
  }
  if (!plan.direct) finish(plan, run, {batch, row, rows, 0, problem.n}, c, ldc, worker);
}

// Computes one tile of a product of at most four rows.
void multiply_skinny(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const GemmPlan& plan = *static_cast<const GemmPlan*>(opaque);
  const GemmProblem& problem = plan.problem;
  const auto [region, first_block, end_block, c, ldc, finishes] = tile_of(plan, run, chunk, worker);
  const int64_t start = first_block * plan.tiling.kc;
  const int64_t length = std::min(end_block * plan.tiling.kc, problem.k) - start;
  const float* a = matrix_at(run, problem, problem.a, region.batch) + start * problem.a.col;
  const float* b =
      matrix_at(run, problem, problem.b, region.batch) + start * problem.b.row + region.col * problem.b.col;
  if (problem.b.col == 1) {
    plan.kernels->skinny(problem.m, region.cols, length, a, problem.a.row, problem.a.col, b, problem.b.row, c,
                         ldc, false);
  } else {
    plan.kernels->dots(problem.m, region.cols, length, a, problem.a.row, b, problem.b.col, c, ldc);
  }
  if (finishes) finish(plan, run, region, c, ldc, worker);
}

// Products of at most this many rows or columns are bound by reading the other operand.
constexpr int64_t kSkinnyRows = 4;

bool is_skinny(const GemmProblem& p, const GemmKernels& kernels) {
  const bool readable = (p.b.col == 1 && p.n >= 4 * kernels.lanes) ||
                        (p.b.row == 1 && p.a.col == 1 && p.k >= 4 * kernels.lanes);
  return p.m <= kSkinnyRows && readable;
}

// Share of the lanes that do useful work when the columns of the product are `n`.
double lane_use(int64_t n, int lanes) {
  return static_cast<double>(n) / static_cast<double>(round_up(n, lanes));
}

// Whether to compute the transpose: to have the few rows of a thin product as rows, or to keep more lanes
// busy where A can be read as vectors. Turning A first would cost what the lanes gain.
bool should_swap(const GemmProblem& p, const GemmKernels& kernels) {
  if (std::min(p.m, p.n) <= kSkinnyRows) return p.n < p.m && is_skinny(p.transposed(), kernels);
  return p.a.row == 1 && p.k >= 2 * kernels.lanes &&
         lane_use(p.m, kernels.lanes) > 1.1 * lane_use(p.n, kernels.lanes);
}

// The stride of an axis of length 1 says nothing; 1 opens the most paths.
void normalize(GemmProblem& p) {
  if (p.m == 1) p.a.row = 1;
  if (p.n == 1) p.b.col = p.c.col = 1;
  if (p.k == 1) p.a.col = 1;
}

// Partial sums that one chunk adds up.
constexpr int64_t kCombinedFloats = 8 * 1024;
// Floats that one chunk packs ahead, and the time it takes for one of them. Panels that it packs at least:
// rows of the operand are read in stretches of their width.
constexpr int64_t kGroupFloats = 16 * 1024;
constexpr double kPackNanoseconds = 0.2;
constexpr int64_t kGroupPanels = 4;

// Plans to pack a whole operand ahead: the rows of A or the columns of B.
template <bool is_a>
void share(const GemmPlan& plan, SharedPanels* shared, Builder& builder) {
  const GemmProblem& p = plan.problem;
  const MatrixView& matrix = is_a ? p.a : p.b;
  const int64_t length = is_a ? p.m : p.n;
  shared->width = is_a ? plan.kernels->mr : plan.kernels->nr;
  shared->used = is_a ? plan.tiling.panel_rows : shared->width;
  shared->panels = ceil_div(length, shared->used);
  shared->group = std::max(kGroupPanels, kGroupFloats / (shared->width * plan.tiling.kc));
  shared->chunks = plan.batches * plan.tiling.k_blocks * shared->groups();
  const int64_t floats = plan.batches * p.k * shared->panels * shared->width;
  std::vector<int64_t> words = {length,         p.k,          matrix.row,  matrix.col,
                                plan.tiling.kc, shared->used, p.batch_rank};
  words.insert(words.end(), p.batch, p.batch + p.batch_rank);
  words.insert(words.end(), matrix.batch, matrix.batch + p.batch_rank);
  shared->packed = builder.reserve_packed(pack_panels<is_a>, *matrix.view, words,
                                          floats * static_cast<int64_t>(sizeof(float)));
  builder.add_packing(shared->packed, pack_panels<is_a>, &plan, shared->chunks,
                      static_cast<double>(floats) * kPackNanoseconds);
}

// How a product is computed, for people.
std::string note_on(const Tiling& tiling) {
  const auto name = [](Source source) {
    return source == Source::kInPlace ? "in place" : source == Source::kShared ? "packed ahead" : "packed";
  };
  const auto number = [](int64_t n) { return static_cast<int>(n); };
  return format("%s of %d x %d, k by %d in %d parts, a %s, b %s",
                tiling.method == Method::kSweeps ? "sweeps"
                : tiling.method == Method::kDots ? "dot products"
                                                 : "tiles",
                number(tiling.tile_m), number(tiling.tile_n), number(tiling.kc), number(tiling.splits),
                name(tiling.a), name(tiling.b));
}

Tiling tiling_for(const GemmPlan& plan, const Builder& builder) {
  const GemmProblem& p = plan.problem;
  if (is_skinny(p, *plan.kernels)) return choose_skinny_tiling(p, plan.batches);
  if (suits_dots(p, *plan.dot)) return choose_dot_tiling(p, *plan.dot, plan.batches);
  const bool keeps_a = builder.lasts(p.a.view->buffer), keeps_b = builder.lasts(p.b.view->buffer);
  if (is_thin(p, *plan.kernels) && !keeps_b) return choose_thin_tiling(p, *plan.kernels, plan.batches);
  return choose_tiling(p, *plan.kernels, plan.batches, keeps_a, keeps_b);
}

// Plans the steps, and the memory that they need.
void add_steps(GemmPlan* plan, Builder& builder) {
  const GemmProblem& p = plan->problem;
  const GemmKernels& kernels = *plan->kernels;
  plan->tiling = tiling_for(*plan, builder);
  const Tiling& tiling = plan->tiling;
  builder.explain(note_on(tiling));
  plan->combine_rows = std::max<int64_t>(1, kCombinedFloats / (p.n * tiling.splits));

  const bool combines = tiling.splits > 1;
  const int64_t held = plan->direct ? 0 : combines ? plan->combine_rows * p.n : tiling.tile_m * tiling.tile_n;
  ScratchPieces scratch;
  plan->scratch_a = scratch.add(tiling.a == Source::kPrivate ? kernels.mr * plan->tiling.kc : 0);
  plan->scratch_b = scratch.add(tiling.b == Source::kPrivate ? tiling.tile_n * plan->tiling.kc : 0);
  plan->scratch_sums = scratch.add(tiling.method == Method::kDots ? dot_scratch_floats(*plan) : 0);
  plan->scratch_tile = scratch.add(held);
  plan->scratch_turned = scratch.add(plan->swapped ? held : 0);
  plan->scratch_epilogue = scratch.bytes();
  builder.reserve_scratch(scratch.bytes() + plan->epilogue.scratch_bytes());

  const double nanoseconds = tiling.cost * 0.3;
  if (tiling.a == Source::kShared) share<true>(*plan, &plan->shared_a, builder);
  if (tiling.b == Source::kShared) share<false>(*plan, &plan->shared_b, builder);
  if (combines) {
    plan->parts = builder.reserve_workspace(tiling.splits * plan->batches * p.m * p.n *
                                            static_cast<int64_t>(sizeof(float)));
  }
  builder.add_step(tiling.method == Method::kSweeps ? multiply_skinny
                   : tiling.method == Method::kDots ? multiply_dots
                                                    : multiply_tile,
                   plan, plan->batches * tiling.splits * plan->tiling.row_tiles * plan->tiling.col_tiles,
                   nanoseconds);
  if (combines) {
    builder.add_step(combine_splits, plan, plan->batches * ceil_div(p.m, plan->combine_rows),
                     nanoseconds / 16);
  }
}

}  // namespace

GemmProblem GemmProblem::transposed() const {
  const auto turn = [](MatrixView matrix) {
    std::swap(matrix.row, matrix.col);
    return matrix;
  };
  GemmProblem t = *this;
  t.m = n;
  t.n = m;
  t.a = turn(b);
  t.b = turn(a);
  t.c = turn(c);
  std::swap(t.axes.rows, t.axes.cols);
  return t;
}

std::string add_gemm(const GemmProblem& problem, const Instruction& instruction, int first_extra,
                     Builder& builder) {
  GemmPlan* plan = builder.make_plan<GemmPlan>();
  GemmProblem& p = plan->problem;
  plan->kernels = builder.kernels.gemm;
  plan->dot = builder.kernels.dot;
  p = problem;
  // The epilogue works along rows: they should be those of the output's memory.
  if (p.c.col != 1 && p.c.row == 1 && p.m > 1 && p.n > 1) p = p.transposed();
  const std::string reason = plan->epilogue.prepare(instruction, first_extra, p.axes, builder);
  if (!reason.empty()) return reason;

  normalize(p);
  plan->batches = 1;
  for (int axis = 0; axis < p.batch_rank; axis++) plan->batches *= p.batch[axis];
  if (plan->batches * p.m * p.n == 0) return "";
  plan->swapped = should_swap(p, *plan->kernels);
  if (plan->swapped) p = p.transposed();
  normalize(p);
  plan->direct = plan->epilogue.is_identity() && p.c.col == 1;
  add_steps(plan, builder);
  return "";
}

}  // namespace ng
