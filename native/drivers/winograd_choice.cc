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
// Floats a row of tiles may take: a thread needs room for one.
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

}  // namespace

const WinogradTransforms* choose_winograd(const ConvProblem& problem, double direct_cost,
                                          const Builder& builder) {
  if (problem.strict || !is_possible(problem)) return nullptr;
  const WinogradTransforms* best = nullptr;
  double best_cost = kGain * direct_cost;
  for (const WinogradTransforms& transforms : builder.kernels.winograd->transforms) {
    const double row_floats = static_cast<double>(ceil_div(problem.window.out_w, transforms.outputs)) *
                              transforms.positions * static_cast<double>(problem.channels);
    const double cost = winograd_cost(problem, transforms, builder);
    if (row_floats > kMostFloats || cost >= best_cost) continue;
    best = &transforms;
    best_cost = cost;
  }
  return best;
}

}  // namespace ng
