#include "winograd_tiles.h"

#include <cstring>

namespace ng {

TileGrid make_grid_of_tiles(const WinogradTransforms& transforms, int64_t images, int64_t out_h,
                            int64_t out_w) {
  const int64_t m = transforms.outputs;
  return {m, images, ceil_div(out_h, m), ceil_div(out_w, m)};
}

void TileGrid::cut(int64_t most_rows) {
  const int64_t rows = images * tiles_h;
  blocks = ceil_div(rows, std::max<int64_t>(1, most_rows));
  block_rows = ceil_div(rows, blocks);
  blocks = ceil_div(rows, block_rows);
}

void copy_strip(const MoveKernels& move, const View& view, const float* image, const Strip& strip,
                int64_t channels, int64_t lanes, float* to) {
  const Range cols = inside(strip.left, 1, strip.columns, view.shape[3]);
  const auto clear = [&](int64_t first, int64_t last) {
    std::memset(to + first * lanes, 0, sizeof(float) * (last - first) * lanes);
  };
  for (int64_t y = strip.top; y < strip.top + strip.rows; y++, to += strip.columns * lanes) {
    const bool has_pixels = y >= 0 && y < view.shape[2] && cols.count() > 0;
    clear(0, has_pixels ? cols.first : strip.columns);
    if (!has_pixels) continue;
    clear(cols.last, strip.columns);
    const float* from = image + y * view.strides[2] + (strip.left + cols.first) * view.strides[3];
    move.move4({cols.count(), channels, lanes, 1, view.strides[3], view.strides[1]},
               reinterpret_cast<uint32_t*>(to + cols.first * lanes), reinterpret_cast<const uint32_t*>(from));
  }
}

void TileInputs::place() {
  slices = ceil_div(view.shape[1], kernels->lanes);
  slice_step = grid.block_tiles() * kernels->lanes;
  position_step = spread(slices * slice_step);
}

void TileInputs::transform(const Run& run, int64_t block, int64_t slice, float* v, float* strip) const {
  const int64_t lanes = kernels->lanes, channel = slice * lanes, row_step = strip_columns() * lanes;
  const int64_t channels = std::min(lanes, view.shape[1] - channel);
  grid.each_image(block, [&](const TileRows& part) {
    const float* image = run.at<float>(view) + part.image * view.strides[0] + channel * view.strides[1];
    const Strip seen = {top + part.first * grid.m, left, part.rows * grid.m + 2, strip_columns()};
    copy_strip(*move, view, image, seen, channels, lanes, strip);
    for (int64_t row = 0; row < part.rows; row++) {
      transforms->source(grid.tiles_w, strip + row * grid.m * row_step, row_step,
                         v + slice * slice_step + (part.before + row) * grid.tiles_w * lanes, position_step);
    }
  });
}

}  // namespace ng
