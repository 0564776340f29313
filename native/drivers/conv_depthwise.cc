#include "conv_depthwise.h"

#include <algorithm>
#include <cstring>

#include "../kernels/kernels.h"
#include "conv_result.h"

namespace ng {
namespace {

// Where the taps of output pixels are, in the image itself.
struct Slide {
  Taps rows, cols;  // ascending
  int64_t stride_h, stride_w, height, width;
  int64_t row, pixel;  // steps in the image

  // Calls body(window of some taps, first of them as (row, column), offset of that tap in the image for
  // output pixel x, x, count) for stretches of pixels of output row y that have the same taps inside the
  // image.
  template <typename Body>
  void each(int64_t y, int64_t out_w, Body body) const;
};

template <typename Body>
void Slide::each(int64_t y, int64_t out_w, Body body) const {
  const int64_t top = y * stride_h + rows.source;
  const Range down = inside(top, rows.source_step, rows.count, height);
  for (int64_t x = 0; x < out_w;) {
    const int64_t left = x * stride_w + cols.source;
    const Range across = inside(left, cols.source_step, cols.count, width);
    int64_t count = 1;
    if (across.count() == cols.count && cols.count > 0) {  // so do all pixels up to the right border
      const int64_t room = width - 1 - left - (cols.count - 1) * cols.source_step;
      count = std::min(out_w - x, room / stride_w + 1);
    }
    DepthwiseWindow window = {};
    window.rows = across.count() == 0 ? 0 : down.count();
    window.cols = across.count();
    window.x_row = rows.source_step * row;
    window.x_col = cols.source_step * pixel;
    window.x_pixel = stride_w * pixel;
    const int64_t at = window.rows == 0 ? 0
                                        : (top + down.first * rows.source_step) * row +
                                              (left + across.first * cols.source_step) * pixel;
    body(window, down.first, across.first, at, x, count);
    x += count;
  }
}

struct DepthwisePlan {
  ConvProblem problem;
  const DepthwiseKernels* depthwise;
  const MoveKernels* move;
  ConvResult result;
  Slide slide;
  bool in_output;         // products are written where they belong
  int64_t band_h, bands;  // output rows of a chunk, chunks an image is cut into
  int64_t width;          // floats of the weights of a tap
  Packed weights;         // [row tap][column tap][channel]
  int64_t result_at;      // in private memory, after the products
};

void pack_weights(const void* opaque, const Run& run, int64_t row, Worker&) {
  const DepthwisePlan& plan = *static_cast<const DepthwisePlan*>(opaque);
  const View& w = plan.problem.weights;
  const Taps &rows = plan.slide.rows, &cols = plan.slide.cols;
  const int64_t at = (rows.kernel + row * rows.kernel_step) * w.strides[2] + cols.kernel * w.strides[3];
  plan.move->move4(
      {cols.count, plan.problem.groups, plan.width, 1, cols.kernel_step * w.strides[3], w.strides[0]},
      run.at<uint32_t>(plan.weights) + row * cols.count * plan.width, run.at<uint32_t>(w) + at);
}

void run_band(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const DepthwisePlan& plan = *static_cast<const DepthwisePlan*>(opaque);
  const ConvProblem& problem = plan.problem;
  const View& out = problem.views[0];
  const int64_t image = chunk / plan.bands, y0 = chunk % plan.bands * plan.band_h;
  const int64_t out_w = problem.window.out_w, height = std::min(plan.band_h, problem.window.out_h - y0);
  const float* source = run.at<float>(problem.source) + image * problem.source.strides[0];
  const float* weights = run.at<float>(plan.weights);
  float* products = reinterpret_cast<float*>(worker.scratch);
  int64_t pixel_step = problem.groups, row_step = out_w * problem.groups;
  if (plan.in_output) {
    products = run.at<float>(out) + image * out.strides[0] + y0 * out.strides[2];
    pixel_step = out.strides[3];
    row_step = out.strides[2];
  }
  const int64_t w_row = plan.slide.cols.count * plan.width;
  for (int64_t y = 0; y < height; y++) {
    plan.slide.each(
        y0 + y, out_w,
        [&](DepthwiseWindow window, int64_t row, int64_t col, int64_t at, int64_t x, int64_t count) {
          window.w_row = w_row;
          window.w_col = plan.width;
          window.y_pixel = pixel_step;
          plan.depthwise->row(window, source + at, weights + row * w_row + col * plan.width,
                              products + y * row_step + x * pixel_step, count, problem.groups);
        });
  }
  if (plan.in_output) return;
  plan.result.write(run, {image, 0, problem.groups, y0 * out_w, height * out_w}, products, 1, pixel_step,
                    worker.scratch + plan.result_at);
}

// Products of a chunk, in floats, that stay in the L2 cache; multiply-adds it should have at least; and
// chunks that keep 16 threads busy.
constexpr int64_t kProductFloats = 48 * 1024;
constexpr int64_t kChunkWork = 128 * 1024;
constexpr int64_t kChunks = 32;

}  // namespace

bool is_depthwise(const ConvProblem& problem) {
  return problem.groups > 1 && problem.rows == 1 && problem.channels == 1 && problem.source.strides[1] == 1;
}

std::string add_depthwise_conv(const ConvProblem& problem, const Instruction& instruction, Builder& builder) {
  auto* plan = builder.make_plan<DepthwisePlan>();
  plan->problem = problem;
  plan->depthwise = builder.kernels.depthwise;
  plan->move = builder.kernels.move;
  const std::string problem_found = plan->result.prepare(problem, instruction, problem.groups, builder);
  if (!problem_found.empty()) return problem_found;
  const View &out = problem.views[0], &source = problem.source;
  if (out.size() == 0) return "";
  builder.explain("direct, vectors of channels");

  const Window& window = problem.window;
  plan->slide = {window.rows.ascending(), window.cols.ascending(), window.stride_h,   window.stride_w,
                 source.shape[2],         source.shape[3],         source.strides[2], source.strides[3]};
  plan->in_output = plan->result.is_identity() && out.strides[1] == 1;
  plan->width = round_up(problem.groups, builder.kernels.conv->lanes);
  const int64_t row_floats = window.out_w * problem.groups, images = source.shape[0];
  const int64_t wanted =
      std::min(kChunks, 1 + images * window.out_h * row_floats * window.taps() / kChunkWork);
  plan->bands = std::max(ceil_div(window.out_h * row_floats, kProductFloats), ceil_div(wanted, images));
  plan->band_h = ceil_div(window.out_h, std::min(plan->bands, window.out_h));
  plan->bands = ceil_div(window.out_h, plan->band_h);

  const int64_t tile_floats = plan->band_h * row_floats;
  plan->result_at = plan->in_output ? 0 : round_up(sizeof(float) * tile_floats, kArenaBlock);
  plan->result.expect(problem.groups, plan->band_h * window.out_w, builder);
  builder.reserve_scratch(plan->result_at + plan->result.scratch_bytes(tile_floats));
  const Taps &rows = plan->slide.rows, &cols = plan->slide.cols;
  plan->weights = builder.reserve_packed(
      pack_weights, problem.weights,
      {rows.count, rows.kernel, rows.kernel_step, cols.count, cols.kernel, cols.kernel_step},
      sizeof(float) * window.taps() * plan->width);
  if (window.taps() > 0) {
    builder.add_packing(plan->weights, pack_weights, plan, rows.count,
                        static_cast<double>(window.taps() * plan->width));
  }
  builder.add_step(run_band, plan, images * plan->bands, problem.products() * window.taps() / 15);
  return "";
}

// ── weight gradients
// ────────────────────────────────────────────────────────────────────────────────────────

namespace {

struct GradientPlan {
  View x, dy, dw;
  const DepthwiseKernels* depthwise;
  const MoveKernels* move;
  const WeightSums* sums;
  Slide slide;
  int64_t width;             // floats of the sums of a tap
  int64_t part_rows, parts;  // output rows of a part of the sum, parts
};

void run_part(const void* opaque, const Run& run, int64_t part, Worker& worker) {
  const GradientPlan& plan = *static_cast<const GradientPlan*>(opaque);
  const int64_t channels = plan.dw.shape[0], out_h = plan.dy.shape[2], out_w = plan.dy.shape[3];
  const int64_t taps = plan.dw.shape[2] * plan.dw.shape[3], w_row = plan.dw.shape[3] * plan.width;
  float* sums = reinterpret_cast<float*>(worker.scratch);  // [tap][channel]
  std::memset(sums, 0, sizeof(float) * taps * plan.width);
  const int64_t first = part * plan.part_rows;
  const int64_t last = std::min(first + plan.part_rows, plan.dy.shape[0] * out_h);
  for (int64_t r = first; r < last; r++) {
    const int64_t image = r / out_h, y = r % out_h;
    const float* x = run.at<float>(plan.x) + image * plan.x.strides[0];
    const float* dy = run.at<float>(plan.dy) + image * plan.dy.strides[0] + y * plan.dy.strides[2];
    plan.slide.each(
        y, out_w,
        [&](DepthwiseWindow window, int64_t row, int64_t col, int64_t at, int64_t pixel, int64_t count) {
          window.w_row = w_row;
          window.w_col = plan.width;
          window.y_pixel = plan.dy.strides[3];
          plan.depthwise->weights(window, x + at, sums + row * w_row + col * plan.width,
                                  dy + pixel * plan.dy.strides[3], count, channels);
        });
  }
  plan.move->move4({channels, taps, taps, 1, 1, plan.width},
                   reinterpret_cast<uint32_t*>(plan.sums->part(run, part, 0)),
                   reinterpret_cast<const uint32_t*>(sums));
}

}  // namespace

bool is_depthwise_gradient(const Instruction& instruction) {
  const View &x = *instruction.inputs[0], &dy = *instruction.inputs[1], &dw = *instruction.outputs[0];
  const int64_t groups = conv_attributes(instruction).groups;
  return groups > 1 && dw.shape[0] == groups && dw.shape[1] == 1 && x.strides[1] == 1 && dy.strides[1] == 1;
}

void add_depthwise_weights(const Instruction& instruction, WeightSums* sums, Builder& builder) {
  builder.explain("direct, vectors of channels");
  const ConvAttributes a = conv_attributes(instruction);
  auto* plan = builder.make_plan<GradientPlan>();
  plan->x = *instruction.inputs[0];
  plan->dy = *instruction.inputs[1];
  plan->dw = *instruction.outputs[0];
  plan->depthwise = builder.kernels.depthwise;
  plan->move = builder.kernels.move;
  plan->sums = sums;
  const View &x = plan->x, &dy = plan->dy;
  const Window window = forward_window(a, plan->dw, dy);
  plan->slide = {window.rows, window.cols, a.stride_h,   a.stride_w,
                 x.shape[2],  x.shape[3],  x.strides[2], x.strides[3]};
  plan->width = round_up(plan->dw.shape[0], builder.kernels.conv->lanes);
  const int64_t rows = dy.shape[0] * dy.shape[2], work = dy.size() * window.taps();
  plan->parts = std::min({rows, kMostParts, 1 + work / kChunkWork});
  plan->part_rows = ceil_div(rows, plan->parts);
  plan->parts = ceil_div(rows, plan->part_rows);
  builder.reserve_scratch(sizeof(float) * window.taps() * plan->width);
  sums->add_parts(plan->parts, builder);
  builder.add_step(run_part, plan, plan->parts, static_cast<double>(work) / 15);
}

}  // namespace ng
