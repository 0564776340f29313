// Copies between two strided views of one shape: the instruction `copy`, and the rows of others.

#ifndef NODEGRAD_DRIVERS_COPY_H_
#define NODEGRAD_DRIVERS_COPY_H_

#include <cstdint>

#include "../kernels/move.h"
#include "driver.h"
#include "walk.h"

namespace ng {

// Elements a chunk of memory-bound work should touch at least: tens of microseconds, so that claiming it is
// free.
constexpr int64_t kChunkElements = 32 * 1024;

// How a copy is cut: the axes in an order that suits memory, the two innermost as a matrix cut into tiles,
// the others walked. Tiles are numbered 0 .. tiles() - 1 and independent of each other.
class TiledCopy {
 public:
  // Any axes with the strides of (out, in), in elements. There must be no empty axis.
  void prepare(const Axes<2>& axes, int64_t element_bytes);

  int64_t tiles() const { return outer_.size() * row_blocks_ * col_blocks_; }
  int64_t tile_elements() const { return block_rows_ * block_cols_; }

  // Copies tiles [begin, end). `out` and `in` point at the first elements of the two views.
  void run(const MoveKernels& kernels, char* out, const char* in, int64_t begin, int64_t end) const;

 private:
  Axes<2> outer_;
  MoveTile matrix_;
  int64_t element_bytes_;
  int64_t out_start_, in_start_;  // where reversed axes begin, relative to the first elements
  int64_t block_rows_, block_cols_;
  int64_t row_blocks_, col_blocks_;
};

// The axes of two views of one shape.
Axes<2> common_axes(const View& out, const View& in);

// Adds the step that copies `in` to `out`: same shape and dtype, no overlap.
void add_copy(const View& out, const View& in, Builder& builder);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_COPY_H_
