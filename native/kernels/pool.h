// Kernels of two-dimensional pooling and its gradients: many images abreast, one to a lane.

#ifndef NODEGRAD_KERNELS_POOL_H_
#define NODEGRAD_KERNELS_POOL_H_

#include <stdint.h>

namespace ng {

enum class PoolOp { kMax, kAverage, kSelect };

// Output (i, j) sees the cells (i * stride_h - pad_top + r, j * stride_w - pad_left + q) of x for r <
// kernel_h and q < kernel_w, as far as they exist.
struct PoolShape {
  PoolOp op;
  bool count_padding;  // average: divide by the whole window, not by the cells that exist
  int64_t h, w;        // of x
  int64_t out_h, out_w;
  int64_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
};

// Rows of images that lie abreast: the elements (i, j) of all images start at data[(i - top) * row + j *
// col], one behind the other. `top` is the first row there is.
template <typename T>
struct PoolImages {
  T* data;
  int64_t top, row, col;

  T* at(int64_t i, int64_t j) const { return data + (i - top) * row + j * col; }
};

// The first maximum in row-major order of a window counts, NaN being one. Sums run in row-major order.
struct PoolKernels {
  // Rows [begin, end) of y from x, and from `values` at the positions of the maxima (select). A window
  // without cells gives -inf (max) or 0.
  void (*pool)(const PoolShape& shape, const PoolImages<const float>& x,
               const PoolImages<const float>& values, const PoolImages<float>& y, int64_t images,
               int64_t begin, int64_t end);

  // Rows [begin, end) of dx from dy and, for the maximum, x: of all windows that see them, in row-major
  // order.
  void (*gradient)(const PoolShape& shape, const PoolImages<const float>& dy,
                   const PoolImages<const float>& x, const PoolImages<float>& dx, int64_t images,
                   int64_t begin, int64_t end);

  // The same for one image with contiguous rows whose windows are 2 x 2 cells side by side, without padding:
  // `rows` x `cols` outputs; rows are the given numbers of elements apart.
  void (*halve)(PoolOp op, float* y, int64_t y_row, const float* x, int64_t x_row, int64_t rows,
                int64_t cols);
  void (*halve_gradient)(PoolOp op, float* dx, int64_t dx_row, const float* dy, int64_t dy_row,
                         const float* x, int64_t x_row, int64_t rows, int64_t cols);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_POOL_H_
