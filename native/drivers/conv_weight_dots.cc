// The weight gradient by dot products, where pixels lie side by side and channels are few.
//
// What an output channel of dy and a tap of x have in common is a dot product (kernels/dot.h) of their rows:
// nothing is transposed, and any numbers of channels and taps fill the register tiles. x is read from a copy
// of a few image rows (conv_planes.h), at an offset a tap. A chunk is a part of the sum for a block of
// channels.

#include <algorithm>
#include <cmath>

#include "../kernels/kernels.h"
#include "conv_planes.h"
#include "conv_weight.h"

namespace ng {
namespace {

struct DotPlan {
  View x, dy;
  int64_t groups, rows, channels;  // rows: output channels; both of one group
  int64_t window_taps;             // kh · kw
  const DotKernels* dot;
  const MoveKernels* move;
  Planes planes;
  const WeightSums* sums;
  bool dy_in_place;  // dy is read where it lies

  int64_t block_rows, row_blocks;          // output channels of a chunk
  int64_t block_channels, channel_blocks;  // input channels of a chunk
  int64_t band_h, bands;                   // output rows of a tile of pixels, tiles of an image
  int64_t part_tiles, parts;               // tiles of pixels of a part of the sum, parts
  int64_t dy_at, sums_at;                  // in private memory, after the copy of x

  int64_t band_pixels() const { return band_h * dy.shape[3]; }

  int64_t taps() const { return channels * window_taps; }
};

// The part of dw a chunk sums up: rows of dy and rows of the patch matrix.
struct Block {
  int64_t group, row, rows, channel, channels, part;
};

Block block_at(const DotPlan& plan, int64_t chunk) {
  Block block;
  block.part = chunk % plan.parts;
  chunk /= plan.parts;
  block.channel = chunk % plan.channel_blocks * plan.block_channels;
  chunk /= plan.channel_blocks;
  block.row = chunk % plan.row_blocks * plan.block_rows;
  block.group = chunk / plan.row_blocks;
  block.rows = std::min(plan.block_rows, plan.rows - block.row);
  block.channels = std::min(plan.block_channels, plan.channels - block.channel);
  return block;
}

// Adds a tile of pixels to the sums of a block, which are one register tile after the other.
void add_tile(const DotPlan& plan, const Run& run, const Block& block, int64_t tile, bool first,
              char* scratch) {
  const DotKernels& dot = *plan.dot;
  const View& dy = plan.dy;
  const int64_t image = tile / plan.bands, y0 = tile % plan.bands * plan.band_h, width = dy.shape[3];
  const int64_t height = std::min(plan.band_h, dy.shape[2] - y0);
  const int64_t taps = block.channels * plan.window_taps;
  const float* base = plan.planes.open(run, *plan.move, image, block.group * plan.channels + block.channel,
                                       block.channels, y0, height, reinterpret_cast<float*>(scratch));
  const int64_t row = block.group * plan.rows + block.row;
  const float* gradient = run.at<float>(dy) + image * dy.strides[0];
  int64_t lda = dy.strides[1], a_segment = dy.strides[2];
  if (plan.dy_in_place) {
    gradient += row * lda + y0 * a_segment;
  } else {
    float* copied = reinterpret_cast<float*>(scratch + plan.dy_at);
    lda = plan.band_pixels();
    a_segment = width;
    load_pixels(*plan.move, dy, gradient, row, block.rows, y0 * width, height * width, copied, lda);
    gradient = copied;
  }
  float* sums = reinterpret_cast<float*>(scratch + plan.sums_at);
  for (int64_t k = 0; k < taps; k += dot.cols) {
    const int cols = static_cast<int>(std::min<int64_t>(dot.cols, taps - k));
    for (int64_t r = 0; r < block.rows; r += dot.rows) {
      const int rows = static_cast<int>(std::min<int64_t>(dot.rows, block.rows - r));
      dot.tile(height, width, gradient + r * lda, lda, a_segment, base, plan.planes.offsets().data() + k,
               plan.planes.row_step(), rows, cols, sums, !first);
      sums += rows * cols * dot.lanes;
    }
  }
}

// Adds up the lanes of a block's sums and writes them to the workspace.
void write_sums(const DotPlan& plan, const Run& run, const Block& block, const char* scratch) {
  constexpr int kMostSums = 64;
  const DotKernels& dot = *plan.dot;
  const float* sums = reinterpret_cast<const float*>(scratch + plan.sums_at);
  const int64_t taps = block.channels * plan.window_taps, ld = plan.taps();
  float* target = plan.sums->part(run, block.part, block.group * plan.rows + block.row) +
                  block.channel * plan.window_taps;
  for (int64_t k = 0; k < taps; k += dot.cols) {
    const int64_t cols = std::min<int64_t>(dot.cols, taps - k);
    for (int64_t r = 0; r < block.rows; r += dot.rows) {
      const int64_t rows = std::min<int64_t>(dot.rows, block.rows - r);
      float totals[kMostSums];
      dot.reduce(sums, rows * cols, totals);
      for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < cols; j++) target[(r + i) * ld + k + j] = totals[i * cols + j];
      }
      sums += rows * cols * dot.lanes;
    }
  }
}

void run_block(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const DotPlan& plan = *static_cast<const DotPlan*>(opaque);
  const Block block = block_at(plan, chunk);
  const int64_t first = block.part * plan.part_tiles;
  const int64_t last = std::min(plan.bands * plan.dy.shape[0], first + plan.part_tiles);
  for (int64_t t = first; t < last; t++) add_tile(plan, run, block, t, t == first, worker.scratch);
  write_sums(plan, run, block, worker.scratch);
}

// What of the L2 cache the sums of a chunk, and the pixels of a tile, may take, in floats.
constexpr int64_t kSumFloats = 64 * 1024;
constexpr int64_t kTileFloats = 96 * 1024;

// The chunks wanted.
constexpr int64_t kChunks = 32;

void choose_blocks(DotPlan* plan, const Window& window) {
  const DotKernels& dot = *plan->dot;
  const View& dy = plan->dy;
  const int64_t taps = plan->window_taps, out_h = dy.shape[2];
  const int64_t most_rows =
      std::max<int64_t>(dot.rows, std::min<int64_t>(128, kSumFloats / (dot.lanes * taps)));
  plan->row_blocks = ceil_div(plan->rows, most_rows);
  plan->block_rows = round_up(ceil_div(plan->rows, plan->row_blocks), dot.rows);
  plan->row_blocks = ceil_div(plan->rows, plan->block_rows);
  const int64_t rows = std::min(plan->rows, plan->block_rows);
  const int64_t most_channels = std::max<int64_t>(1, kSumFloats / (rows * taps * dot.lanes));
  plan->block_channels = ceil_div(plan->channels, ceil_div(plan->channels, most_channels));
  plan->channel_blocks = ceil_div(plan->channels, plan->block_channels);

  const int64_t row_floats = Planes::next_row_floats(plan->block_channels, window) + rows * dy.shape[3];
  const int64_t blocks = plan->groups * plan->row_blocks * plan->channel_blocks;
  plan->parts = std::min(ceil_div(kChunks, blocks), kMostParts);
  const int64_t wanted = ceil_div(plan->parts, dy.shape[0]);  // bands of an image
  plan->bands = std::min(out_h, std::max(wanted, ceil_div(out_h * row_floats, kTileFloats)));
  plan->band_h = ceil_div(out_h, plan->bands);
  plan->bands = ceil_div(out_h, plan->band_h);
  const int64_t tiles = plan->bands * dy.shape[0];
  plan->part_tiles = ceil_div(tiles, plan->parts);
  plan->parts = ceil_div(tiles, plan->part_tiles);
  plan->dy_in_place = dy.strides[3] == 1 || dy.shape[3] == 1;
}

void reserve_memory(DotPlan* plan, Builder& builder) {
  ScratchPieces scratch;
  scratch.add(plan->planes.scratch_floats());
  plan->dy_at = scratch.add(plan->dy_in_place ? 0 : plan->block_rows * plan->band_pixels());
  plan->sums_at = scratch.add(plan->block_rows * plan->block_channels * plan->window_taps * plan->dot->lanes);
  builder.reserve_scratch(scratch.bytes());
}

}  // namespace

double cost_of_weight_dots(const Instruction& instruction, const Builder& builder) {
  const DotKernels& dot = *builder.kernels.dot;
  const View &x = *instruction.inputs[0], &dy = *instruction.inputs[1], &dw = *instruction.outputs[0];
  const int64_t groups = conv_attributes(instruction).groups, rows = dw.shape[0] / groups;
  const int64_t taps = dw.shape[1] * dw.shape[2] * dw.shape[3], width = dy.shape[3];
  // Every register tile starts and ends with its sums in memory, for each image; both operands come from the
  // L2 cache, and no two rows of them are aligned alike.
  constexpr double kSumCost = 3, kStreamCost = 1.6;
  const double vectors = static_cast<double>(dy.shape[2] * ceil_div(width, dot.lanes));
  // One vector of x in two straddles cache lines; few sums wait for each other.
  const auto tile = [&](int64_t r, int64_t c) {
    const double sums = static_cast<double>(r * c);
    return kStreamCost * std::max({sums, static_cast<double>(r + 2 * c), 8.0}) * vectors + kSumCost * sums;
  };
  const int64_t rest_rows = rows % dot.rows, rest_taps = taps % dot.cols;
  const double full_rows = static_cast<double>(rows / dot.rows),
               full_taps = static_cast<double>(taps / dot.cols);
  double cost = full_rows * full_taps * tile(dot.rows, dot.cols);
  if (rest_rows > 0) cost += full_taps * tile(rest_rows, dot.cols);
  if (rest_taps > 0) cost += full_rows * tile(dot.rows, rest_taps);
  if (rest_rows > 0 && rest_taps > 0) cost += tile(rest_rows, rest_taps);
  const auto copy_cost = [&](const View& view) {
    return view.strides[3] == 1 ? 0 : static_cast<double>(view.size()) / dot.lanes * kTurnCost;
  };
  return static_cast<double>(groups * dy.shape[0]) * cost + copy_cost(x) + copy_cost(dy);
}

void add_weight_dots(const Instruction& instruction, WeightSums* sums, Builder& builder) {
  const ConvAttributes a = conv_attributes(instruction);
  const View& dw = *instruction.outputs[0];
  auto* plan = builder.make_plan<DotPlan>();
  plan->x = *instruction.inputs[0];
  plan->dy = *instruction.inputs[1];
  plan->groups = a.groups;
  plan->rows = dw.shape[0] / a.groups;
  plan->channels = dw.shape[1];
  plan->window_taps = dw.shape[2] * dw.shape[3];
  plan->dot = builder.kernels.dot;
  plan->move = builder.kernels.move;
  plan->sums = sums;
  builder.explain("direct, by dots");
  const Window window = forward_window(a, dw, plan->dy);
  choose_blocks(plan, window);
  plan->planes.prepare(plan->x, plan->block_channels, window, plan->band_h, 0);
  reserve_memory(plan, builder);
  sums->add_parts(plan->parts, builder);
  builder.add_step(
      run_block, plan, plan->groups * plan->row_blocks * plan->channel_blocks * plan->parts,
      static_cast<double>(dw.size()) * plan->dy.shape[0] * plan->dy.shape[2] * plan->dy.shape[3] / 30);
}

}  // namespace ng
