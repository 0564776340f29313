// Whether Winograd's algorithm pays, and for which tiles: what it takes in vector multiply-adds.
// Multiply-adds and bytes are counted; what surrounds them was measured.

#include <algorithm>

#include "../kernels/kernels.h"
#include "winograd.h"

namespace ng {
namespace {

// What a multiply-add of products takes, with all that happens around them.
constexpr double kProduct = 1.1;
// Copying and transforming a vector of inputs of a tile, and the way of results to their place.
double transform_cost(const WinogradTransforms& transforms) { return transforms.outputs == 4 ? 720 : 220; }
// Transforming a vector of weights to one position.
constexpr double kWeight = 6;
// Bytes that come from beyond the L2 cache in the time of a multiply-add, and bytes that do not.
constexpr double kBytes = 4, kCacheBytes = 1 << 20;
// How much faster it must be: what is not counted is on its side, and direct sums are closer.
constexpr double kGain = 0.95;
// Floats that one row of tiles, and the sums of a weight gradient, may take: every thread has its own.
constexpr double kMostFloats = 2 << 20;

double vectors(int64_t channels, const Builder& builder) {
  return static_cast<double>(ceil_div(channels, builder.kernels.winograd->lanes));
}

// Transformed weights are read, and unless they are kept from run to run, written before, and fetched for
// that.
double weights_cost(double vectors, int lanes, bool kept) {
  const double bytes = 4 * vectors * lanes * (kept ? 1 : 3);
  return (kept ? 0 : kWeight * vectors) + std::max(0.0, bytes - kCacheBytes) / kBytes;
}

double winograd_cost(const ConvProblem& p, const WinogradTransforms& transforms, const Builder& builder) {
  const int64_t m = transforms.outputs;
  const int64_t tiles = p.source.shape[0] * ceil_div(p.window.out_h, m) * ceil_div(p.window.out_w, m);
  const double inputs = vectors(p.channels, builder), outputs = vectors(p.rows, builder);
  const double weights = transforms.positions * static_cast<double>(p.channels) * outputs;
  return static_cast<double>(tiles) * (kProduct * weights + transform_cost(transforms) * (inputs + outputs)) +
         weights_cost(weights, builder.kernels.winograd->lanes, builder.lasts(p.weights.buffer));
}

bool is_possible(const ConvProblem& problem) {
  const Window& window = problem.window;
  const Taps &rows = window.rows, &cols = window.cols;
  const auto fits = [](const Taps& taps) {
    return taps.count == 3 && (taps.source_step == 1 || taps.source_step == -1) && taps.kernel == 0 &&
           taps.kernel_step == 1;
  };
  return fits(rows) && fits(cols) && rows.source_step == cols.source_step && window.stride_h == 1 &&
         window.stride_w == 1 && problem.groups == 1 && problem.views[0].size() > 0 &&
         problem.source.size() > 0;
}

bool is_possible(const Instruction& weight_gradient) {
  const View &x = *weight_gradient.inputs[0], &dy = *weight_gradient.inputs[1];
  const View& dw = *weight_gradient.outputs[0];
  const ConvAttributes a = conv_attributes(weight_gradient);
  return dw.shape[2] == 3 && dw.shape[3] == 3 && a.stride_h == 1 && a.stride_w == 1 && a.dilation_h == 1 &&
         a.dilation_w == 1 && a.groups == 1 && x.size() > 0 && dy.size() > 0;
}

double weight_gradient_cost(const View& dy, const View& dw, const WinogradTransforms& transforms,
                            const Builder& builder) {
  const int64_t m = transforms.outputs;
  const auto tiles = static_cast<double>(dy.shape[0] * ceil_div(dy.shape[2], m) * ceil_div(dy.shape[3], m));
  const double slices = vectors(dw.shape[0], builder) + vectors(dw.shape[1], builder);
  const double sums = transforms.positions * static_cast<double>(dw.shape[0]) * vectors(dw.shape[1], builder);
  // Every block reads and writes all sums. Where these leave the cache, a block has half as many terms, or
  // all that a part has.
  const double bytes = 2 * 4 * sums * builder.kernels.winograd->lanes;
  const double blocks = std::max(static_cast<double>(count_weight_parts(static_cast<int64_t>(tiles))),
                                 2 * tiles * transforms.positions * slices / sums);
  return tiles * (kProduct * sums + transform_cost(transforms) * slices) + kWeight * sums +
         blocks * std::max(0.0, bytes - kCacheBytes) / kBytes;
}

// The transforms of least cost below `limit`; `cost` and `floats` are functions of the transforms.
template <typename Cost, typename Floats>
const WinogradTransforms* cheapest(double limit, const Builder& builder, Cost cost, Floats floats) {
  const WinogradTransforms* best = nullptr;
  for (const WinogradTransforms& transforms : builder.kernels.winograd->transforms) {
    if (cost(transforms) >= limit || floats(transforms) > kMostFloats) continue;
    best = &transforms;
    limit = cost(transforms);
  }
  return best;
}

// Floats of transformed channels of a row of tiles.
double row_floats(const WinogradTransforms& transforms, int64_t width, int64_t channels) {
  return static_cast<double>(ceil_div(width, transforms.outputs) * transforms.positions * channels);
}

}  // namespace

const WinogradTransforms* choose_winograd(const ConvProblem& problem, double direct_cost,
                                          const Builder& builder) {
  if (problem.strict || !is_possible(problem)) return nullptr;
  return cheapest(
      kGain * direct_cost, builder,
      [&](const WinogradTransforms& transforms) { return winograd_cost(problem, transforms, builder); },
      [&](const WinogradTransforms& transforms) {
        return row_floats(transforms, problem.window.out_w, problem.channels);
      });
}

const WinogradTransforms* choose_winograd_weights(const Instruction& instruction, double direct_cost,
                                                  const Builder& builder) {
  if (conv_attributes(instruction).strict || !is_possible(instruction)) return nullptr;
  const View &dy = *instruction.inputs[1], &dw = *instruction.outputs[0];
  return cheapest(
      kGain * direct_cost, builder,
      [&](const WinogradTransforms& transforms) { return weight_gradient_cost(dy, dw, transforms, builder); },
      [&](const WinogradTransforms& transforms) {
        const double sums = static_cast<double>(transforms.positions * dw.shape[0] * dw.shape[1]);
        return std::max(sums, row_floats(transforms, dy.shape[3], dw.shape[0] + dw.shape[1]));
      });
}

}  // namespace ng
