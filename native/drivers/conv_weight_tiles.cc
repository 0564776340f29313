// The weight gradient by register tiles of sums of products.
//
// With the channels of x side by side, what a pixel sees under one row of the window is one stretch, [column
// tap and channel], and that of the next pixel starts a pixel further. So for every row tap, the sums over a
// band of pixels are a product
//   dw [column tap and channel, o] += x [column tap and channel, pixels] · dy [pixels, o],
// or its transpose, whichever fills the register tiles better. A chunk copies the rows of x in that layout,
// with zeros at the left and the right of the image, and dy unless its channels are side by side already;
// rows outside the image are left out.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../kernels/kernels.h"
#include "conv_weight.h"

namespace ng {
namespace {

struct TilePlan {
  View x, dy, dw;
  ConvAttributes attributes;
  const ConvKernels* conv;
  const GemmKernels* gemm;
  const MoveKernels* move;
  const WeightSums* sums;

  int64_t rows, channels;        // output and input channels of a group
  bool taps_are_rows;            // of the register tiles; else output channels are
  int64_t tile_rows, tile_cols;  // of a register tile
  int64_t panel_rows;            // output channels of a panel of dy: of a register tile, or of a chunk
  int64_t block_rows, blocks;    // output channels of a chunk, chunks a group is cut into
  int64_t band_h, bands;         // output rows of a tile of pixels, tiles of an image
  int64_t part_tiles, parts;     // tiles of pixels of a part of the sum, parts
  int64_t copy_h, copy_w;        // rows and columns of the copy of x
  bool dy_in_place;              // dy is read where it lies
  bool finishes;                 // a chunk ends its weights itself
  int64_t dy_at, sums_at, result_at, finish_at;  // in private memory, after the copy of x

  int64_t taps() const { return channels * dw.shape[2] * dw.shape[3]; }
  int64_t copy_floats() const { return copy_h * copy_w * channels + conv->most_vectors * conv->lanes; }
  // Floats from pixel to pixel of a panel of dy, and from tap to tap of sums whose rows are taps.
  int64_t panel_width() const { return taps_are_rows ? round_up(block_rows, conv->lanes) : gemm->mr; }
  // Floats of a pixel in all panels.
  int64_t dy_width() const { return ceil_div(block_rows, panel_rows) * panel_width(); }
};

// The part of dw a chunk sums up.
struct Block {
  int64_t group, row, rows;  // output channels
  int64_t part;
};

// Where dy is: pixel (y, x) at first + y * row + x * pixel, channels side by side; those of the next panel
// `panel` floats further.
struct Gradient {
  const float* first;
  int64_t row, pixel, panel;
};

// Copies the rows of x that output rows from y0 on can see; those outside the image are left as they are.
void copy_source(const TilePlan& plan, const Run& run, int64_t image, int64_t group, int64_t y0,
                 float* copy) {
  const View& x = plan.x;
  const ConvAttributes& a = plan.attributes;
  const int64_t channels = plan.channels, row_floats = plan.copy_w * channels;
  const int64_t top = y0 * a.stride_h - a.pad_top;
  const Range rows = inside(top, 1, plan.copy_h, x.shape[2]);
  const Range cols = inside(-a.pad_left, 1, plan.copy_w, x.shape[3]);
  const float* from = run.at<float>(x) + image * x.strides[0] + group * channels * x.strides[1] +
                      (cols.first - a.pad_left) * x.strides[3];
  for (int64_t y = rows.first; y < rows.last; y++) {
    copy_pixels(*plan.move, from + (top + y) * x.strides[2], x, cols.count(), channels,
                copy + y * row_floats + cols.first * channels, channels);
  }
}

// Makes output rows [y0, y0 + height) of dy readable.
Gradient open_gradient(const TilePlan& plan, const Run& run, int64_t image, const Block& block, int64_t y0,
                       int64_t height, float* copy) {
  const View& dy = plan.dy;
  const float* from = run.at<float>(dy) + image * dy.strides[0] +
                      (block.group * plan.rows + block.row) * dy.strides[1] + y0 * dy.strides[2];
  if (plan.dy_in_place) return {from, dy.strides[2], dy.strides[3], 0};
  const int64_t width = dy.shape[3], pixel = plan.panel_width(), together = has_flat_pixels(dy) ? height : 1;
  float* to = copy;
  for (int64_t r = 0; r < block.rows; r += plan.panel_rows) {
    const int64_t rows = std::min(plan.panel_rows, block.rows - r);
    for (int64_t y = 0; y < height; y += together, to += together * width * pixel) {
      const float* at = from + r * dy.strides[1] + y * dy.strides[2];
      if (plan.taps_are_rows) {
        copy_pixels(*plan.move, at, dy, together * width, rows, to, pixel);
      } else {
        plan.gemm->pack_a(rows, together * width, at, dy.strides[1], dy.strides[3], to);
      }
    }
  }
  return {copy, width * pixel, pixel, height * width * pixel};
}

// Adds the products of one row of taps, or one tap, with a panel of a tile of pixels.
void add_stretch(const TilePlan& plan, ConvTerms terms, int64_t rows, int64_t cols, float* sums, int64_t ld,
                 bool first) {
  const float* a = terms.a;
  for (int64_t col = 0; col < cols; col += plan.tile_cols, terms.b += plan.tile_cols) {
    const int width = static_cast<int>(std::min(plan.tile_cols, cols - col));
    if (!plan.taps_are_rows) {
      plan.gemm->kernel_segments(terms.segments, terms.length, a, terms.a_segment, terms.b, terms.b_row,
                                 terms.b_segment, sums + col, ld, static_cast<int>(rows), width, !first);
      continue;
    }
    for (int64_t row = 0; row < rows; row += plan.tile_rows) {
      terms.a = a + row;
      plan.conv->tile(terms, sums + row * ld + col, ld,
                      static_cast<int>(std::min(plan.tile_rows, rows - row)), width, !first);
    }
  }
}

// Adds the products of a panel of `rows` output channels with a tile of pixels.
void add_products(const TilePlan& plan, const Gradient& dy, int64_t rows, const float* copy, int64_t y0,
                  int64_t height, float* sums, bool first) {
  const ConvAttributes& a = plan.attributes;
  const int64_t kh = plan.dw.shape[2], kw = plan.dw.shape[3], channels = plan.channels;
  const int64_t row_floats = plan.copy_w * channels, width = plan.dy.shape[3];
  // The columns of neighbouring taps are one stretch unless the window is dilated.
  const int64_t together = a.dilation_w == 1 ? kw : 1, stretch = together * channels;
  const int64_t x_pixel = a.stride_w * channels, x_row = a.stride_h * row_floats;
  for (int64_t i = 0; i < kh; i++) {
    const Range ys =
        inside(y0 * a.stride_h - a.pad_top + i * a.dilation_h, a.stride_h, height, plan.x.shape[2]);
    if (ys.count() == 0 && !first) continue;
    const float* gradient = dy.first + ys.first * dy.row;
    for (int64_t j = 0; j < kw; j += together) {
      const float* x =
          copy + (ys.first * a.stride_h + i * a.dilation_h) * row_floats + j * a.dilation_w * channels;
      const int64_t tap = (i * kw + j) * channels, ld = plan.taps_are_rows ? plan.panel_width() : plan.taps();
      if (plan.taps_are_rows) {
        add_stretch(plan, {ys.count(), width, x, 1, x_pixel, x_row, gradient, dy.pixel, dy.row}, stretch,
                    rows, sums + tap * ld, ld, first);
      } else {
        add_stretch(plan, {ys.count(), width, gradient, 1, dy.pixel, dy.row, x, x_pixel, x_row}, rows,
                    stretch, sums + tap, ld, first);
      }
    }
  }
}

void run_part(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const TilePlan& plan = *static_cast<const TilePlan*>(opaque);
  Block block;
  block.part = chunk % plan.parts;
  block.row = chunk / plan.parts % plan.blocks * plan.block_rows;
  block.group = chunk / plan.parts / plan.blocks;
  block.rows = std::min(plan.block_rows, plan.rows - block.row);
  float* copy = reinterpret_cast<float*>(worker.scratch);
  float* dy_copy = reinterpret_cast<float*>(worker.scratch + plan.dy_at);
  const int64_t row = block.group * plan.rows + block.row;
  float* result = plan.finishes ? reinterpret_cast<float*>(worker.scratch + plan.result_at)
                                : plan.sums->part(run, block.part, row);
  float* sums = plan.taps_are_rows ? reinterpret_cast<float*>(worker.scratch + plan.sums_at) : result;
  // What is outside the image stays zero.
  std::memset(copy, 0, sizeof(float) * plan.copy_floats());
  const int64_t first = block.part * plan.part_tiles;
  const int64_t last = std::min(first + plan.part_tiles, plan.bands * plan.dy.shape[0]);
  for (int64_t t = first; t < last; t++) {
    const int64_t image = t / plan.bands, y0 = t % plan.bands * plan.band_h;
    const int64_t height = std::min(plan.band_h, plan.dy.shape[2] - y0);
    copy_source(plan, run, image, block.group, y0, copy);
    Gradient dy = open_gradient(plan, run, image, block, y0, height, dy_copy);
    for (int64_t r = 0; r < block.rows;
         r += plan.panel_rows, dy.first += dy.panel) {  // a panel stays in the L1 cache
      add_products(plan, dy, std::min(plan.panel_rows, block.rows - r), copy, y0, height,
                   sums + r * plan.taps(), t == first);
    }
  }
  if (plan.taps_are_rows) {
    plan.move->move4({block.rows, plan.taps(), plan.taps(), 1, 1, plan.panel_width()},
                     reinterpret_cast<uint32_t*>(result), reinterpret_cast<const uint32_t*>(sums));
  }
  if (plan.finishes) plan.sums->finish(run, row, block.rows, result, worker.scratch + plan.finish_at);
}

// Of the L2 cache: the sums of a chunk, and the pixels of a tile, in floats.
constexpr int64_t kSumFloats = 128 * 1024;
constexpr int64_t kTileFloats = 48 * 1024;
constexpr int64_t kChunks = 16;

// The sums of one stretch of taps as register tiles, and as those of the transpose.
struct Shapes {
  int64_t stretch;    // taps and channels of one
  int64_t stretches;  // of the window
  TileShape taps_by_rows, rows_by_taps;
  bool channels_are_few;

  // Rows of A that are not packed are read well only where they are short.
  bool taps_are_rows() const { return channels_are_few && taps_by_rows.cost < rows_by_taps.cost; }
  double cost() const { return taps_are_rows() ? taps_by_rows.cost : rows_by_taps.cost; }
};

Shapes choose_shapes(const ConvAttributes& a, const View& dw, const ConvKernels& conv) {
  const int64_t together = a.dilation_w == 1 ? dw.shape[3] : 1, stretch = together * dw.shape[1];
  const int64_t rows = dw.shape[0] / a.groups;
  return {stretch, dw.shape[2] * dw.shape[3] / together, choose_tile(stretch, rows, conv),
          choose_tile(rows, stretch, conv), dw.shape[1] < conv.lanes};
}

void choose_blocks(TilePlan* plan) {
  const View& dy = plan->dy;
  const ConvAttributes& a = plan->attributes;
  const int64_t lanes = plan->conv->lanes;
  const Shapes shapes = choose_shapes(a, plan->dw, *plan->conv);
  plan->taps_are_rows = shapes.taps_are_rows();
  if (plan->taps_are_rows) {
    plan->tile_rows = ceil_div(shapes.stretch, shapes.taps_by_rows.tiles);
    plan->tile_cols = shapes.taps_by_rows.vectors * lanes;
  } else {
    plan->tile_rows = ceil_div(plan->rows, ceil_div(plan->rows, plan->gemm->mr));
    plan->tile_cols = plan->gemm->nr;
  }
  // Blocks of whole register tiles, as equal as these allow.
  const int64_t unit = plan->taps_are_rows ? plan->tile_cols : plan->tile_rows;
  const int64_t units = ceil_div(plan->rows, unit);
  const int64_t fitting = std::max<int64_t>(1, kSumFloats / (unit * plan->taps()));
  plan->block_rows = std::min(plan->rows, ceil_div(units, ceil_div(units, fitting)) * unit);
  plan->blocks = ceil_div(plan->rows, plan->block_rows);
  plan->panel_rows = plan->taps_are_rows ? plan->block_rows : plan->tile_rows;

  // Columns are read in whole vectors.
  plan->dy_in_place = plan->taps_are_rows && dy.strides[1] == 1 && plan->rows % lanes == 0;
  plan->copy_w = (dy.shape[3] - 1) * a.stride_w + (plan->dw.shape[3] - 1) * a.dilation_w + 1;
  const int64_t row_floats = a.stride_h * plan->copy_w * plan->channels + plan->dy_width() * dy.shape[3];
  plan->bands = std::min(dy.shape[2], ceil_div(dy.shape[2] * row_floats, kTileFloats));
  plan->band_h = ceil_div(dy.shape[2], plan->bands);
  plan->bands = ceil_div(dy.shape[2], plan->band_h);
  plan->copy_h = (plan->band_h - 1) * a.stride_h + (plan->dw.shape[2] - 1) * a.dilation_h + 1;

  const int64_t tiles = dy.shape[0] * plan->bands;
  plan->parts = std::min({ceil_div(kChunks, a.groups * plan->blocks), tiles, kMostParts});
  plan->part_tiles = ceil_div(tiles, plan->parts);
  plan->parts = ceil_div(tiles, plan->part_tiles);
}

}  // namespace

double cost_of_weight_tiles(const Instruction& instruction, const Builder& builder) {
  const ConvKernels& conv = *builder.kernels.conv;
  const View &x = *instruction.inputs[0], &dy = *instruction.inputs[1], &dw = *instruction.outputs[0];
  if (x.size() == 0) return HUGE_VAL;
  const ConvAttributes a = conv_attributes(instruction);
  const Shapes shapes = choose_shapes(a, dw, conv);
  const double pixels = static_cast<double>(dy.shape[0] * dy.shape[2] * dy.shape[3]);
  const auto copy_cost = [&](const View& view) {
    return static_cast<double>(view.size()) / conv.lanes * (view.strides[1] == 1 ? kWriteCost : kTurnCost);
  };
  return pixels * static_cast<double>(a.groups * shapes.stretches) * shapes.cost() + copy_cost(x) +
         copy_cost(dy);
}

void add_weight_tiles(const Instruction& instruction, WeightSums* sums, Builder& builder) {
  auto* plan = builder.make_plan<TilePlan>();
  plan->x = *instruction.inputs[0];
  plan->dy = *instruction.inputs[1];
  plan->dw = *instruction.outputs[0];
  plan->attributes = conv_attributes(instruction);
  plan->conv = builder.kernels.conv;
  plan->gemm = builder.kernels.gemm;
  plan->move = builder.kernels.move;
  plan->sums = sums;
  const int64_t groups = plan->attributes.groups;
  plan->rows = plan->dw.shape[0] / groups;
  plan->channels = plan->dw.shape[1];
  choose_blocks(plan);
  builder.explain(plan->taps_are_rows ? "direct, rows = taps" : "direct, rows = channels");

  ScratchPieces scratch;
  scratch.add(plan->copy_floats());
  plan->dy_at = scratch.add(plan->dy_in_place ? 0 : plan->dy_width() * plan->band_h * plan->dy.shape[3]);
  plan->sums_at = scratch.add(plan->taps_are_rows ? plan->panel_width() * plan->taps() : 0);
  plan->finishes = plan->parts == 1;
  plan->result_at = scratch.add(plan->finishes ? plan->block_rows * plan->taps() : 0);
  plan->finish_at = scratch.bytes();
  sums->add_parts(plan->parts, builder, true, plan->finishes);
  builder.reserve_scratch(scratch.bytes() + (plan->finishes ? sums->finish_bytes() : 0));
  builder.add_step(
      run_part, plan, groups * plan->blocks * plan->parts,
      static_cast<double>(plan->dw.size()) * plan->dy.shape[0] * plan->dy.shape[2] * plan->dy.shape[3] / 30);
}

}  // namespace ng
