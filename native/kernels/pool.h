// Kernels of two-dimensional pooling and its gradients.

#ifndef NODEGRAD_KERNELS_POOL_H_
#define NODEGRAD_KERNELS_POOL_H_

#include <stdint.h>

namespace ng {

// Which neighbours are done together in the lanes of a vector.
enum class PoolLanes {
  kChannels,  // every view has stride 1 along the channels (NHWC)
  kWidth,     // every view has stride 1 along the width (NCHW), and windows are 1 or 2 apart
  kNone,
};

enum class PoolOp { kMax, kAverage, kSelect };

// Strides of one image, in elements.
struct PoolStrides {
  int64_t c, h, w;
};

// Output (i, j) sees the cells x[i * stride_h - pad_top + r][j * stride_w - pad_left + q] for r < kernel_h
// and q < kernel_w, as far as they exist.
struct PoolShape {
  PoolOp op;
  PoolLanes lanes;
  bool count_padding;  // average: divide by the whole window, not by the cells that exist
  int64_t h, w;        // of x
  int64_t out_h, out_w;
  int64_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  PoolStrides x, y;
  PoolStrides v;  // of the values (select) or of dx (gradients)
};

// Pointers are the first elements of one image (and first channel). Results are those of output rows
// [row0, row1) for `channels` channels. The first maximum in row-major order of a window counts, NaN being
// one.
struct PoolKernels {
  // y from x, and from `values` at the positions of the maxima (select). A window without cells gives -inf
  // (max) or 0. Sums run in row-major order.
  void (*pool)(const PoolShape& shape, const float* x, const float* values, float* y, int64_t channels,
               int64_t row0, int64_t row1);

  // dx from dy and, for the maximum, x. Writes the rows of dx from the first cell of row0's windows on (from
  // the top if row0 is 0) up to the first of row1's (to the bottom if row1 is the last); where windows share
  // rows, all output rows must be done in one call. Shares are added in row-major order of the windows.
  void (*gradient)(const PoolShape& shape, const float* dy, const float* x, float* dx, int64_t channels,
                   int64_t row0, int64_t row1);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_POOL_H_
