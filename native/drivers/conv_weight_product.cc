// The weight gradient by matrix products, where channels are many.
//
// With the channels of x side by side, what a pixel sees under one row of the window is one row of a matrix:
// [column tap and channel]. So for every row tap, the sums over a band of pixels are a product
//   dw [o, column tap and channel] += dy [o, pixels] · x [pixels, column tap and channel]
// whose right side is read where it lies, its rows overlapping. A tile copies x in that layout, with zeros at
// the left and the right of the image, and packs dy; rows outside the image are left out of the product.

#include <algorithm>
#include <cstring>

#include "../kernels/kernels.h"
#include "conv_weight.h"

namespace ng {
namespace {

struct ProductPlan {
  View x, dy, dw;
  ConvAttributes attributes;
  const GemmKernels* gemm;
  const MoveKernels* move;
  const WeightSums* sums;

  int64_t rows, channels;        // output and input channels of a group
  int64_t panel_rows, panels;    // rows of a panel of dy, panels of a group
  int64_t block_panels, blocks;  // panels of a chunk, chunks a group is cut into
  int64_t band_h, bands;         // output rows of a tile, tiles of an image
  int64_t part_tiles, parts;     // tiles of a part of the sum, parts
  int64_t copy_h, copy_w;        // rows and columns of the copy of x
  int64_t dy_at;                 // in private memory, after the copy

  int64_t taps() const { return channels * dw.shape[2] * dw.shape[3]; }
  int64_t copy_floats() const { return copy_h * copy_w * channels + gemm->nr; }
};

// Copies the rows of x that output rows from y0 on can see; those outside the image are left as they are.
void copy_source(const ProductPlan& plan, const Run& run, int64_t image, int64_t group, int64_t y0,
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
    plan.move->move4({cols.count(), channels, channels, 1, x.strides[3], x.strides[1]},
                     reinterpret_cast<uint32_t*>(copy + y * row_floats + cols.first * channels),
                     reinterpret_cast<const uint32_t*>(from + (top + y) * x.strides[2]));
  }
}

// Packs panels of dy for output rows [y0, y0 + height): [panel][pixel][mr].
void pack_dy(const ProductPlan& plan, const Run& run, int64_t image, int64_t row, int64_t rows, int64_t y0,
             int64_t height, float* packed) {
  const View& dy = plan.dy;
  const int64_t width = dy.shape[3], mr = plan.gemm->mr;
  const float* from = run.at<float>(dy) + image * dy.strides[0] + row * dy.strides[1] + y0 * dy.strides[2];
  const int64_t together = has_flat_pixels(dy) ? height : 1;
  for (int64_t r = 0; r < rows; r += plan.panel_rows) {
    for (int64_t y = 0; y < height; y += together) {
      plan.gemm->pack_a(std::min(plan.panel_rows, rows - r), together * width,
                        from + r * dy.strides[1] + y * dy.strides[2], dy.strides[1], dy.strides[3], packed);
      packed += together * width * mr;
    }
  }
}

// Adds the products of one panel of dy with a tile: c [rows][taps].
void add_products(const ProductPlan& plan, const float* dy, const float* copy, int64_t y0, int64_t height,
                  int rows, float* c, bool first) {
  const GemmKernels& gemm = *plan.gemm;
  const ConvAttributes& a = plan.attributes;
  const int64_t kh = plan.dw.shape[2], kw = plan.dw.shape[3], width = plan.dy.shape[3];
  const int64_t channels = plan.channels, row_floats = plan.copy_w * channels;
  // The columns of neighbouring taps are one stretch unless the window is dilated.
  const int64_t together = a.dilation_w == 1 ? kw : 1;
  for (int64_t i = 0; i < kh; i++) {
    const Range ys =
        inside(y0 * a.stride_h - a.pad_top + i * a.dilation_h, a.stride_h, height, plan.x.shape[2]);
    if (ys.count() == 0 && !first) continue;
    for (int64_t j = 0; j < kw; j += together) {
      const float* b =
          copy + (ys.first * a.stride_h + i * a.dilation_h) * row_floats + j * a.dilation_w * channels;
      const int64_t columns = together * channels;
      for (int64_t column = 0; column < columns; column += gemm.nr) {
        gemm.kernel_segments(ys.count(), width, dy + ys.first * width * gemm.mr, width * gemm.mr, b + column,
                             a.stride_w * channels, a.stride_h * row_floats,
                             c + (i * kw + j) * channels + column, plan.taps(), rows,
                             static_cast<int>(std::min<int64_t>(gemm.nr, columns - column)), !first);
      }
    }
  }
}

void run_part(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const ProductPlan& plan = *static_cast<const ProductPlan*>(opaque);
  const int64_t part = chunk % plan.parts, block = chunk / plan.parts % plan.blocks;
  const int64_t group = chunk / plan.parts / plan.blocks;
  const int64_t first_row = block * plan.block_panels * plan.panel_rows;
  const int64_t rows = std::min(plan.block_panels * plan.panel_rows, plan.rows - first_row);
  const int64_t row = group * plan.rows + first_row;
  float* copy = reinterpret_cast<float*>(worker.scratch);
  float* dy = reinterpret_cast<float*>(worker.scratch + plan.dy_at);
  // What is outside the image stays zero.
  std::memset(copy, 0, sizeof(float) * plan.copy_floats());
  const int64_t first = part * plan.part_tiles;
  const int64_t last = std::min(first + plan.part_tiles, plan.bands * plan.dy.shape[0]);
  for (int64_t t = first; t < last; t++) {
    const int64_t image = t / plan.bands, y0 = t % plan.bands * plan.band_h;
    const int64_t height = std::min(plan.band_h, plan.dy.shape[2] - y0);
    copy_source(plan, run, image, group, y0, copy);
    pack_dy(plan, run, image, row, rows, y0, height, dy);
    for (int64_t r = 0; r < rows; r += plan.panel_rows) {
      add_products(plan, dy + r / plan.panel_rows * height * plan.dy.shape[3] * plan.gemm->mr, copy, y0,
                   height, static_cast<int>(std::min(plan.panel_rows, rows - r)),
                   plan.sums->part(run, part, row + r), t == first);
    }
  }
}

// Of the L2 cache: the sums of a chunk, and the pixels of a tile, in floats.
constexpr int64_t kSumFloats = 128 * 1024;
constexpr int64_t kTileFloats = 48 * 1024;
constexpr int64_t kChunks = 16;

void choose_blocks(ProductPlan* plan, int64_t groups) {
  const View& dy = plan->dy;
  const ConvAttributes& a = plan->attributes;
  plan->panels = ceil_div(plan->rows, plan->gemm->mr);
  plan->panel_rows = ceil_div(plan->rows, plan->panels);
  const int64_t fitting = std::max<int64_t>(1, kSumFloats / (plan->panel_rows * plan->taps()));
  plan->blocks = ceil_div(plan->panels, fitting);
  plan->block_panels = ceil_div(plan->panels, plan->blocks);
  plan->blocks = ceil_div(plan->panels, plan->block_panels);

  plan->copy_w = (dy.shape[3] - 1) * a.stride_w + (plan->dw.shape[3] - 1) * a.dilation_w + 1;
  const int64_t row_floats =
      a.stride_h * plan->copy_w * plan->channels + plan->block_panels * plan->gemm->mr * dy.shape[3];
  plan->bands = std::min(dy.shape[2], ceil_div(dy.shape[2] * row_floats, kTileFloats));
  plan->band_h = ceil_div(dy.shape[2], plan->bands);
  plan->bands = ceil_div(dy.shape[2], plan->band_h);
  plan->copy_h = (plan->band_h - 1) * a.stride_h + (plan->dw.shape[2] - 1) * a.dilation_h + 1;

  const int64_t tiles = dy.shape[0] * plan->bands;
  plan->parts = std::min({ceil_div(kChunks, groups * plan->blocks), tiles, kMostParts});
  plan->part_tiles = ceil_div(tiles, plan->parts);
  plan->parts = ceil_div(tiles, plan->part_tiles);
}

}  // namespace

bool fits_products(const Instruction& instruction, const Builder& builder) {
  const GemmKernels& gemm = *builder.kernels.gemm;
  const ConvAttributes a = conv_attributes(instruction);
  const View &x = *instruction.inputs[0], &dy = *instruction.inputs[1], &dw = *instruction.outputs[0];
  const int64_t columns = dw.shape[1] * (a.dilation_w == 1 ? dw.shape[3] : 1), rest = columns % gemm.nr;
  // A panel that is not full costs as much as a full one, or half where one vector is enough.
  const int64_t paid = columns - rest + (rest == 0 ? 0 : rest <= gemm.lanes ? gemm.nr / 2 : gemm.nr);
  return 4 * columns >= 3 * paid && dw.shape[0] / a.groups >= 4 && dy.size() > 0 && x.size() > 0;
}

void add_weight_products(const Instruction& instruction, WeightSums* sums, Builder& builder) {
  auto* plan = builder.make_plan<ProductPlan>();
  plan->x = *instruction.inputs[0];
  plan->dy = *instruction.inputs[1];
  plan->dw = *instruction.outputs[0];
  plan->attributes = conv_attributes(instruction);
  plan->gemm = builder.kernels.gemm;
  plan->move = builder.kernels.move;
  plan->sums = sums;
  const int64_t groups = plan->attributes.groups;
  plan->rows = plan->dw.shape[0] / groups;
  plan->channels = plan->dw.shape[1];
  choose_blocks(plan, groups);
  plan->dy_at = round_up(sizeof(float) * plan->copy_floats(), kArenaBlock);
  builder.reserve_scratch(plan->dy_at + sizeof(float) * plan->block_panels * plan->band_h *
                                            plan->dy.shape[3] * plan->gemm->mr);
  sums->add_parts(plan->parts, builder, true);
  builder.add_step(
      run_part, plan, groups * plan->blocks * plan->parts,
      static_cast<double>(plan->dw.size()) * plan->dy.shape[0] * plan->dy.shape[2] * plan->dy.shape[3] / 30);
}

}  // namespace ng
