// Convolutions by patches: out [channels, pixels] = weights [channels, taps] · patches [taps, pixels]. A
// panel of patches is packed at a time and multiplied with all the weights of a chunk.

#include <algorithm>

#include "../kernels/kernels.h"
#include "conv.h"
#include "conv_result.h"

namespace ng {
namespace {

struct ConvPlan {
  ConvProblem problem;
  const GemmKernels* gemm;
  const Im2colKernels* im2col;
  const MoveKernels* move;
  Patches patches;
  PixelTiling tiling;
  ConvResult result;
  bool direct;  // products are written where they belong

  int64_t k;                     // rows of the patch matrix
  int64_t depth;                 // of them at once
  int64_t panel_rows, panels;    // rows of a panel of weights, panels of a group
  int64_t block_panels, blocks;  // panels of a chunk, chunks a group's rows are cut into
  int64_t weights_at;            // packed weights in the workspace: [group][panel][k][mr]

  // Private memory, in bytes from its start.
  int64_t panel_at, runs_at, tile_at, turned_at, epilogue_at;

  int64_t block_rows() const { return std::min(problem.rows, block_panels * panel_rows); }
};

// Packs one panel of weights.
void pack_weights(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const ConvPlan& plan = *static_cast<const ConvPlan*>(opaque);
  const ConvProblem& problem = plan.problem;
  const View& w = problem.weights;
  const int64_t group = chunk / plan.panels, panel = chunk % plan.panels, first = panel * plan.panel_rows;
  const int64_t rows = std::min(plan.panel_rows, problem.rows - first);
  const int64_t row_step = w.strides[problem.row_axis], channel_step = w.strides[problem.channel_axis];
  // The groups lie along the first axis, which is that of the output channels of the forward convolution.
  const int64_t group_size = problem.row_axis == 0 ? problem.rows : problem.channels;
  const Taps &ty = problem.window.rows, &tx = problem.window.cols;
  const float* from = run.at<float>(w) + group * group_size * w.strides[0] + first * row_step +
                      ty.kernel * w.strides[2] + tx.kernel * w.strides[3];
  float* to = reinterpret_cast<float*>(run.workspace + plan.weights_at) + chunk * plan.k * plan.gemm->mr;

  // Taps in the order of the patch matrix, as few and long stretches of even steps as the strides allow.
  int64_t counts[3] = {problem.channels, ty.count, tx.count};
  int64_t steps[3] = {channel_step, ty.kernel_step * w.strides[2], tx.kernel_step * w.strides[3]};
  for (int merged = 0; merged < 2; merged++) {
    if (counts[1] != 1 && counts[2] != 1 && steps[1] != counts[2] * steps[2]) break;
    if (counts[2] == 1) steps[2] = steps[1];
    counts[2] *= counts[1];
    counts[1] = counts[0];
    steps[1] = steps[0];
    counts[0] = 1;
  }
  for (int64_t i = 0; i < counts[0]; i++) {
    for (int64_t j = 0; j < counts[1]; j++) {
      plan.gemm->pack_a(rows, counts[2], from + i * steps[0] + j * steps[1], row_step, steps[2], to);
      to += counts[2] * plan.gemm->mr;
    }
  }
}

// Multiplies a block of weights with the patches of a tile of pixels: c [rows, columns].
void multiply(const ConvPlan& plan, const Run& run, int64_t group, int64_t block, const PixelTile& tile,
              float* c, int64_t ldc, char* scratch) {
  const GemmKernels& gemm = *plan.gemm;
  const ConvProblem& problem = plan.problem;
  const float* base = plan.patches.open(run, *plan.move, tile, group * problem.channels, problem.channels,
                                        reinterpret_cast<float*>(scratch));
  float* panel = reinterpret_cast<float*>(scratch + plan.panel_at);
  PixelRun* runs = reinterpret_cast<PixelRun*>(scratch + plan.runs_at);
  const int64_t first_panel = block * plan.block_panels;
  const int64_t last_panel = std::min(plan.panels, first_panel + plan.block_panels);
  const float* weights = reinterpret_cast<const float*>(run.workspace + plan.weights_at) +
                         (group * plan.panels) * plan.k * gemm.mr;
  int64_t k = 0;
  do {  // also once where there are no taps at all
    const int64_t depth = std::min(plan.depth, plan.k - k);
    for (int64_t column = 0; column < tile.columns(); column += gemm.nr) {
      const int64_t cols = std::min<int64_t>(gemm.nr, tile.columns() - column);
      if (depth > 0) {
        const int64_t count = plan.patches.runs(tile, column, cols, runs);
        plan.im2col->pack(base, plan.patches.offsets() + k, depth, runs, count, panel, gemm.nr);
      }
      for (int64_t p = first_panel; p < last_panel; p++) {
        const int64_t rows = std::min(plan.panel_rows, problem.rows - p * plan.panel_rows);
        gemm.kernel(depth, weights + (p * plan.k + k) * gemm.mr, panel,
                    c + (p - first_panel) * plan.panel_rows * ldc + column, ldc, static_cast<int>(rows),
                    static_cast<int>(cols), k > 0);
      }
    }
    k += depth;
  } while (k < plan.k);
}

// Ends the products of a tile: rows [row, row + rows) of c.
void finish(const ConvPlan& plan, const Run& run, const PixelTile& tile, int64_t row, int64_t rows,
            const float* c, int64_t ldc, char* scratch) {
  const bool by_pixels = plan.result.by_pixels();
  float* turned = reinterpret_cast<float*>(scratch + plan.turned_at);
  if (by_pixels) {
    plan.move->move4({tile.columns(), rows, rows, 1, 1, ldc}, reinterpret_cast<uint32_t*>(turned),
                     reinterpret_cast<const uint32_t*>(c));
  }
  for (int64_t i = 0; i < tile.images; i++) {
    const int64_t column = i * tile.pixels;
    plan.result.write(run, {tile.image + i, row, rows, tile.pixel, tile.pixels},
                      by_pixels ? turned + column * rows : c + column, by_pixels ? rows : ldc,
                      scratch + plan.epilogue_at);
  }
}

void run_conv(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const ConvPlan& plan = *static_cast<const ConvPlan*>(opaque);
  const int64_t tiles = plan.tiling.tiles();
  const PixelTile tile = tile_at(plan.tiling, chunk % tiles);
  const int64_t block = chunk / tiles % plan.blocks, group = chunk / tiles / plan.blocks;
  const int64_t first = block * plan.block_panels * plan.panel_rows;
  const int64_t row = group * plan.problem.rows + first;
  if (plan.direct) {
    const View& out = plan.problem.views[0];
    float* c = run.at<float>(out) + tile.image * out.strides[0] + row * out.strides[1] + tile.pixel;
    multiply(plan, run, group, block, tile, c, out.strides[1], worker.scratch);
    return;
  }
  float* c = reinterpret_cast<float*>(worker.scratch + plan.tile_at);
  const int64_t ldc = plan.tiling.columns();
  multiply(plan, run, group, block, tile, c, ldc, worker.scratch);
  finish(plan, run, tile, row, std::min(plan.block_rows(), plan.problem.rows - first), c, ldc,
         worker.scratch);
}

// Multiply-adds a chunk should have at least, about a microsecond of them; and chunks that keep 16 threads
// busy.
constexpr int64_t kChunkWork = 128 * 1024;
constexpr int64_t kChunks = 32;

// Columns of a tile: enough to make up for its fixed costs; the product of a tile should stay in the L2
// cache.
constexpr int64_t kTileColumns = 800;
constexpr int64_t kTileFloats = 96 * 1024;

// How much of a product is one chunk: cuts pixels first, as every block of rows packs its patches anew.
void choose_chunks(ConvPlan* plan) {
  const ConvProblem& problem = plan->problem;
  const int64_t n = problem.source.shape[0], pixels = problem.window.pixels(), nr = plan->gemm->nr;
  const int64_t k = std::max<int64_t>(plan->k, 1);
  plan->panels = ceil_div(problem.rows, plan->gemm->mr);
  plan->panel_rows = ceil_div(problem.rows, plan->panels);
  plan->blocks = ceil_div(problem.rows * 4 * nr, kTileFloats);
  int64_t target = std::min(kTileColumns, round_up(ceil_div(kTileFloats * plan->blocks, problem.rows), nr));
  const auto tile = [&] { plan->tiling = tile_pixels(n, pixels, target, nr); };
  const auto chunks = [&] { return plan->tiling.tiles() * problem.groups * plan->blocks; };
  tile();
  while (chunks() < kChunks && target > 2 * nr &&
         target / 2 * problem.rows / plan->blocks * k >= kChunkWork) {
    target = round_up(target / 2, nr);
    tile();
  }
  while (chunks() < kChunks && plan->blocks < plan->panels &&
         plan->tiling.columns() * problem.rows / (plan->blocks + 1) * k >= kChunkWork) {
    plan->blocks++;
  }
  plan->block_panels = ceil_div(plan->panels, plan->blocks);
  plan->blocks = ceil_div(plan->panels, plan->block_panels);
}

void reserve_memory(ConvPlan* plan, Builder& builder) {
  int64_t used = 0;
  const auto reserve = [&](int64_t bytes) {
    const int64_t offset = used;
    used += round_up(bytes, kArenaBlock);
    return offset;
  };
  const int64_t tile_bytes = sizeof(float) * plan->block_rows() * plan->tiling.columns();
  reserve(sizeof(float) * plan->patches.scratch_floats());
  plan->panel_at = reserve(sizeof(float) * plan->depth * plan->gemm->nr);
  plan->runs_at = reserve(sizeof(PixelRun) * plan->gemm->nr);
  plan->tile_at = reserve(plan->direct ? 0 : tile_bytes);
  plan->turned_at = reserve(plan->result.by_pixels() ? tile_bytes : 0);
  plan->epilogue_at = reserve(plan->result.scratch_bytes());
  builder.reserve_scratch(used);
  plan->weights_at = builder.reserve_workspace(sizeof(float) * plan->problem.groups * plan->panels * plan->k *
                                               plan->gemm->mr);
}

}  // namespace

std::string add_conv(ConvProblem& problem, const Instruction& instruction, Builder& builder) {
  if (gains_from_batch(problem, builder)) return add_batched_conv(problem, instruction, builder);
  auto* plan = builder.make_plan<ConvPlan>();
  plan->problem = problem;
  plan->gemm = builder.kernels.gemm;
  plan->im2col = builder.kernels.im2col;
  plan->move = builder.kernels.move;

  const std::string problem_found = plan->result.prepare(problem, instruction, builder);
  if (!problem_found.empty()) return problem_found;
  const View& out = plan->problem.views[0];
  if (out.size() == 0) return "";

  plan->k = problem.channels * problem.window.taps();
  plan->depth = ceil_div(plan->k, std::max<int64_t>(1, ceil_div(plan->k, plan->gemm->kc)));
  builder.explain("direct, by patches");
  choose_chunks(plan);
  plan->patches.prepare(plan->problem.source, problem.channels, problem.window, plan->tiling);
  plan->direct =
      plan->result.is_identity() && plan->tiling.images == 1 && has_flat_pixels(out) && out.strides[3] == 1;
  reserve_memory(plan, builder);

  const double weights = static_cast<double>(problem.rows) * plan->k * problem.groups;
  if (plan->k > 0) builder.add_step(pack_weights, plan, problem.groups * plan->panels, 0.5 * weights);
  builder.add_step(run_conv, plan, problem.groups * plan->blocks * plan->tiling.tiles(),
                   weights * problem.source.shape[0] * problem.window.pixels() / 30);
  return "";
}

}  // namespace ng
