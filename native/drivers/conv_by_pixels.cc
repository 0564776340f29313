// Direct convolutions by register tiles of pixels × output channels:
//   out [pixels, channels] = what the pixels of an output row see [pixels, taps] · weights [taps, channels].
//
// With the channels of an image side by side, the left side is one stretch of each of a few image rows, and
// that of the next pixel starts a pixel further: it is read where it lies, no patches are made. A chunk
// copies the image rows it needs into private memory first, in that layout and with zeros at their left and
// right, unless they lie so already; rows outside the image are left out of the sums.

#include <algorithm>
#include <cstring>
#include <vector>

#include "../kernels/kernels.h"
#include "conv.h"
#include "conv_result.h"

namespace ng {
namespace {

struct PixelPlan {
  ConvProblem problem;
  const ConvKernels* conv;
  const MoveKernels* move;
  ConvResult result;
  Taps rows, cols;  // those of the window, in ascending order of the source
  bool copies;      // chunks copy what they read of the source
  bool in_output;   // products are written where they belong

  TileShape shape;
  int64_t tile_pixels;             // pixels of a register tile: an output row is cut evenly
  int64_t panels;                  // panels of weights of a group
  int64_t block_panels, blocks;    // panels of a chunk, chunks a group's channels are cut into
  int64_t band_h, bands;           // output rows of a chunk, chunks an image is cut into
  int64_t copy_w, copy_h;          // of the copy, in pixels
  std::vector<int32_t> positions;  // where the packed weights have each tap of the kernel; -1 if nowhere
  Packed weights;                  // [group][panel][row tap][column tap][channel][width]
  int64_t products_at, result_at;  // in private memory, after the copy

  int64_t width() const { return shape.vectors * conv->lanes; }  // of a panel
  int64_t k() const { return problem.channels * rows.count * cols.count; }
  int64_t group_floats() const { return round_up(problem.rows, conv->lanes) * k(); }
  int64_t block_rows() const { return std::min(problem.rows, block_panels * width()); }
};

// Packs one panel of weights.
void pack_weights(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const PixelPlan& plan = *static_cast<const PixelPlan*>(opaque);
  const ConvProblem& problem = plan.problem;
  const View& w = problem.weights;
  const int64_t group = chunk / plan.panels, first = chunk % plan.panels * plan.width();
  const int64_t rows = std::min(plan.width(), problem.rows - first);
  const int64_t width = round_up(rows, plan.conv->lanes);
  const int64_t row_step = w.strides[problem.row_axis], channel_step = w.strides[problem.channel_axis];
  // The groups lie along the first axis, which is that of the output channels of the forward convolution.
  const int64_t group_size = problem.row_axis == 0 ? problem.rows : problem.channels;
  const float* from = run.at<float>(w) + group * group_size * w.strides[0] + first * row_step;
  float* to = run.at<float>(plan.weights) + group * plan.group_floats() + first * plan.k();
  const int64_t kh = w.shape[2], kw = w.shape[3];
  // Taps side by side; the step of an axis of one tap says nothing.
  const bool together = (kw == 1 || w.strides[3] == 1) && (kh == 1 || w.strides[2] == kw);
  if (together && kh * kw > 1) {
    plan.conv->pack(rows, row_step, problem.channels, channel_step, kh * kw, plan.positions.data(), from,
                    width, to);
    return;
  }
  if (rows < width) std::memset(to, 0, sizeof(float) * plan.k() * width);
  for (int64_t t = 0; t < kh * kw; t++) {
    if (plan.positions[t] < 0) continue;
    plan.move->move4({problem.channels, rows, width, 1, channel_step, row_step},
                     reinterpret_cast<uint32_t*>(to + plan.positions[t] * problem.channels * width),
                     reinterpret_cast<const uint32_t*>(from + t / kw * w.strides[2] + t % kw * w.strides[3]));
  }
}

// Where a chunk reads its source: from pixel (top, left) of the image on, which may lie outside of it.
struct Source {
  const float* first;
  int64_t top, left;
  int64_t row, pixel;  // steps from row to row and from pixel to pixel

  const float* at(int64_t y, int64_t x) const { return first + (y - top) * row + (x - left) * pixel; }
};

// Makes what output rows [y0, y0 + height) see of an image readable.
Source open_source(const PixelPlan& plan, const Run& run, int64_t image, int64_t group, int64_t y0,
                   int64_t height, float* copy) {
  const View& source = plan.problem.source;
  const int64_t channels = plan.problem.channels, *strides = source.strides;
  const float* from = run.at<float>(source) + image * strides[0] + group * channels * strides[1];
  if (!plan.copies) return {from, 0, 0, strides[2], strides[3]};
  const int64_t stride = plan.problem.window.stride_h, left = plan.cols.lowest();
  const int64_t top = y0 * stride + plan.rows.lowest();
  const Range rows =
      inside(top, 1, plan.rows.highest() - plan.rows.lowest() + (height - 1) * stride + 1, source.shape[2]);
  const Range cols = inside(left, 1, plan.copy_w, source.shape[3]);
  const int64_t row_floats = plan.copy_w * channels;
  for (int64_t y = rows.first; y < rows.last; y++) {
    float* to = copy + y * row_floats;
    std::memset(to, 0, sizeof(float) * cols.first * channels);
    std::memset(to + cols.last * channels, 0, sizeof(float) * (plan.copy_w - cols.last) * channels);
    copy_pixels(*plan.move, from + (top + y) * strides[2] + (left + cols.first) * strides[3], source,
                cols.count(), channels, to + cols.first * channels, channels);
  }
  return {copy, top, left, row_floats, channels};
}

// The products of one output row with a panel of weights: c [pixels, channels].
void multiply_row(const PixelPlan& plan, const Source& source, const float* weights, int64_t y, int cols,
                  float* c, int64_t ldc) {
  const Window& window = plan.problem.window;
  const int64_t channels = plan.problem.channels, width = round_up(cols, plan.conv->lanes);
  const int64_t top = y * window.stride_h + plan.rows.source;
  const Range down = inside(top, plan.rows.source_step, plan.rows.count, plan.problem.source.shape[2]);
  // The column taps of a row are one stretch unless they are apart.
  const bool together = plan.cols.count <= 1 || (plan.cols.source_step == 1 && source.pixel == channels);
  const int64_t stretches = together ? 1 : plan.cols.count;
  const int64_t length = together ? plan.cols.count * channels : channels;
  ConvTerms terms = {};
  terms.segments = length == 0 ? 0 : down.count();
  terms.length = length;
  terms.a_row = window.stride_w * source.pixel;
  terms.a_col = 1;
  terms.a_segment = plan.rows.source_step * source.row;
  terms.b_row = width;
  terms.b_segment = plan.cols.count * channels * width;
  terms.a = terms.segments > 0 ? source.at(top + down.first * plan.rows.source_step, plan.cols.source)
                               : source.first;  // of which nothing is read
  terms.b = weights + down.first * terms.b_segment;
  for (int64_t x = 0; x < window.out_w; x += plan.tile_pixels) {
    const int pixels = static_cast<int>(std::min(plan.tile_pixels, window.out_w - x));
    ConvTerms part = terms;
    for (int64_t j = 0; j < stretches; j++) {
      plan.conv->tile(part, c + x * ldc, ldc, pixels, cols, j > 0);
      part.a += plan.cols.source_step * source.pixel;
      part.b += length * width;
    }
    terms.a += plan.tile_pixels * terms.a_row;
  }
}

void run_chunk(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const PixelPlan& plan = *static_cast<const PixelPlan*>(opaque);
  const ConvProblem& problem = plan.problem;
  const int64_t block = chunk % plan.blocks;
  chunk /= plan.blocks;
  const int64_t y0 = chunk % plan.bands * plan.band_h;
  chunk /= plan.bands;
  const int64_t group = chunk % problem.groups, image = chunk / problem.groups;
  const int64_t out_w = problem.window.out_w, height = std::min(plan.band_h, problem.window.out_h - y0);
  const int64_t first = block * plan.block_panels * plan.width();
  const int64_t rows = std::min(plan.block_rows(), problem.rows - first);

  const Source source =
      open_source(plan, run, image, group, y0, height, reinterpret_cast<float*>(worker.scratch));
  float* products = reinterpret_cast<float*>(worker.scratch + plan.products_at);
  int64_t pixel_step = rows, row_step = out_w * rows;
  if (plan.in_output) {
    const View& out = problem.views[0];
    products =
        run.at<float>(out) + image * out.strides[0] + group * problem.rows + first + y0 * out.strides[2];
    pixel_step = out.strides[3];
    row_step = out.strides[2];
  }
  const float* weights = run.at<float>(plan.weights) + group * plan.group_floats() + first * plan.k();
  for (int64_t r = 0; r < rows; r += plan.width()) {  // a panel of weights stays in the inner caches
    const int cols = static_cast<int>(std::min(plan.width(), rows - r));
    for (int64_t y = 0; y < height; y++) {
      multiply_row(plan, source, weights + r * plan.k(), y0 + y, cols, products + y * row_step + r,
                   pixel_step);
    }
  }
  if (plan.in_output) return;
  plan.result.write(run, {image, group * problem.rows + first, rows, y0 * out_w, height * out_w}, products, 1,
                    rows, worker.scratch + plan.result_at);
}

// Products of a chunk, and what it copies, in floats: both should stay in the L2 cache.
constexpr int64_t kProductFloats = 48 * 1024;
constexpr int64_t kCopyFloats = 96 * 1024;

void choose_chunks(PixelPlan* plan) {
  const ConvProblem& problem = plan->problem;
  const Window& window = problem.window;
  plan->panels = ceil_div(problem.rows, plan->width());
  plan->copy_w = (window.out_w - 1) * window.stride_w + plan->cols.highest() - plan->cols.lowest() + 1;
  const int64_t copied = plan->copies ? window.stride_h * plan->copy_w * problem.channels : 1;
  const int64_t fitting = std::min(kCopyFloats / copied, kProductFloats / (window.out_w * problem.rows));
  const ChunkShape shape =
      cut_into_chunks(problem, std::clamp<int64_t>(fitting, 1, window.out_h), plan->panels);
  plan->band_h = shape.band_h;
  plan->bands = ceil_div(window.out_h, plan->band_h);
  plan->block_panels = shape.block_panels;
  plan->blocks = ceil_div(plan->panels, plan->block_panels);
  plan->copy_h = (plan->band_h - 1) * window.stride_h + plan->rows.highest() - plan->rows.lowest() + 1;
}

void reserve_memory(PixelPlan* plan, Builder& builder) {
  const ConvProblem& problem = plan->problem;
  const int64_t tile_floats = plan->band_h * problem.window.out_w * plan->block_rows();
  const int64_t copy_floats = plan->copies ? plan->copy_h * plan->copy_w * problem.channels : 0;
  plan->products_at = round_up(sizeof(float) * copy_floats, kArenaBlock);
  plan->result_at =
      plan->products_at + (plan->in_output ? 0 : round_up(sizeof(float) * tile_floats, kArenaBlock));
  plan->result.expect(plan->block_rows(), plan->band_h * problem.window.out_w, builder);
  builder.reserve_scratch(plan->result_at + plan->result.scratch_bytes(tile_floats));
  std::vector<int64_t> words = {problem.row_axis, problem.groups, plan->shape.vectors};
  words.insert(words.end(), plan->positions.begin(), plan->positions.end());
  plan->weights = builder.reserve_packed(pack_weights, problem.weights, words,
                                         sizeof(float) * problem.groups * plan->group_floats());
}

}  // namespace

double cost_by_pixels(const ConvProblem& problem, const Builder& builder) {
  const ConvKernels& conv = *builder.kernels.conv;
  const Window& window = problem.window;
  const View& out = problem.views[0];
  const Taps rows = window.rows.ascending();
  int64_t rows_inside = 0;  // of the images under all windows of a column
  for (int64_t y = 0; y < window.out_h; y++) {
    rows_inside +=
        inside(y * window.stride_h + rows.source, rows.source_step, rows.count, problem.source.shape[2])
            .count();
  }
  const double images = static_cast<double>(problem.groups * problem.source.shape[0]);
  const double terms = static_cast<double>(problem.channels * window.cols.count * rows_inside);
  const double weights = static_cast<double>(problem.groups * problem.rows * problem.terms());
  const double write_cost = out.strides[1] == 1 ? kWriteCost : kTurnCost;
  return images * terms * choose_tile(window.out_w, problem.rows, conv).cost +
         (weights * kPackCost + problem.products() * write_cost) / conv.lanes;
}

std::string add_conv_by_pixels(const ConvProblem& problem, const Instruction& instruction, Builder& builder) {
  auto* plan = builder.make_plan<PixelPlan>();
  plan->problem = problem;
  plan->conv = builder.kernels.conv;
  plan->move = builder.kernels.move;
  plan->rows = problem.window.rows.ascending();
  plan->cols = problem.window.cols.ascending();
  const std::string problem_found = plan->result.prepare(problem, instruction, problem.rows, builder);
  if (!problem_found.empty()) return problem_found;
  const View &out = problem.views[0], &source = problem.source;
  if (out.size() == 0) return "";
  builder.explain("direct, rows = pixels");

  const Window& window = problem.window;
  plan->shape = choose_tile(window.out_w, problem.rows, *plan->conv);
  plan->tile_pixels = ceil_div(window.out_w, plan->shape.tiles);
  const Taps& cols = plan->cols;
  const bool outside =
      cols.lowest() < 0 || cols.highest() + (window.out_w - 1) * window.stride_w >= source.shape[3];
  plan->copies = plan->k() > 0 && (outside || (source.strides[1] != 1 && problem.channels != 1));
  plan->in_output = plan->result.is_identity() && out.strides[1] == 1;
  plan->positions = tap_positions(problem.weights, plan->rows, cols);
  choose_chunks(plan);
  reserve_memory(plan, builder);

  const double weights = static_cast<double>(problem.rows) * plan->k() * problem.groups;
  if (plan->k() > 0)
    builder.add_packing(plan->weights, pack_weights, plan, problem.groups * plan->panels, 0.5 * weights);
  builder.add_step(run_chunk, plan, source.shape[0] * problem.groups * plan->bands * plan->blocks,
                   weights * source.shape[0] * window.pixels() / 30);
  return "";
}

}  // namespace ng
