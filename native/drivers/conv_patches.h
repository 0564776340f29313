// Where a convolution reads its input: the patch matrix [taps, pixels] that never exists in memory.
//
// Column p of the patch matrix holds the input values under output pixel p, row k those at tap k = (channel,
// row tap, column tap), row-major. Any convolution is a product with it. Its element is at
//   base + offsets[k] + (where the pixel starts),
// a sum of two tables, provided that no tap falls outside the image. So a tile of pixels first copies the
// rows it needs into private memory, with zeros around them, channels outermost, and where the stride along
// the row is s, the row dealt into s parts, so that neighbouring pixels stay neighbours. This copy is small
// (it is the input, not the patches) and takes views of any strides; images that need none of this are read
// where they lie.

#ifndef NODEGRAD_DRIVERS_CONV_PATCHES_H_
#define NODEGRAD_DRIVERS_CONV_PATCHES_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "../kernels/im2col.h"
#include "../kernels/move.h"
#include "conv_window.h"
#include "driver.h"

namespace ng {

// How the output pixels of n images are cut into tiles: parts of one image, or several whole images.
struct PixelTiling {
  int64_t n, pixels;    // images, pixels of each
  int64_t images;       // images of a tile
  int64_t part, parts;  // pixels of a tile within an image, tiles of an image
  int64_t tiles() const { return ceil_div(n, images) * parts; }
  int64_t columns() const { return images * part; }  // of the largest tile
};

// One tile: pixels [pixel, pixel + pixels) of images [image, image + images), image after image.
struct PixelTile {
  int64_t image, images, pixel, pixels;
  int64_t columns() const { return images * pixels; }
};

// Tiles of about `target` columns, close under a multiple of `unit` where images are small.
PixelTiling tile_pixels(int64_t n, int64_t pixels, int64_t target, int64_t unit);

PixelTile tile_at(const PixelTiling& tiling, int64_t index);

class Patches {
 public:
  // `source` is [n, c, h, w], float32, any strides; `channels` of it take part in a product.
  void prepare(const View& source, int64_t channels, const Window& window, const PixelTiling& tiling);

  // Rows of the patch matrix and where each lies; see above.
  int64_t rows() const { return static_cast<int64_t>(offsets_.size()); }
  const int64_t* offsets() const { return offsets_.data(); }

  // Private memory open() needs, in floats.
  int64_t scratch_floats() const { return in_place_ ? 0 : scratch_floats_; }

  // Makes `channels` (at most those prepared) from `channel` on readable for a tile; returns the base.
  const float* open(const Run& run, const MoveKernels& move, const PixelTile& tile, int64_t channel,
                    int64_t channels, float* scratch) const;

  // The runs of columns [first, first + count) of a tile, at most `count` of them; returns how many.
  int64_t runs(const PixelTile& tile, int64_t first, int64_t count, PixelRun* runs) const;

 private:
  void copy_image(const float* image, const MoveKernels& move, int64_t first_row, int64_t rows,
                  int64_t channels, float* target) const;

  View source_;
  Window window_;
  bool in_place_ = true;
  bool outside_ = false;  // whether some tap of some pixel falls outside the image
  // Strides of what open() returns; those of the view or of the copy.
  int64_t channel_stride_ = 0, image_stride_ = 0, row_stride_ = 0;
  int64_t part_width_ = 0;  // floats of one of the stride_w parts of a copied row
  int64_t scratch_floats_ = 0;
  std::vector<int64_t> offsets_;
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_PATCHES_H_
