#include "conv_weight.h"

#include <algorithm>
#include <cstring>

#include "../kernels/kernels.h"
#include "conv_depthwise.h"
#include "conv_product.h"
#include "winograd.h"

namespace ng {

std::string WeightSums::prepare(const Instruction& instruction, const Builder& builder) {
  dw_ = *instruction.outputs[0];
  gemm_ = builder.kernels.gemm;
  move_ = builder.kernels.move;
  window_taps_ = dw_.shape[2] * dw_.shape[3];
  taps_ = dw_.shape[1] * window_taps_;
  chunk_rows_ = std::max<int64_t>(1, 8192 / std::max<int64_t>(taps_, 1));
  return epilogue_.prepare(instruction, 2, {{}, {0}, {1, 2, 3}}, builder);
}

void WeightSums::add_parts(int64_t parts, Builder& builder, bool channels_last) {
  parts_ = parts;
  channels_last_ = channels_last;
  sums_at_ = builder.reserve_workspace(sizeof(float) * parts * dw_.size());
}

// Adds the parts of some rows of dw and ends them.
void WeightSums::combine(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const WeightSums& self = *static_cast<const WeightSums*>(opaque);
  const View& dw = self.dw_;
  const int64_t taps = self.taps_, channels = dw.shape[1], row = chunk * self.chunk_rows_;
  const int64_t rows = std::min(self.chunk_rows_, dw.shape[0] - row);
  const bool identity = self.epilogue_.is_identity();
  const bool direct = identity && dw.is_contiguous() && !self.channels_last_;
  float* sums = direct ? run.at<float>(dw) + row * taps : reinterpret_cast<float*>(worker.scratch);
  if (self.parts_ == 0) {  // no pixels at all
    std::memset(sums, 0, sizeof(float) * rows * taps);
  } else {
    self.gemm_->sum_parts(rows * taps, self.parts_, self.part(run, 0, row), dw.size(), sums);
  }
  if (direct) return;
  if (self.channels_last_) {
    float* turned = reinterpret_cast<float*>(worker.scratch + self.turned_at_);
    for (int64_t i = 0; i < rows; i++) {
      self.move_->move4({channels, self.window_taps_, self.window_taps_, 1, 1, channels},
                        reinterpret_cast<uint32_t*>(turned + i * taps),
                        reinterpret_cast<const uint32_t*>(sums + i * taps));
    }
    sums = turned;
  }
  if (!identity) {
    self.epilogue_.apply(run, 0, row, rows, 0, taps, sums, taps, worker.scratch + self.epilogue_at_);
    return;
  }
  for (int64_t i = 0; i < rows; i++) {  // a row of dw is a [c, kh, kw] image
    store_pixels(*self.move_, dw, run.at<float>(dw) + (row + i) * dw.strides[0], 0, channels, 0,
                 self.window_taps_, sums + i * taps, self.window_taps_, 1);
  }
}

void WeightSums::add_step(Builder& builder) {
  const int64_t bytes = round_up(sizeof(float) * chunk_rows_ * taps_, kArenaBlock);
  turned_at_ = bytes;
  epilogue_at_ = channels_last_ ? 2 * bytes : bytes;
  builder.reserve_scratch(epilogue_at_ + epilogue_.scratch_bytes());
  builder.add_step(combine, this, ceil_div(dw_.shape[0], chunk_rows_),
                   static_cast<double>(dw_.size()) * parts_ / 4);
}

namespace {

void add_cheapest(const Instruction& instruction, WeightSums* sums, Builder& builder) {
  if (is_depthwise_gradient(instruction)) return add_depthwise_weights(instruction, sums, builder);
  const double tiles = cost_of_weight_tiles(instruction, builder);
  const double dots = cost_of_weight_dots(instruction, builder);
  const WinogradTransforms* transforms = choose_winograd_weights(instruction, std::min(tiles, dots), builder);
  if (transforms != nullptr) return add_winograd_weights(instruction, *transforms, sums, builder);
  tiles < dots ? add_weight_tiles(instruction, sums, builder) : add_weight_dots(instruction, sums, builder);
}

}  // namespace

std::string prepare_kConv2dGradWeight(const Instruction& instruction, Builder& builder) {
  std::string refused = check_conv_types(instruction);
  if (!refused.empty()) return refused;
  if (is_product_gradient(instruction)) return add_product_gradient(instruction, builder);
  auto* sums = builder.make_plan<WeightSums>();
  refused = sums->prepare(instruction, builder);
  if (!refused.empty() || instruction.outputs[0]->size() == 0) return refused;
  if (instruction.inputs[1]->size() > 0) add_cheapest(instruction, sums, builder);
  sums->add_step(builder);
  return "";
}

}  // namespace ng
