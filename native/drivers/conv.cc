#include "conv.h"

#include <algorithm>
#include <cstring>

#include "../kernels/kernels.h"
#include "../program/text.h"
#include "conv_depthwise.h"
#include "conv_product.h"
#include "winograd.h"

namespace ng {

ConvAttributes conv_attributes(const Instruction& instruction) {
  const int32_t* a = instruction.attributes;
  return {a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7] == static_cast<int32_t>(Accuracy::kStrict)};
}

std::string check_conv_types(const Instruction& instruction) {
  const bool floats =
      instruction.inputs[0]->dtype == DType::kFloat32 && instruction.inputs[1]->dtype == DType::kFloat32;
  return floats ? "" : "conv2d computes in float32 on this backend";
}

Window forward_window(const ConvAttributes& a, const View& weights, const View& out) {
  return {{weights.shape[2], -a.pad_top, a.dilation_h, 0, 1},
          {weights.shape[3], -a.pad_left, a.dilation_w, 0, 1},
          a.stride_h,
          a.stride_w,
          out.shape[2],
          out.shape[3]};
}

bool has_flat_pixels(const View& view) {
  return view.shape[2] == 1 || view.strides[2] == view.shape[3] * view.strides[3];
}

namespace {

// Calls body(row-major position in the stretch, offset in the image, length) for stretches of evenly spaced
// pixels.
template <typename Body>
void each_stretch(const View& view, int64_t pixel, int64_t pixels, Body body) {
  const int64_t width = view.shape[3];
  if (has_flat_pixels(view)) return body(0, pixel * view.strides[3], pixels);
  for (int64_t done = 0; done < pixels;) {
    const int64_t y = (pixel + done) / width, x = (pixel + done) % width;
    const int64_t length = std::min(pixels - done, width - x);
    body(done, y * view.strides[2] + x * view.strides[3], length);
    done += length;
  }
}

}  // namespace

void load_pixels(const MoveKernels& move, const View& view, const float* image, int64_t row, int64_t rows,
                 int64_t pixel, int64_t pixels, float* matrix, int64_t ld) {
  each_stretch(view, pixel, pixels, [&](int64_t column, int64_t offset, int64_t length) {
    move.move4({rows, length, ld, 1, view.strides[1], view.strides[3]},
               reinterpret_cast<uint32_t*>(matrix + column),
               reinterpret_cast<const uint32_t*>(image + row * view.strides[1] + offset));
  });
}

void store_pixels(const MoveKernels& move, const View& view, float* image, int64_t row, int64_t rows,
                  int64_t pixel, int64_t pixels, const float* products, int64_t channel_step,
                  int64_t pixel_step) {
  const int64_t row_step = view.strides[1], step = view.strides[3];
  each_stretch(view, pixel, pixels, [&](int64_t position, int64_t offset, int64_t length) {
    const MoveTile tile = step == 1 ? MoveTile{rows, length, row_step, 1, channel_step, pixel_step}
                                    : MoveTile{length, rows, step, row_step, pixel_step, channel_step};
    move.move4(tile, reinterpret_cast<uint32_t*>(image + row * row_step + offset),
               reinterpret_cast<const uint32_t*>(products + position * pixel_step));
  });
}

namespace {

// Chunks that keep 16 threads busy, and the multiply-adds one should have at least: ten microseconds.
constexpr int64_t kChunks = 32;
constexpr int64_t kChunkWork = 1024 * 1024;

}  // namespace

TileShape choose_tile(int64_t rows, int64_t cols, const ConvKernels& conv) {
  TileShape best = {};
  for (int vectors = 1; vectors <= conv.most_vectors; vectors++) {
    TileShape shape = {vectors, std::max<int64_t>(1, ceil_div(rows, conv.most_rows(vectors))), 0};
    const int64_t tile_rows = ceil_div(rows, shape.tiles);
    for (int64_t left = ceil_div(cols, conv.lanes); left > 0; left -= vectors) {
      const int64_t v = std::min<int64_t>(left, vectors);
      // Two multiply-adds, two loads a cycle; below eight sums, one waits for the one before.
      shape.cost += static_cast<double>(shape.tiles * std::max<int64_t>({tile_rows * v, tile_rows + v, 8}));
    }
    if (best.tiles == 0 || shape.cost < best.cost) best = shape;
  }
  return best;
}

void copy_pixels(const MoveKernels& move, const float* from, const View& view, int64_t pixels,
                 int64_t channels, float* to, int64_t pixel_step) {
  if (view.strides[1] == 1 && view.strides[3] == channels && pixel_step == channels) {  // one stretch
    std::memcpy(to, from, sizeof(float) * pixels * channels);
    return;
  }
  move.move4({pixels, channels, pixel_step, 1, view.strides[3], view.strides[1]},
             reinterpret_cast<uint32_t*>(to), reinterpret_cast<const uint32_t*>(from));
}

ChunkShape cut_into_chunks(const ConvProblem& problem, int64_t most_rows, int64_t panels) {
  const int64_t images = problem.source.shape[0] * problem.groups, out_h = problem.window.out_h;
  const int64_t taps = problem.window.taps(), pixels = problem.window.pixels();
  const double work = static_cast<double>(images) * static_cast<double>(pixels) *
                      static_cast<double>(problem.rows * problem.channels * taps);
  const int64_t wanted = std::min(kChunks, 1 + static_cast<int64_t>(work / kChunkWork));
  int64_t bands = ceil_div(out_h, most_rows), blocks = 1;
  // Every block of channels reads its source anew, every band all weights.
  const auto cut_blocks = [&] { blocks = std::min(panels, ceil_div(wanted, images * bands)); };
  const auto cut_bands = [&] { bands = std::min(out_h, std::max(bands, ceil_div(wanted, images * blocks))); };
  if (problem.rows * taps > pixels) {
    cut_blocks();
    cut_bands();
  } else {
    cut_bands();
    cut_blocks();
  }
  return {ceil_div(out_h, bands), ceil_div(panels, blocks)};
}

namespace {

// Small images whose rows are shorter than a register tile become one row, where every tap sees its own pixel
// only: 7 x 7 pixels are four tiles of 13, not seven of 7.
void join_rows(ConvProblem& problem, const ConvKernels& conv) {
  Window& window = problem.window;
  const int64_t tile = conv.most_rows(2);
  if (!problem.sees_own_pixel() || window.out_w >= tile || window.pixels() > 8 * tile) return;
  if (!has_flat_pixels(problem.source)) return;
  for (const View& view : problem.views) {
    if (!has_flat_pixels(view)) return;
  }
  const auto join = [](View* view) {
    view->shape[3] *= view->shape[2];
    view->shape[2] = 1;
  };
  join(&problem.source);
  for (View& view : problem.views) join(&view);
  window.out_w *= window.out_h;
  window.out_h = 1;
}

}  // namespace

std::string add_conv(ConvProblem& problem, const Instruction& instruction, Builder& builder) {
  if (is_product(problem)) return add_product(problem, instruction, builder);
  join_rows(problem, *builder.kernels.conv);
  if (is_depthwise(problem)) return add_depthwise_conv(problem, instruction, builder);
  const double pixels = cost_by_pixels(problem, builder), channels = cost_by_channels(problem, builder),
               images = cost_by_images(problem, builder);
  const WinogradTransforms* transforms =
      choose_winograd(problem, std::min({pixels, channels, images}), builder);
  if (transforms != nullptr) return add_winograd_conv(problem, *transforms, instruction, builder);
  if (images < std::min(pixels, channels)) return add_conv_by_images(problem, instruction, builder);
  if (channels < pixels) return add_conv_by_channels(problem, instruction, builder);
  return add_conv_by_pixels(problem, instruction, builder);
}

std::vector<int32_t> tap_positions(const View& weights, const Taps& rows, const Taps& cols) {
  std::vector<int32_t> positions(weights.shape[2] * weights.shape[3], -1);
  for (int64_t i = 0; i < rows.count; i++) {
    for (int64_t j = 0; j < cols.count; j++) {
      const int64_t y = rows.kernel + i * rows.kernel_step, x = cols.kernel + j * cols.kernel_step;
      positions[y * weights.shape[3] + x] = static_cast<int32_t>(i * cols.count + j);
    }
  }
  return positions;
}

namespace {

// Whether what preparing lists stays small: a place for every tap of every channel, and a plan, with the
// places of its taps, for every phase.
std::string check_lists(const View& w, int64_t phases, int64_t phase_taps, Builder& builder) {
  constexpr int64_t kPlan = 256;
  const int64_t taps = w.shape[2] * w.shape[3];
  const double entries = static_cast<double>(std::max(w.shape[0], w.shape[1]) * taps) +
                         static_cast<double>(phases) * static_cast<double>(kPlan + phase_taps);
  if (entries <= kMostListed && builder.may_list(static_cast<int64_t>(entries))) return "";
  return format("kernels of %lld by %lld in %lld phases: too many taps to list",
                static_cast<long long>(w.shape[2]), static_cast<long long>(w.shape[3]),
                static_cast<long long>(phases));
}

}  // namespace

std::string prepare_kConv2d(const Instruction& instruction, Builder& builder) {
  const View &x = *instruction.inputs[0], &w = *instruction.inputs[1], &out = *instruction.outputs[0];
  std::string refused = check_conv_types(instruction);
  if (refused.empty()) refused = check_lists(w, 1, w.shape[2] * w.shape[3], builder);
  if (!refused.empty() || out.size() == 0) return refused;
  const ConvAttributes a = conv_attributes(instruction);
  ConvProblem problem = {x, w, 0, 1, a.groups, w.shape[0] / a.groups, w.shape[1], forward_window(a, w, out),
                         {}};
  problem.strict = a.strict;
  for (const View* view : instruction.outputs) problem.views.push_back(*view);
  for (size_t i = 2; i < instruction.inputs.size(); i++) problem.views.push_back(*instruction.inputs[i]);
  return add_conv(problem, instruction, builder);
}

namespace {

// Every `step`-th index of an axis from `phase` on.
void take_phase(View* view, int axis, int64_t phase, int64_t step) {
  view->offset += phase * view->strides[axis];
  view->shape[axis] = ceil_div(view->shape[axis] - phase, step);
  view->strides[axis] *= step;
}

// Taps of one phase of an axis lie so far apart.
int64_t phase_step(int64_t stride, int64_t dilation) {
  int64_t common = stride, rest = dilation;  // their greatest common divisor
  while (rest != 0) std::swap(common %= rest, rest);
  return stride / common;
}

// The taps that meet input positions phase, phase + stride, … : input position i is read at output position
// (i + pad - tap * dilation) / stride wherever that is whole.
Taps phase_taps(int64_t kernel, int64_t stride, int64_t pad, int64_t dilation, int64_t phase) {
  const int64_t step = phase_step(stride, dilation);
  int64_t first = 0;
  while (first < std::min(step, kernel) && (phase + pad - first * dilation) % stride != 0) first++;
  if (first == step || first >= kernel) return {0, 0, 1, 0, 1};
  return {ceil_div(kernel - first, step), (phase + pad - first * dilation) / stride,
          -step * dilation / stride, first, step};
}

}  // namespace

std::string prepare_kConv2dGradInput(const Instruction& instruction, Builder& builder) {
  const View &dy = *instruction.inputs[0], &w = *instruction.inputs[1], &dx = *instruction.outputs[0];
  const ConvAttributes a = conv_attributes(instruction);
  const int64_t phases_y = std::min(a.stride_h, dx.shape[2]), phases_x = std::min(a.stride_w, dx.shape[3]);
  const int64_t taps_y = ceil_div(w.shape[2], phase_step(a.stride_h, a.dilation_h));
  const int64_t taps_x = ceil_div(w.shape[3], phase_step(a.stride_w, a.dilation_w));
  std::string refused = check_conv_types(instruction);
  if (refused.empty()) refused = check_lists(w, phases_y * phases_x, taps_y * taps_x, builder);
  if (!refused.empty() || dx.size() == 0) return refused;
  int64_t images_at = -1;
  for (int64_t y = 0; y < phases_y; y++) {
    for (int64_t x = 0; x < phases_x; x++) {
      ConvProblem problem = {dy, w, 1, 0, a.groups, w.shape[1], w.shape[0] / a.groups, {}, {}};
      problem.images_at = images_at;
      problem.strict = a.strict;
      for (const View* view : instruction.outputs) problem.views.push_back(*view);
      for (size_t i = 2; i < instruction.inputs.size(); i++) problem.views.push_back(*instruction.inputs[i]);
      for (View& view : problem.views) {
        take_phase(&view, 2, y, a.stride_h);
        take_phase(&view, 3, x, a.stride_w);
      }
      problem.window = {phase_taps(w.shape[2], a.stride_h, a.pad_top, a.dilation_h, y),
                        phase_taps(w.shape[3], a.stride_w, a.pad_left, a.dilation_w, x),
                        1,
                        1,
                        problem.views[0].shape[2],
                        problem.views[0].shape[3]};
      const std::string problem_found = add_conv(problem, instruction, builder);
      if (!problem_found.empty()) return problem_found;
      images_at = problem.images_at;
    }
  }
  return "";
}

}  // namespace ng
