// The weight gradient by Winograd's algorithm: dw = Gt · [sum over tiles of (A · dy · At) ⊙ (Bt · x · B)] ·
// G.
//
// Blocks of tiles transform x to V and dy to D, and add their products, a matrix D^t · V for every position,
// to sums S that stay with a part of the blocks. At the end of a part S becomes its share of dw;
// conv_weight.cc adds the shares in their order.

#include <algorithm>

#include "../kernels/kernels.h"
#include "../program/text.h"
#include "conv_weight.h"
#include "winograd.h"
#include "winograd_tiles.h"

namespace ng {
namespace {

struct GradientPlan {
  TileInputs inputs;
  View dy;
  const WinogradKernels* kernels;
  const WinogradTransforms* transforms;
  const MoveKernels* move;
  const WeightSums* sums;

  int64_t channels;
  int64_t cut_outputs, cuts;      // outputs of a chunk, chunks all are cut into
  int64_t panel_outputs, panels;  // of a register tile, tiles of a chunk
  int64_t pairs;                  // of slices of channels
  int64_t part_blocks, parts;     // blocks of a part of the sum, parts
  int64_t d_tile, d_position;     // distances in D
  int64_t s_position;             // in S, [pair][panel][output of the panel][width]
  bool finishes;                  // a chunk ends its weights itself
  int64_t v_at, strip_at, d_at, s_at, result_at, finish_at;  // in private memory

  const TileGrid& grid() const { return inputs.grid; }
  int64_t s_tile() const { return panel_outputs * kernels->width; }
};

// Transforms the gradients of outputs [first, first + outputs) of a block, a slice.
void transform_gradient(const GradientPlan& plan, const Run& run, int64_t block, int64_t first,
                        int64_t outputs, float* d, float* strip) {
  const View& dy = plan.dy;
  const TileGrid& grid = plan.grid();
  const int64_t lanes = plan.kernels->lanes, columns = grid.tiles_w * grid.m;
  grid.each_image(block, [&](const TileRows& part) {
    const float* image = run.at<float>(dy) + part.image * dy.strides[0] + first * dy.strides[1];
    copy_strip(*plan.move, dy, image, {part.first * grid.m, 0, part.rows * grid.m, columns}, outputs, lanes,
               strip);
    for (int64_t row = 0; row < part.rows; row++) {
      plan.transforms->gradient(grid.tiles_w, strip + row * grid.m * columns * lanes, columns * lanes,
                                d + (part.before + row) * grid.tiles_w * plan.d_tile, plan.d_tile,
                                plan.d_position);
    }
  });
}

// Adds the products of a block.
void accumulate(const GradientPlan& plan, int64_t tiles, int64_t outputs, const float* d, const float* v,
                float* s, bool add) {
  for (int64_t position = 0; position < plan.transforms->positions; position++) {
    for (int64_t pair = 0; pair < plan.pairs; pair++) {
      const int slices = static_cast<int>(std::min<int64_t>(2, plan.inputs.slices - 2 * pair));
      float* to = s + pair * plan.panels * plan.s_tile();
      for (int64_t output = 0; output < outputs; output += plan.panel_outputs, to += plan.s_tile()) {
        plan.kernels->accumulate(tiles, d + output, plan.d_tile, v + 2 * pair * plan.inputs.slice_step,
                                 plan.inputs.slice_step, slices, to,
                                 static_cast<int>(std::min(plan.panel_outputs, outputs - output)), add);
      }
    }
    d += plan.d_position;
    v += plan.inputs.position_step;
    s += plan.s_position;
  }
}

// Turns sums into a share of dw: [output][tap][channel].
void finish(const GradientPlan& plan, int64_t outputs, const float* s, float* dw) {
  const int64_t lanes = plan.kernels->lanes, width = plan.kernels->width;
  for (int64_t output = 0; output < outputs; output++, dw += 9 * plan.channels) {
    const int64_t panel = output / plan.panel_outputs, row = output % plan.panel_outputs;
    for (int64_t channel = 0; channel < plan.channels; channel += lanes) {
      const int64_t tile = channel / width * plan.panels + panel;
      plan.transforms->taps(s + tile * plan.s_tile() + row * width + channel % width, plan.s_position,
                            dw + channel, plan.channels,
                            static_cast<int>(std::min(lanes, plan.channels - channel)));
    }
  }
}

void run_part(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const GradientPlan& plan = *static_cast<const GradientPlan*>(opaque);
  const TileGrid& grid = plan.grid();
  const auto memory = [&](int64_t offset) { return reinterpret_cast<float*>(worker.scratch + offset); };
  float *v = memory(plan.v_at), *strip = memory(plan.strip_at), *d = memory(plan.d_at),
        *s = memory(plan.s_at);
  const int64_t lanes = plan.kernels->lanes, part = chunk / plan.cuts;
  const int64_t output = chunk % plan.cuts * plan.cut_outputs;
  const int64_t outputs = std::min(plan.cut_outputs, plan.dy.shape[1] - output);
  const int64_t first = part * plan.part_blocks, last = std::min(first + plan.part_blocks, grid.blocks);
  for (int64_t block = first; block < last; block++) {
    for (int64_t i = 0; i < plan.inputs.slices; i++) plan.inputs.transform(run, block, i, v, strip);
    for (int64_t i = 0; i < outputs; i += lanes) {
      transform_gradient(plan, run, block, output + i, std::min(lanes, outputs - i), d + i, strip);
    }
    accumulate(plan, grid.rows_of(block) * grid.tiles_w, outputs, d, v, s, block > first);
  }
  float* result = plan.finishes ? memory(plan.result_at) : plan.sums->part(run, part, output);
  finish(plan, outputs, s, result);
  if (plan.finishes) plan.sums->finish(run, output, outputs, result, worker.scratch + plan.finish_at);
}

// Floats of V and D of a block. A block reads and writes all of S: where that comes from an outer cache, it
// should be the lesser part of what does.
constexpr int64_t kBlockFloats = 128 * 1024;
constexpr int64_t kBlockOfS = 2;
// Tiles of a part, so that the end of a part is a small part of it; and chunks that keep a few threads busy
// where there are few parts: each cut of the outputs transforms x anew, and so has a number of them.
constexpr int64_t kPartTiles = 48;
constexpr int64_t kChunks = 4;
constexpr int64_t kCutOutputs = 64;

void choose_blocks(GradientPlan* plan) {
  const WinogradKernels& kernels = *plan->kernels;
  const int64_t positions = plan->transforms->positions, lanes = kernels.lanes, outputs = plan->dy.shape[1];
  TileGrid& grid = plan->inputs.grid;
  plan->parts = count_weight_parts(grid.tiles());
  plan->cuts = std::clamp<int64_t>(outputs / kCutOutputs, 1, ceil_div(kChunks, plan->parts));
  plan->cut_outputs = plan->cuts == 1 ? outputs : round_up(ceil_div(outputs, plan->cuts), lanes);
  plan->cuts = ceil_div(outputs, plan->cut_outputs);
  plan->panels = ceil_div(plan->cut_outputs, kernels.tiles);
  plan->panel_outputs = ceil_div(plan->cut_outputs, plan->panels);
  plan->pairs = ceil_div(plan->channels, kernels.width);
  plan->s_position = spread(plan->pairs * plan->panels * plan->s_tile());
  plan->d_tile = round_up(plan->cut_outputs, lanes);

  const int64_t row_floats = positions * grid.tiles_w * (round_up(plan->channels, lanes) + plan->d_tile);
  const int64_t fitting = std::max(kBlockFloats, positions * plan->s_position / kBlockOfS) / row_floats;
  const int64_t part_rows = ceil_div(grid.images * grid.tiles_h, plan->parts);
  grid.cut(std::min(fitting, part_rows));
  plan->part_blocks = ceil_div(grid.blocks, plan->parts);
  plan->parts = ceil_div(grid.blocks, plan->part_blocks);
  plan->inputs.place();
  plan->d_position = spread(grid.block_tiles() * plan->d_tile);
}

}  // namespace

int64_t count_weight_parts(int64_t tiles) { return std::clamp<int64_t>(tiles / kPartTiles, 1, kMostParts); }

void add_winograd_weights(const Instruction& instruction, const WinogradTransforms& transforms,
                          WeightSums* sums, Builder& builder) {
  auto* plan = builder.make_plan<GradientPlan>();
  const View &x = *instruction.inputs[0], &dy = *instruction.inputs[1], &dw = *instruction.outputs[0];
  const ConvAttributes a = conv_attributes(instruction);
  plan->dy = dy;
  plan->kernels = builder.kernels.winograd;
  plan->transforms = &transforms;
  plan->move = builder.kernels.move;
  plan->sums = sums;
  plan->channels = dw.shape[1];
  plan->inputs = {x,
                  -a.pad_top,
                  -a.pad_left,
                  make_grid_of_tiles(transforms, dy.shape[0], dy.shape[2], dy.shape[3]),
                  plan->kernels,
                  plan->transforms,
                  plan->move};
  choose_blocks(plan);

  ScratchPieces scratch;
  plan->v_at = scratch.add(plan->inputs.v_floats());
  plan->strip_at = scratch.add(plan->inputs.strip_floats());
  plan->d_at = scratch.add(transforms.positions * plan->d_position);
  plan->s_at = scratch.add(transforms.positions * plan->s_position);
  plan->finishes = plan->parts == 1;
  plan->result_at = scratch.add(plan->finishes ? 9 * plan->cut_outputs * plan->channels : 0);
  plan->finish_at = scratch.bytes();
  sums->add_parts(plan->parts, builder, true, plan->finishes);
  builder.reserve_scratch(scratch.bytes() + (plan->finishes ? sums->finish_bytes() : 0));
  const double products = static_cast<double>(dw.shape[0] * plan->channels * transforms.positions);
  builder.add_step(run_part, plan, plan->parts * plan->cuts,
                   products * static_cast<double>(plan->grid().tiles()) / 30);
  builder.explain(format("winograd F(%dx%d,3x3), %lld tiles in %lld parts", transforms.outputs,
                         transforms.outputs, static_cast<long long>(plan->grid().tiles()),
                         static_cast<long long>(plan->parts)));
}

}  // namespace ng
