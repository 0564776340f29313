#include "conv_planes.h"

#include <algorithm>
#include <cstring>

namespace ng {
namespace {

// Source columns and rows that all taps of a pixel, and of its neighbours in a row, span.
int64_t part_width(const Window& window) {
  const int64_t width =
      (window.out_w - 1) * window.stride_w + window.cols.highest() - window.cols.lowest() + 1;
  return ceil_div(width, window.stride_w);
}

int64_t height_of(const Window& window, int64_t band_h) {
  return (band_h - 1) * window.stride_h + window.rows.highest() - window.rows.lowest() + 1;
}

}  // namespace

int64_t Planes::first_row_floats(int64_t channels, const Window& window) {
  if (window.taps() == 0) return 0;
  return channels * part_width(window) * window.stride_w * height_of(window, 1);
}

int64_t Planes::next_row_floats(int64_t channels, const Window& window) {
  if (window.taps() == 0) return 0;
  return channels * part_width(window) * window.stride_w * window.stride_h;
}

void Planes::prepare(const View& source, int64_t channels, const Window& window, int64_t band_h,
                     int64_t slack) {
  source_ = source;
  window_ = window;
  if (window.taps() == 0 || channels == 0) return;
  const Taps &rows = window.rows, &cols = window.cols;
  outside_ = rows.lowest() < 0 || rows.highest() + (window.out_h - 1) * window.stride_h >= source.shape[2] ||
             cols.lowest() < 0 || cols.highest() + (window.out_w - 1) * window.stride_w >= source.shape[3];
  part_width_ = part_width(window);
  row_stride_ = part_width_ * window.stride_w;
  channel_stride_ = height_of(window, band_h) * row_stride_;
  scratch_floats_ = channels * channel_stride_ + slack;
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = 0; i < rows.count; i++) {
      const int64_t y = rows.source + i * rows.source_step - rows.lowest();
      for (int64_t j = 0; j < cols.count; j++) {
        const int64_t x = cols.source + j * cols.source_step - cols.lowest();
        offsets_.push_back(c * channel_stride_ + y * row_stride_ + x % window.stride_w * part_width_ +
                           x / window.stride_w);
      }
    }
  }
}

const float* Planes::open(const Run& run, const MoveKernels& move, int64_t image, int64_t channel,
                          int64_t channels, int64_t y, int64_t height, float* scratch) const {
  if (offsets_.empty()) return scratch;
  const int64_t *strides = source_.strides, step = window_.stride_w;
  const int64_t top = y * window_.stride_h + window_.rows.lowest();
  const Range rows = inside(top, 1, height_of(window_, height), source_.shape[2]);
  if (outside_) std::memset(scratch, 0, sizeof(float) * channels * channel_stride_);
  if (rows.count() == 0) return scratch;
  const float* from =
      run.at<float>(source_) + image * strides[0] + channel * strides[1] + (top + rows.first) * strides[2];
  for (int64_t part = 0; part < step; part++) {
    // Column q of this part is source column first_col + q * step.
    const int64_t first_col = window_.cols.lowest() + part;
    const Range cols = inside(first_col, step, part_width_, source_.shape[3]);
    if (cols.count() == 0) continue;
    const float* at = from + (first_col + cols.first * step) * strides[3];
    float* to = scratch + rows.first * row_stride_ + part * part_width_ + cols.first;
    const int64_t in_col = step * strides[3];
    const bool by_rows = strides[1] == 1 && in_col != 1;  // channels side by side: transpose each image row
    const int64_t outer = by_rows ? rows.count() : channels;
    for (int64_t i = 0; i < outer; i++) {
      const MoveTile tile = by_rows
                                ? MoveTile{channels, cols.count(), channel_stride_, 1, strides[1], in_col}
                                : MoveTile{rows.count(), cols.count(), row_stride_, 1, strides[2], in_col};
      move.move4(tile, reinterpret_cast<uint32_t*>(to), reinterpret_cast<const uint32_t*>(at));
      to += by_rows ? row_stride_ : channel_stride_;
      at += by_rows ? strides[2] : strides[1];
    }
  }
  return scratch;
}

}  // namespace ng
