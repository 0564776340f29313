// Direct convolutions by register tiles of output channels × pixels, for images whose pixels lie side by
// side:
//   out [channels, pixels] = weights [channels, taps] · what the pixels of an output row see [taps, pixels].
//
// The right side is read from a copy of a few image rows (conv_planes.h), at an offset a tap. Output channels
// may be few and groups small; the pixels of a row fill the vectors.

#include <algorithm>
#include <vector>

#include "../kernels/kernels.h"
#include "conv.h"
#include "conv_planes.h"
#include "conv_result.h"

namespace ng {
namespace {

struct ChannelPlan {
  ConvProblem problem;
  const ConvKernels* conv;
  const MoveKernels* move;
  Planes planes;
  ConvResult result;
  bool in_output;  // products are written where they belong

  int64_t panel_rows, panels;      // output channels of a register tile, tiles of a group
  int64_t tile_pixels;             // pixels of a register tile
  int64_t pack_panels;             // panels of weights that one chunk packs
  int64_t block_panels, blocks;    // panels of a chunk, chunks a group's channels are cut into
  int64_t band_h, bands;           // output rows of a chunk, chunks an image is cut into
  Packed weights;                  // [group][panel][tap][row]
  int64_t products_at, result_at;  // in private memory, after the copy

  int64_t k() const { return problem.terms(); }
  int64_t block_rows() const { return std::min(problem.rows, block_panels * panel_rows); }
};

TileShape choose_rows(const ConvProblem& problem, const ConvKernels& conv) {
  TileShape best = {};
  const int64_t vectors_of_row = std::max<int64_t>(1, ceil_div(problem.window.out_w, conv.lanes));
  for (int vectors = 1; vectors <= conv.most_vectors; vectors++) {
    TileShape shape = {vectors, ceil_div(problem.rows, conv.most_rows(vectors)), 0};
    const int64_t rows = ceil_div(problem.rows, shape.tiles);
    for (int64_t left = vectors_of_row; left > 0; left -= vectors) {
      const int64_t v = std::min<int64_t>(left, vectors);
      // Two loads a cycle, and vectors that straddle cache lines count twice.
      shape.cost += static_cast<double>(shape.tiles * std::max<int64_t>({rows * v, rows + 2 * v + 1, 8}));
    }
    if (best.tiles == 0 || shape.cost < best.cost) best = shape;
  }
  return best;
}

// Packs one panel of weights.
void pack_panel(const ChannelPlan& plan, const Run& run, int64_t number) {
  const ConvProblem& problem = plan.problem;
  const View& w = problem.weights;
  const int64_t group = number / plan.panels, first = number % plan.panels * plan.panel_rows;
  const int64_t rows = std::min(plan.panel_rows, problem.rows - first);
  const int64_t row_step = w.strides[problem.row_axis];
  // The groups lie along the first axis, which is that of the output channels of the forward convolution.
  const int64_t group_size = problem.row_axis == 0 ? problem.rows : problem.channels;
  const Taps &ty = problem.window.rows, &tx = problem.window.cols;
  const float* from = run.at<float>(w) + group * group_size * w.strides[0] + first * row_step +
                      ty.kernel * w.strides[2] + tx.kernel * w.strides[3];
  float* to = run.at<float>(plan.weights) + (group * problem.rows + first) * plan.k();

  // Taps in their order, as few and long stretches of even steps as the strides allow.
  int64_t counts[3] = {problem.channels, ty.count, tx.count};
  int64_t steps[3] = {w.strides[problem.channel_axis], ty.kernel_step * w.strides[2],
                      tx.kernel_step * w.strides[3]};
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
      plan.move->move4({counts[2], rows, rows, 1, steps[2], row_step}, reinterpret_cast<uint32_t*>(to),
                       reinterpret_cast<const uint32_t*>(from + i * steps[0] + j * steps[1]));
      to += counts[2] * rows;
    }
  }
}

void pack_weights(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const ChannelPlan& plan = *static_cast<const ChannelPlan*>(opaque);
  const int64_t first = chunk * plan.pack_panels;
  const int64_t last = std::min(first + plan.pack_panels, plan.problem.groups * plan.panels);
  for (int64_t number = first; number < last; number++) pack_panel(plan, run, number);
}

void run_chunk(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const ChannelPlan& plan = *static_cast<const ChannelPlan*>(opaque);
  const ConvProblem& problem = plan.problem;
  const int64_t block = chunk % plan.blocks;
  chunk /= plan.blocks;
  const int64_t y0 = chunk % plan.bands * plan.band_h;
  chunk /= plan.bands;
  const int64_t group = chunk % problem.groups, image = chunk / problem.groups;
  const int64_t out_w = problem.window.out_w, height = std::min(plan.band_h, problem.window.out_h - y0);
  const int64_t first = block * plan.block_panels * plan.panel_rows;
  const int64_t rows = std::min(plan.block_rows(), problem.rows - first);

  const float* base = plan.planes.open(run, *plan.move, image, group * problem.channels, problem.channels, y0,
                                       height, reinterpret_cast<float*>(worker.scratch));
  float* products = reinterpret_cast<float*>(worker.scratch + plan.products_at);
  int64_t row_step = out_w, channel_step = height * out_w;
  if (plan.in_output) {
    const View& out = problem.views[0];
    row_step = out.strides[2];
    channel_step = out.strides[1];
    products = run.at<float>(out) + image * out.strides[0] + (group * problem.rows + first) * channel_step +
               y0 * row_step;
  }
  const float* weights = run.at<float>(plan.weights) + (group * problem.rows + first) * plan.k();
  for (int64_t y = 0; y < height; y++) {
    for (int64_t x = 0; x < out_w; x += plan.tile_pixels) {
      const int pixels = static_cast<int>(std::min(plan.tile_pixels, out_w - x));
      for (int64_t r = 0; r < rows; r += plan.panel_rows) {
        plan.conv->planes(plan.k(), weights + r * plan.k(), base + y * plan.planes.row_step() + x,
                          plan.planes.offsets().data(), products + r * channel_step + y * row_step + x,
                          channel_step, static_cast<int>(std::min(plan.panel_rows, rows - r)), pixels);
      }
    }
  }
  if (plan.in_output) return;
  plan.result.write(run, {image, group * problem.rows + first, rows, y0 * out_w, height * out_w}, products,
                    channel_step, 1, worker.scratch + plan.result_at);
}

// Products of a chunk, and what it copies, in floats: both should stay in the L2 cache.
constexpr int64_t kProductFloats = 48 * 1024;
constexpr int64_t kCopyFloats = 64 * 1024;
// Floats of weights that one chunk packs.
constexpr int64_t kPackFloats = 8 * 1024;

void choose_chunks(ChannelPlan* plan) {
  const ConvProblem& problem = plan->problem;
  const Window& window = problem.window;
  const int64_t first_row = Planes::first_row_floats(problem.channels, window),
                next_row = std::max<int64_t>(1, Planes::next_row_floats(problem.channels, window));
  const int64_t fitting = std::min(1 + std::max<int64_t>(0, kCopyFloats - first_row) / next_row,
                                   std::max<int64_t>(1, kProductFloats / (problem.rows * window.out_w)));
  const ChunkShape shape = cut_into_chunks(problem, std::min(fitting, window.out_h), plan->panels);
  plan->band_h = shape.band_h;
  plan->bands = ceil_div(window.out_h, plan->band_h);
  plan->block_panels = shape.block_panels;
  plan->blocks = ceil_div(plan->panels, plan->block_panels);
  plan->pack_panels = std::max<int64_t>(1, kPackFloats / std::max<int64_t>(1, plan->panel_rows * plan->k()));
}

void reserve_memory(ChannelPlan* plan, Builder& builder) {
  const ConvProblem& problem = plan->problem;
  const int64_t tile_floats = plan->band_h * problem.window.out_w * plan->block_rows();
  plan->products_at = round_up(sizeof(float) * plan->planes.scratch_floats(), kArenaBlock);
  plan->result_at =
      plan->products_at + (plan->in_output ? 0 : round_up(sizeof(float) * tile_floats, kArenaBlock));
  plan->result.expect(plan->block_rows(), plan->band_h * problem.window.out_w, builder);
  builder.reserve_scratch(plan->result_at + plan->result.scratch_bytes(tile_floats));
  std::vector<int64_t> words = {problem.row_axis, problem.groups, plan->panel_rows};
  for (const Taps& taps : {problem.window.rows, problem.window.cols}) {
    words.insert(words.end(), {taps.count, taps.kernel, taps.kernel_step});
  }
  plan->weights = builder.reserve_packed(pack_weights, problem.weights, words,
                                         sizeof(float) * problem.groups * problem.rows * plan->k());
}

}  // namespace

double cost_by_channels(const ConvProblem& problem, const Builder& builder) {
  const ConvKernels& conv = *builder.kernels.conv;
  const View& out = problem.views[0];
  const double rows = static_cast<double>(problem.groups * problem.source.shape[0] * problem.window.out_h);
  const double weights = static_cast<double>(problem.groups * problem.rows * problem.terms());
  const double write_cost = out.strides[3] == 1 ? kWriteCost : kTurnCost;
  // Planes lie far apart, and many of them do not stay in the L1 cache.
  constexpr double kPlaneCost = 1.1;
  return kPlaneCost * rows * static_cast<double>(problem.terms()) * choose_rows(problem, conv).cost +
         (weights * kPackCost + problem.products() * write_cost) / conv.lanes;
}

std::string add_conv_by_channels(const ConvProblem& problem, const Instruction& instruction,
                                 Builder& builder) {
  auto* plan = builder.make_plan<ChannelPlan>();
  plan->problem = problem;
  plan->conv = builder.kernels.conv;
  plan->move = builder.kernels.move;
  const std::string problem_found = plan->result.prepare(problem, instruction, problem.rows, builder);
  if (!problem_found.empty()) return problem_found;
  const View& out = problem.views[0];
  if (out.size() == 0) return "";
  builder.explain("direct, rows = channels");

  const TileShape shape = choose_rows(problem, *plan->conv);
  plan->panel_rows = ceil_div(problem.rows, shape.tiles);
  plan->panels = ceil_div(problem.rows, plan->panel_rows);
  plan->tile_pixels = shape.vectors * plan->conv->lanes;
  plan->in_output = plan->result.is_identity() && (out.strides[3] == 1 || problem.window.out_w == 1);
  choose_chunks(plan);
  plan->planes.prepare(problem.source, problem.channels, problem.window, plan->band_h, plan->tile_pixels);
  reserve_memory(plan, builder);

  const double weights = static_cast<double>(problem.rows) * plan->k() * problem.groups;
  if (plan->k() > 0) {
    builder.add_packing(plan->weights, pack_weights, plan,
                        ceil_div(problem.groups * plan->panels, plan->pack_panels), 0.5 * weights);
  }
  builder.add_step(run_chunk, plan, problem.source.shape[0] * problem.groups * plan->bands * plan->blocks,
                   weights * problem.source.shape[0] * problem.window.pixels() / 30);
  return "";
}

}  // namespace ng
