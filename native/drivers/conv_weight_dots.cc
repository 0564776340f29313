// The weight gradient by dot products, for any convolution: dw [o, taps] = dy [o, pixels] · patches(x)^T.
//
// Both operands have their pixels side by side, so the sums are dot products (kernels/dot.h): nothing is
// transposed, and any numbers of channels and taps fill the register tiles. A chunk is a part of the sum for
// a block of channels.

#include <algorithm>

#include "../kernels/kernels.h"
#include "conv_patches.h"
#include "conv_weight.h"

namespace ng {
namespace {

struct DotPlan {
  View x, dy;
  int64_t groups, rows, channels;  // rows: output channels; both of one group
  int64_t window_taps;             // kh · kw
  const DotKernels* dot;
  const Im2colKernels* im2col;
  const MoveKernels* move;
  Patches patches;
  PixelTiling tiling;
  const WeightSums* sums;
  bool dy_in_place;  // dy is read where it lies

  int64_t block_rows, row_blocks;          // output channels of a chunk
  int64_t block_channels, channel_blocks;  // input channels of a chunk
  int64_t part_tiles, parts;               // tiles of a part of the sum, parts
  int64_t ld;                              // floats from row to row of packed pixels

  // Private memory, in bytes from its start; the patches' own comes first.
  int64_t packed_at, dy_at, runs_at, sums_of_lanes_at;

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
void add_tile(const DotPlan& plan, const Run& run, const Block& block, const PixelTile& tile, bool first,
              char* scratch) {
  const DotKernels& dot = *plan.dot;
  float* packed = reinterpret_cast<float*>(scratch + plan.packed_at);
  float* sums = reinterpret_cast<float*>(scratch + plan.sums_of_lanes_at);
  PixelRun* runs = reinterpret_cast<PixelRun*>(scratch + plan.runs_at);
  const int64_t taps = block.channels * plan.window_taps, columns = tile.columns();
  const float* base = plan.patches.open(run, *plan.move, tile, block.group * plan.channels + block.channel,
                                        block.channels, reinterpret_cast<float*>(scratch));
  const int64_t run_count = plan.patches.runs(tile, 0, columns, runs);
  plan.im2col->pack(base, plan.patches.offsets(), taps, runs, run_count, packed, plan.ld);

  const int64_t row = block.group * plan.rows + block.row;
  const float* dy = run.at<float>(plan.dy) + tile.image * plan.dy.strides[0];
  int64_t segments = tile.images, length = tile.pixels, dy_ld = plan.dy.strides[1];
  if (plan.dy_in_place) {
    dy += row * dy_ld + tile.pixel;
  } else {
    float* copied = reinterpret_cast<float*>(scratch + plan.dy_at);
    for (int64_t i = 0; i < tile.images; i++) {
      load_pixels(*plan.move, plan.dy, dy + i * plan.dy.strides[0], row, block.rows, tile.pixel, tile.pixels,
                  copied + i * tile.pixels, plan.ld);
    }
    segments = 1;
    length = columns;
    dy = copied;
    dy_ld = plan.ld;
  }
  for (int64_t k = 0; k < taps; k += dot.cols) {
    const int cols = static_cast<int>(std::min<int64_t>(dot.cols, taps - k));
    for (int64_t r = 0; r < block.rows; r += dot.rows) {
      const int rows = static_cast<int>(std::min<int64_t>(dot.rows, block.rows - r));
      dot.tile(segments, length, dy + r * dy_ld, dy_ld, plan.dy.strides[0], packed + k * plan.ld, plan.ld,
               length, rows, cols, sums, !first);
      sums += rows * cols * dot.lanes;
    }
  }
}

// Adds up the lanes of a block's sums and writes them to the workspace.
void write_sums(const DotPlan& plan, const Run& run, const Block& block, const char* scratch) {
  constexpr int kMostSums = 64;
  const DotKernels& dot = *plan.dot;
  const float* sums = reinterpret_cast<const float*>(scratch + plan.sums_of_lanes_at);
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
  const int64_t last = std::min(plan.tiling.tiles(), first + plan.part_tiles);
  for (int64_t t = first; t < last; t++) {
    add_tile(plan, run, block, tile_at(plan.tiling, t), t == first, worker.scratch);
  }
  write_sums(plan, run, block, worker.scratch);
}

// What of the L2 cache the sums of a chunk, and its packed pixels, may take, in floats.
constexpr int64_t kSumFloats = 64 * 1024;
constexpr int64_t kPixelFloats = 128 * 1024;
constexpr int64_t kMostColumns = 2048, kLeastColumns = 128;

// The chunks wanted.
constexpr int64_t kChunks = 32;

void choose_blocks(DotPlan* plan) {
  const DotKernels& dot = *plan->dot;
  const int64_t taps = plan->window_taps, n = plan->dy.shape[0],
                pixels = plan->dy.shape[2] * plan->dy.shape[3];
  const int64_t most_rows =
      std::max<int64_t>(dot.rows, std::min<int64_t>(128, kSumFloats / (dot.lanes * taps)));
  plan->row_blocks = ceil_div(plan->rows, most_rows);
  plan->block_rows = round_up(ceil_div(plan->rows, plan->row_blocks), dot.rows);
  plan->row_blocks = ceil_div(plan->rows, plan->block_rows);
  const int64_t rows = std::min(plan->rows, plan->block_rows);
  const int64_t most_channels = std::max<int64_t>(1, kSumFloats / (rows * taps * dot.lanes));
  plan->block_channels = ceil_div(plan->channels, ceil_div(plan->channels, most_channels));
  plan->channel_blocks = ceil_div(plan->channels, plan->block_channels);

  const int64_t fitting = kPixelFloats / (rows + plan->block_channels * taps) / dot.lanes * dot.lanes;
  const int64_t target = std::max(kLeastColumns, std::min(kMostColumns, fitting));
  plan->tiling = tile_pixels(n, pixels, target, dot.lanes);
  // Where every image ends with a part of a vector, and images are small, a copy without these ends is
  // faster.
  plan->dy_in_place = plan->dy.strides[3] == 1 && has_flat_pixels(plan->dy) &&
                      (plan->tiling.images == 1 || pixels % dot.lanes == 0 || pixels >= 32 * dot.lanes);
  const int64_t blocks = plan->groups * plan->row_blocks * plan->channel_blocks;
  plan->parts = std::min({ceil_div(kChunks, blocks), plan->tiling.tiles(), kMostParts});
  plan->part_tiles = ceil_div(plan->tiling.tiles(), plan->parts);
  plan->parts = ceil_div(plan->tiling.tiles(), plan->part_tiles);
}

void reserve_memory(DotPlan* plan, Builder& builder) {
  int64_t used = 0;
  const auto reserve = [&](int64_t floats) {
    const int64_t offset = used;
    used += round_up(sizeof(float) * floats, kArenaBlock);
    return offset;
  };
  const int64_t block_taps = plan->block_channels * plan->window_taps;
  // An odd number of vectors: rows that start a power of two apart would push each other out of the cache.
  plan->ld = (ceil_div(plan->tiling.columns(), plan->dot->lanes) | 1) * plan->dot->lanes;
  reserve(plan->patches.scratch_floats());
  plan->packed_at = reserve(block_taps * plan->ld);
  plan->dy_at = reserve(plan->dy_in_place ? 0 : plan->block_rows * plan->ld);
  plan->runs_at = reserve(plan->tiling.columns() * sizeof(PixelRun) / sizeof(float));
  plan->sums_of_lanes_at = reserve(plan->block_rows * block_taps * plan->dot->lanes);
  builder.reserve_scratch(used);
}

}  // namespace

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
  plan->im2col = builder.kernels.im2col;
  plan->move = builder.kernels.move;
  plan->sums = sums;
  choose_blocks(plan);
  plan->patches.prepare(plan->x, plan->block_channels, forward_window(a, dw, plan->dy), plan->tiling);
  reserve_memory(plan, builder);
  sums->add_parts(plan->parts, builder);
  builder.add_step(
      run_block, plan, plan->groups * plan->row_blocks * plan->channel_blocks * plan->parts,
      static_cast<double>(dw.size()) * plan->dy.shape[0] * plan->dy.shape[2] * plan->dy.shape[3] / 30);
}

}  // namespace ng
