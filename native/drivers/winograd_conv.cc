// Winograd convolutions forward and for the data gradient.
//
// Tiles are cut into blocks of whole rows of tiles. A block transforms its inputs to V, a slice of channels
// at a time; multiplies them with the transformed weights U to M, some panels of outputs at a time; and
// transforms these back. V and M of a block stay in the L2 cache, and U is read once a block. Where there are
// few blocks, V is computed by a step of its own, and the products of a block are several chunks.

#include <algorithm>
#include <cstring>

#include "../kernels/kernels.h"
#include "../program/text.h"
#include "conv_result.h"
#include "winograd.h"
#include "winograd_tiles.h"

namespace ng {
namespace {

struct WinogradPlan {
  ConvProblem problem;
  TileInputs inputs;
  const WinogradKernels* kernels;
  const WinogradTransforms* transforms;
  const MoveKernels* move;
  ConvResult result;
  bool direct;  // results are written where they belong
  bool shared;  // V is computed by a step of its own

  int64_t panels;                        // of output channels
  int64_t group_panels, groups;          // panels multiplied together
  int64_t u_panel, u_position;           // distances in U,
  int64_t m_tile, m_position;            // in M
  int64_t weight_channels, weight_cuts;  // source channels of a chunk of weights, chunks of a panel

  Packed u;
  int64_t v_at;                                                  // in the workspace
  int64_t private_v_at, strip_at, m_at, pixels_at, epilogue_at;  // in private memory

  const TileGrid& grid() const { return inputs.grid; }
  int64_t group_channels() const { return std::min(problem.rows, group_panels * kernels->width); }
  float* shared_v(const Run& run, int64_t block) const {
    return reinterpret_cast<float*>(run.workspace + v_at) + block * inputs.v_floats();
  }
};

// Transforms one panel of weights, some source channels of it.
void transform_weights(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const WinogradPlan& plan = *static_cast<const WinogradPlan*>(opaque);
  const ConvProblem& problem = plan.problem;
  const View& w = problem.weights;
  const int64_t width = plan.kernels->width, tap = width, channel = 9 * width;  // distances in the copy
  const int64_t panel = chunk / plan.weight_cuts, first = chunk % plan.weight_cuts * plan.weight_channels;
  const int64_t channels = std::min(plan.weight_channels, problem.channels - first);
  const int64_t rows = std::min(width, problem.rows - panel * width);
  const int64_t row_step = w.strides[problem.row_axis], channel_step = w.strides[problem.channel_axis];
  const float* from = run.at<float>(w) + panel * width * row_step + first * channel_step;
  float* taps = reinterpret_cast<float*>(worker.scratch);
  if (rows < width) std::memset(taps, 0, sizeof(float) * channels * channel);
  const int64_t together = w.strides[2] == 3 * w.strides[3] ? 9 : 3;
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t t = 0; t < 9; t += together) {
      plan.move->move4({together, rows, tap, 1, w.strides[3], row_step},
                       reinterpret_cast<uint32_t*>(taps + c * channel + t * tap),
                       reinterpret_cast<const uint32_t*>(from + c * channel_step + t / 3 * w.strides[2]));
    }
  }
  const bool mirrored = problem.window.rows.source_step < 0;
  float* u = run.at<float>(plan.u) + panel * plan.u_panel + first * width;
  plan.transforms->weights(channels, taps + (mirrored ? 8 * tap : 0), channel, mirrored ? -tap : tap, u,
                           plan.u_position);
}

// Products at all positions with panels for some outputs.
void multiply(const WinogradPlan& plan, int64_t tiles, const float* v, const float* u, int64_t outputs,
              float* m) {
  const int64_t lanes = plan.kernels->lanes, width = plan.kernels->width;
  const int64_t parts = ceil_div(tiles, plan.kernels->tiles), part = ceil_div(tiles, parts);
  for (int64_t position = 0; position < plan.transforms->positions; position++) {
    for (int64_t output = 0; output < outputs; output += width) {
      for (int64_t tile = 0; tile < tiles; tile += part) {
        plan.kernels->product(plan.problem.channels, v + tile * lanes, plan.inputs.slice_step,
                              u + output / width * plan.u_panel, m + tile * plan.m_tile + output, plan.m_tile,
                              static_cast<int>(std::min(part, tiles - tile)),
                              static_cast<int>(std::min(width, outputs - output)));
      }
    }
    v += plan.inputs.position_step;
    u += plan.u_position;
    m += plan.m_position;
  }
}

// Transforms the products of a block back, those of outputs [output, output + outputs).
void transform_result(const WinogradPlan& plan, const Run& run, int64_t block, int64_t output,
                      int64_t outputs, const float* m, char* scratch) {
  const View& out = plan.problem.views[0];
  const int64_t width = plan.problem.window.out_w, height = plan.problem.window.out_h, tile = plan.grid().m;
  float* pixels = reinterpret_cast<float*>(scratch + plan.pixels_at);
  plan.grid().each_image(block, [&](const TileRows& part) {
    const int64_t top = part.first * tile, rows = std::min(part.rows * tile, height - top);
    float* to = pixels;
    int64_t row_step = width * outputs, pixel_step = outputs;
    if (plan.direct) {
      to = run.at<float>(out) + part.image * out.strides[0] + output * out.strides[1] + top * out.strides[2];
      row_step = out.strides[2];
      pixel_step = out.strides[3];
    }
    for (int64_t y = 0; y < rows; y += tile) {
      plan.transforms->result(m + (part.before * tile + y) / tile * plan.grid().tiles_w * plan.m_tile,
                              plan.m_position, plan.m_tile, outputs, to + y * row_step, row_step, pixel_step,
                              std::min(tile, rows - y), width);
    }
    if (plan.direct) return;
    plan.result.write(run, {part.image, output, outputs, top * width, rows * width}, pixels, 1, outputs,
                      scratch + plan.epilogue_at);
  });
}

// All of a block but V, for some panels of outputs.
void multiply_group(const WinogradPlan& plan, const Run& run, int64_t block, int64_t group, const float* v,
                    char* scratch) {
  const float* u = run.at<float>(plan.u) + group * plan.group_panels * plan.u_panel;
  float* m = reinterpret_cast<float*>(scratch + plan.m_at);
  const int64_t first = group * plan.group_channels();
  const int64_t outputs = std::min(plan.group_channels(), plan.problem.rows - first);
  multiply(plan, plan.grid().rows_of(block) * plan.grid().tiles_w, v, u, outputs, m);
  transform_result(plan, run, block, first, outputs, m, scratch);
}

void run_block(const void* opaque, const Run& run, int64_t block, Worker& worker) {
  const WinogradPlan& plan = *static_cast<const WinogradPlan*>(opaque);
  float* v = reinterpret_cast<float*>(worker.scratch + plan.private_v_at);
  float* strip = reinterpret_cast<float*>(worker.scratch + plan.strip_at);
  for (int64_t i = 0; i < plan.inputs.slices; i++) plan.inputs.transform(run, block, i, v, strip);
  for (int64_t i = 0; i < plan.groups; i++) multiply_group(plan, run, block, i, v, worker.scratch);
}

void run_slice(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const WinogradPlan& plan = *static_cast<const WinogradPlan*>(opaque);
  const int64_t block = chunk / plan.inputs.slices, slice = chunk % plan.inputs.slices;
  plan.inputs.transform(run, block, slice, plan.shared_v(run, block),
                        reinterpret_cast<float*>(worker.scratch + plan.strip_at));
}

void run_group(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const WinogradPlan& plan = *static_cast<const WinogradPlan*>(opaque);
  const int64_t block = chunk / plan.groups, group = chunk % plan.groups;
  multiply_group(plan, run, block, group, plan.shared_v(run, block), worker.scratch);
}

// Floats of V and M of a block, which should leave room in an L2 cache of 1 MiB for what else is needed. But
// a block reads all of U: where that comes from an outer cache, a block should be so large that U is the
// lesser part of what does, which is where V and M of a block are a quarter of U.
constexpr int64_t kBlockFloats = 128 * 1024;
constexpr int64_t kBlockOfU = 4;
// Panels multiplied together: enough to fill cache lines and runs of the micro-program.
constexpr int64_t kGroupPanels = 2;
// Blocks that keep several threads busy.
constexpr int64_t kBlocks = 4;
// Source channels of a chunk of weights.
constexpr int64_t kWeightChannels = 32;

void choose_blocks(WinogradPlan* plan) {
  const ConvProblem& problem = plan->problem;
  const int64_t positions = plan->transforms->positions;
  const int64_t lanes = plan->kernels->lanes, width = plan->kernels->width;
  plan->panels = ceil_div(problem.rows, width);
  plan->group_panels = std::min(plan->panels, kGroupPanels);
  TileGrid& grid = plan->inputs.grid;
  const int64_t row_floats = positions * grid.tiles_w * (problem.channels + plan->group_panels * width);
  grid.cut(std::max(kBlockFloats, positions * problem.channels * problem.rows / kBlockOfU) / row_floats);
  plan->inputs.place();
  plan->shared = grid.blocks < kBlocks;
  if (plan->shared) plan->group_panels = 1;
  plan->groups = ceil_div(plan->panels, plan->group_panels);
  plan->weight_channels = std::min(problem.channels, kWeightChannels);
  plan->weight_cuts = ceil_div(problem.channels, plan->weight_channels);
  plan->u_panel = problem.channels * width;
  plan->u_position = spread(plan->panels * plan->u_panel);
  plan->m_tile = round_up(plan->group_channels(), lanes);
  plan->m_position = spread(grid.block_tiles() * plan->m_tile);
}

void reserve_memory(WinogradPlan* plan, Builder& builder) {
  ScratchPieces scratch;
  const int64_t positions = plan->transforms->positions;
  const TileGrid& grid = plan->grid();
  const int64_t pixels = grid.block_rows * grid.m * plan->problem.window.out_w * plan->group_channels();
  plan->private_v_at = scratch.add(plan->shared ? 0 : plan->inputs.v_floats());
  plan->strip_at = scratch.add(plan->inputs.strip_floats());
  plan->m_at = scratch.add(positions * plan->m_position);
  plan->pixels_at = scratch.add(plan->direct ? 0 : pixels);
  plan->epilogue_at = scratch.bytes();
  const int64_t rows = std::min(grid.block_rows, grid.tiles_h) * grid.m;
  plan->result.expect(plan->group_channels(), rows * plan->problem.window.out_w, builder);
  builder.reserve_scratch(scratch.bytes() + plan->result.scratch_bytes(pixels));
  builder.reserve_scratch(sizeof(float) * 9 * plan->weight_channels * plan->kernels->width);
  plan->u = builder.reserve_packed(transform_weights, plan->problem.weights,
                                   {positions, plan->problem.row_axis, plan->problem.window.rows.source_step},
                                   sizeof(float) * positions * plan->u_position);
  plan->v_at =
      builder.reserve_workspace(plan->shared ? sizeof(float) * grid.blocks * plan->inputs.v_floats() : 0);
}

}  // namespace

std::string add_winograd_conv(const ConvProblem& problem, const WinogradTransforms& transforms,
                              const Instruction& instruction, Builder& builder) {
  auto* plan = builder.make_plan<WinogradPlan>();
  plan->problem = problem;
  plan->kernels = builder.kernels.winograd;
  plan->transforms = &transforms;
  plan->move = builder.kernels.move;
  const std::string problem_found = plan->result.prepare(problem, instruction, problem.rows, builder);
  if (!problem_found.empty()) return problem_found;
  plan->direct = plan->result.is_identity() && problem.views[0].strides[1] == 1;
  const Window& window = problem.window;
  plan->inputs = {problem.source,
                  window.rows.lowest(),
                  window.cols.lowest(),
                  make_grid_of_tiles(transforms, problem.source.shape[0], window.out_h, window.out_w),
                  plan->kernels,
                  plan->transforms,
                  plan->move};
  choose_blocks(plan);
  reserve_memory(plan, builder);

  const double weights = static_cast<double>(problem.rows * problem.channels * transforms.positions);
  const TileGrid& grid = plan->grid();
  const double tiles = static_cast<double>(grid.tiles());
  builder.add_packing(plan->u, transform_weights, plan, plan->panels * plan->weight_cuts, 0.1 * weights);
  if (plan->shared) {
    builder.add_step(run_slice, plan, grid.blocks * plan->inputs.slices,
                     0.1 * tiles * static_cast<double>(transforms.positions * problem.channels));
    builder.add_step(run_group, plan, grid.blocks * plan->groups, weights * tiles / 30);
  } else {
    builder.add_step(run_block, plan, grid.blocks, weights * tiles / 30);
  }
  builder.explain(format("winograd F(%dx%d,3x3), %lld tiles in blocks of %lld, weights %s",
                         transforms.outputs, transforms.outputs, static_cast<long long>(grid.tiles()),
                         static_cast<long long>(grid.block_tiles()),
                         plan->u.slot >= 0 ? "kept" : "transformed in every run"));
  return "";
}

}  // namespace ng
