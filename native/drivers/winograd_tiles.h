// Tiles of Winograd's algorithm: how images are cut into them, and their transformed inputs.

#ifndef NODEGRAD_DRIVERS_WINOGRAD_TILES_H_
#define NODEGRAD_DRIVERS_WINOGRAD_TILES_H_

#include <algorithm>
#include <cstdint>

#include "../kernels/move.h"
#include "../kernels/winograd.h"
#include "conv_window.h"
#include "driver.h"

namespace ng {

// Consecutive rows of tiles of one image, and the number of rows of their block before them.
struct TileRows {
  int64_t image, first, rows, before;
};

// The outputs of images as tiles of m x m, and blocks of whole rows of them. The rows of all images are
// counted through.
struct TileGrid {
  int64_t m, images, tiles_h, tiles_w;
  int64_t block_rows = 0, blocks = 0;

  int64_t tiles() const { return images * tiles_h * tiles_w; }
  int64_t block_tiles() const { return block_rows * tiles_w; }
  int64_t rows_of(int64_t block) const { return std::min(block_rows, images * tiles_h - block * block_rows); }

  // Cuts into blocks of equal size, of at most so many rows.
  void cut(int64_t most_rows);

  // Calls body(TileRows) for what a block has of each image.
  template <typename Body>
  void each_image(int64_t block, Body body) const {
    const int64_t first = block * block_rows, rows = rows_of(block);
    for (int64_t done = 0; done < rows;) {
      const int64_t image = (first + done) / tiles_h, row = (first + done) % tiles_h;
      const TileRows part = {image, row, std::min(rows - done, tiles_h - row), done};
      body(part);
      done += part.rows;
    }
  }
};

TileGrid make_grid_of_tiles(const WinogradTransforms& transforms, int64_t images, int64_t out_h,
                            int64_t out_w);

// Pixels of an image, [row][column][lane] for the first `channels` <= lanes channels; rows and columns from
// `top` and `left` on, zeros outside the image. Lanes without a channel keep what they have: what becomes of
// them is not used.
struct Strip {
  int64_t top, left, rows, columns;
};
void copy_strip(const MoveKernels& move, const View& view, const float* image, const Strip& strip,
                int64_t channels, int64_t lanes, float* to);

// The inputs of tiles, transformed to V a slice of channels at a time.
struct TileInputs {
  View view;
  int64_t top, left;  // where the inputs of the first tile of an image start
  TileGrid grid;
  const WinogradKernels* kernels;
  const WinogradTransforms* transforms;
  const MoveKernels* move;
  int64_t slices = 0, slice_step = 0, position_step = 0;  // of V

  // Fills in the steps of V, once the grid is cut.
  void place();

  int64_t v_floats() const { return transforms->positions * position_step; }
  int64_t strip_columns() const { return grid.tiles_w * grid.m + 2; }
  int64_t strip_floats() const { return (grid.block_rows * grid.m + 2) * strip_columns() * kernels->lanes; }

  // Transforms a slice of a block; `strip` is private memory.
  void transform(const Run& run, int64_t block, int64_t slice, float* v, float* strip) const;
};

// A distance of at least so many floats from matrix to matrix: an odd number of cache lines, which keeps the
// matrices from crowding into few sets of a cache.
inline int64_t spread(int64_t floats) { return round_up(floats, 32) + 16; }

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_WINOGRAD_TILES_H_
