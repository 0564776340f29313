#include "conv_patches.h"

#include <algorithm>
#include <cstring>

namespace ng {

PixelTiling tile_pixels(int64_t n, int64_t pixels, int64_t target, int64_t unit) {
  if (2 * pixels > target || n == 1) {
    const int64_t parts = ceil_div(pixels, target);
    const int64_t part = std::min(pixels, round_up(ceil_div(pixels, parts), unit));
    return {n, pixels, 1, part, ceil_div(pixels, part)};
  }
  // Whole images: of the counts near the target the one that wastes least of its last panel.
  const int64_t most = std::min(n, target / pixels);
  int64_t best = most;
  for (int64_t images = most; 2 * images > most; images--) {
    if (images * round_up(best * pixels, unit) > best * round_up(images * pixels, unit)) best = images;
  }
  return {n, pixels, best, pixels, 1};
}

PixelTile tile_at(const PixelTiling& tiling, int64_t index) {
  const int64_t image = index / tiling.parts * tiling.images, pixel = index % tiling.parts * tiling.part;
  return {image, std::min(tiling.images, tiling.n - image), pixel,
          std::min(tiling.part, tiling.pixels - pixel)};
}

void Patches::prepare(const View& source, int64_t channels, const Window& window, const PixelTiling& tiling) {
  source_ = source;
  window_ = window;
  if (window.taps() == 0 || channels == 0) return;
  const Taps &rows = window.rows, &cols = window.cols;
  const int64_t last_row = (window.out_h - 1) * window.stride_h,
                last_col = (window.out_w - 1) * window.stride_w;
  outside_ = rows.lowest() < 0 || rows.highest() + last_row >= source.shape[2] || cols.lowest() < 0 ||
             cols.highest() + last_col >= source.shape[3];
  in_place_ = !outside_ && window.stride_w == 1 && (source.strides[3] == 1 || source.shape[3] == 1);
  if (in_place_) {
    image_stride_ = source.strides[0];
    channel_stride_ = source.strides[1];
    row_stride_ = source.strides[2];
  } else {
    const int64_t height = rows.highest() - rows.lowest() + 1, width = cols.highest() - cols.lowest() + 1;
    int64_t slot_rows = 0;  // source rows a tile needs of an image
    for (int64_t t = 0; t < tiling.parts; t++) {
      const PixelTile tile = tile_at(tiling, t);
      const int64_t span = (tile.pixel + tile.pixels - 1) / window.out_w - tile.pixel / window.out_w;
      slot_rows = std::max(slot_rows, span * window.stride_h + height);
    }
    part_width_ = ceil_div(last_col + width, window.stride_w);
    row_stride_ = part_width_ * window.stride_w;
    image_stride_ = slot_rows * row_stride_;
    channel_stride_ = tiling.images * image_stride_;
    scratch_floats_ = channels * channel_stride_;
  }
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = 0; i < rows.count; i++) {
      const int64_t y = rows.source + i * rows.source_step;
      for (int64_t j = 0; j < cols.count; j++) {
        const int64_t x = cols.source + j * cols.source_step;
        if (in_place_) {
          offsets_.push_back(c * channel_stride_ + y * row_stride_ + x * source.strides[3]);
        } else {
          const int64_t column = x - cols.lowest();
          offsets_.push_back(c * channel_stride_ + (y - rows.lowest()) * row_stride_ +
                             column % window.stride_w * part_width_ + column / window.stride_w);
        }
      }
    }
  }
}

// Copies rows [first_row, first_row + rows) of an image, as far as they exist, to where they belong in
// `target`.
void Patches::copy_image(const float* image, const MoveKernels& move, int64_t first_row, int64_t rows,
                         int64_t channels, float* target) const {
  const int64_t *strides = source_.strides, step = window_.stride_w;
  const int64_t begin = std::max<int64_t>(first_row, 0), end = std::min(first_row + rows, source_.shape[2]);
  if (begin >= end) return;
  for (int64_t part = 0; part < step; part++) {
    // Column q of this part is source column first_col + q * step.
    const int64_t first_col = window_.cols.lowest() + part;
    const int64_t q0 = first_col < 0 ? ceil_div(-first_col, step) : 0;
    const int64_t q1 =
        std::min(part_width_, ceil_div(std::max<int64_t>(source_.shape[3] - first_col, 0), step));
    if (q0 >= q1) continue;
    const int64_t cols = q1 - q0;
    const float* from = image + begin * strides[2] + (first_col + q0 * step) * strides[3];
    float* to = target + (begin - first_row) * row_stride_ + part * part_width_ + q0;
    const int64_t in_col = step * strides[3];
    const bool by_rows = strides[1] == 1 && in_col != 1;  // channels side by side: transpose each image row
    const int64_t outer = by_rows ? end - begin : channels;
    for (int64_t i = 0; i < outer; i++) {
      const MoveTile tile = by_rows ? MoveTile{channels, cols, channel_stride_, 1, strides[1], in_col}
                                    : MoveTile{end - begin, cols, row_stride_, 1, strides[2], in_col};
      move.move4(tile, reinterpret_cast<uint32_t*>(to), reinterpret_cast<const uint32_t*>(from));
      to += by_rows ? row_stride_ : channel_stride_;
      from += by_rows ? strides[2] : strides[1];
    }
  }
}

const float* Patches::open(const Run& run, const MoveKernels& move, const PixelTile& tile, int64_t channel,
                           int64_t channels, float* scratch) const {
  const float* source =
      run.at<float>(source_) + tile.image * source_.strides[0] + channel * source_.strides[1];
  const int64_t top = tile.pixel / window_.out_w * window_.stride_h;
  if (in_place_) return source + top * source_.strides[2];
  const int64_t bottom = (tile.pixel + tile.pixels - 1) / window_.out_w * window_.stride_h;
  const int64_t rows = bottom - top + window_.rows.highest() - window_.rows.lowest() + 1;
  if (outside_) std::memset(scratch, 0, sizeof(float) * channels * channel_stride_);
  for (int64_t i = 0; i < tile.images; i++) {
    copy_image(source + i * source_.strides[0], move, top + window_.rows.lowest(), rows, channels,
               scratch + i * image_stride_);
  }
  return scratch;
}

int64_t Patches::runs(const PixelTile& tile, int64_t first, int64_t count, PixelRun* runs) const {
  const int64_t width = window_.out_w, row_step = row_stride_ * window_.stride_h;
  const int64_t top = tile.pixel / width;
  int64_t used = 0, image = first / tile.pixels, pixel = first % tile.pixels;
  for (int64_t column = 0; column < count;) {
    const int64_t y = (tile.pixel + pixel) / width, x = (tile.pixel + pixel) % width;
    const int64_t until_next =
        row_step == width ? tile.pixels - pixel : std::min(tile.pixels - pixel, width - x);
    const int64_t length = std::min(count - column, until_next);
    runs[used++] = {image * image_stride_ + (y - top) * row_step + x, column, length};
    column += length;
    pixel += length;
    if (pixel == tile.pixels) {
      pixel = 0;
      image++;
    }
  }
  return used;
}

}  // namespace ng
