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
  place();
  return epilogue_.prepare(instruction, 2, {{}, {0}, {1, 2, 3}}, builder);
}

void WeightSums::place() {
  turned_at_ = round_up(sizeof(float) * chunk_rows_ * taps_, kArenaBlock);
  epilogue_at_ = channels_last_ ? 2 * turned_at_ : turned_at_;
}

void WeightSums::add_parts(int64_t parts, Builder& builder, bool channels_last, bool finishes) {
  parts_ = parts;
  channels_last_ = channels_last;
  finishes_ = finishes;
  place();
  if (!finishes) sums_at_ = builder.reserve_workspace(sizeof(float) * parts * dw_.size());
}

void WeightSums::combine(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const WeightSums& self = *static_cast<const WeightSums*>(opaque);
  const int64_t row = chunk * self.chunk_rows_, rows = std::min(self.chunk_rows_, self.dw_.shape[0] - row);
  self.end(run, row, rows, self.part(run, 0, row), worker.scratch);
}

void WeightSums::finish(const Run& run, int64_t row, int64_t rows, const float* sums, char* scratch) const {
  for (int64_t i = 0; i < rows; i += chunk_rows_) {
    end(run, row + i, std::min(chunk_rows_, rows - i), sums + i * taps_, scratch);
  }
}

void WeightSums::end(const Run& run, int64_t row, int64_t rows, const float* parts, char* scratch) const {
  const int64_t channels = dw_.shape[1];
  const bool identity = epilogue_.is_identity();
  const bool direct = identity && dw_.is_contiguous() && !channels_last_;
  float* sums = direct ? run.at<float>(dw_) + row * taps_ : reinterpret_cast<float*>(scratch);
  if (parts_ == 0) {  // no pixels at all
    std::memset(sums, 0, sizeof(float) * rows * taps_);
  } else {
    gemm_->sum_parts(rows * taps_, parts_, parts, dw_.size(), sums);
  }
  if (direct) return;
  if (channels_last_) {
    float* turned = reinterpret_cast<float*>(scratch + turned_at_);
    for (int64_t i = 0; i < rows; i++) {
      move_->move4({channels, window_taps_, window_taps_, 1, 1, channels},
                   reinterpret_cast<uint32_t*>(turned + i * taps_),
                   reinterpret_cast<const uint32_t*>(sums + i * taps_));
    }
    sums = turned;
  }
  if (!identity) {
    epilogue_.apply(run, 0, row, rows, 0, taps_, sums, taps_, scratch + epilogue_at_);
    return;
  }
  for (int64_t i = 0; i < rows; i++) {  // a row of dw is a [c, kh, kw] image
    store_pixels(*move_, dw_, run.at<float>(dw_) + (row + i) * dw_.strides[0], 0, channels, 0, window_taps_,
                 sums + i * taps_, window_taps_, 1);
  }
}

void WeightSums::add_step(Builder& builder) {
  if (finishes_) return;
  builder.reserve_scratch(finish_bytes());
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
