#include "conv_result.h"

#include "../kernels/kernels.h"

namespace ng {

std::string ConvResult::prepare(const ConvProblem& problem, const Instruction& instruction, int64_t channels,
                                const Builder& builder) {
  views_ = problem.views;
  move_ = builder.kernels.move;
  const View& out = views_[0];
  // A row of few channels is not worth its overhead: they are written as rows of pixels, far apart.
  constexpr int64_t kLeastChannels = 8;
  const bool channels_last = out.strides[1] == 1 && out.strides[3] != 1 && channels >= kLeastChannels;
  Instruction ended = instruction;  // with the views of this problem
  const size_t outputs = instruction.outputs.size();
  for (size_t i = 0; i < views_.size(); i++) {
    (i < outputs ? ended.outputs[i] : ended.inputs[2 + i - outputs]) = &views_[i];
  }
  const TileAxes axes = channels_last ? TileAxes{{0}, {2, 3}, {1}} : TileAxes{{0}, {1}, {2, 3}};
  const std::string problem_found = epilogue_.prepare(ended, 2, axes, builder);
  by_pixels_ = channels_last && !epilogue_.is_identity();
  return problem_found;
}

void ConvResult::expect(int64_t rows, int64_t pixels, const Builder& builder) {
  epilogue_.widen(by_pixels_ ? rows : pixels, builder);
}

int64_t ConvResult::scratch_bytes(int64_t tile_floats) const {
  if (epilogue_.is_identity()) return 0;
  return round_up(sizeof(float) * tile_floats, kArenaBlock) + epilogue_.scratch_bytes();
}

void ConvResult::write(const Run& run, const ConvTile& t, const float* products, int64_t channel_step,
                       int64_t pixel_step, char* scratch) const {
  const View& out = views_[0];
  if (epilogue_.is_identity()) {
    store_pixels(*move_, out, run.at<float>(out) + t.image * out.strides[0], t.row, t.rows, t.pixel, t.pixels,
                 products, channel_step, pixel_step);
    return;
  }
  const int64_t lines = by_pixels_ ? t.pixels : t.rows, length = by_pixels_ ? t.rows : t.pixels;
  int64_t ld = by_pixels_ ? pixel_step : channel_step;
  const int64_t step = by_pixels_ ? channel_step : pixel_step;
  if (step != 1) {
    float* turned = reinterpret_cast<float*>(scratch);
    move_->move4({lines, length, length, 1, ld, step}, reinterpret_cast<uint32_t*>(turned),
                 reinterpret_cast<const uint32_t*>(products));
    products = turned;
    ld = length;
  }
  scratch += round_up(sizeof(float) * lines * length, kArenaBlock);
  if (by_pixels_) {
    epilogue_.apply(run, t.image, t.pixel, t.pixels, t.row, t.rows, products, ld, scratch);
  } else {
    epilogue_.apply(run, t.image, t.row, t.rows, t.pixel, t.pixels, products, ld, scratch);
  }
}

}  // namespace ng
