// Depthwise convolution, a filter for each channel, of images with their channels side by side: the lanes of
// a vector are channels.

#ifndef NODEGRAD_KERNELS_DEPTHWISE_H_
#define NODEGRAD_KERNELS_DEPTHWISE_H_

#include <stdint.h>

namespace ng {

// A window of rows x cols taps over an image, strides in elements. Tap (i, j) of output pixel p is at
// x[i * x_row + j * x_col + p * x_pixel], its weights at w[i * w_row + j * w_col].
struct DepthwiseWindow {
  int64_t rows, cols;
  int64_t x_row, x_col, x_pixel;
  int64_t w_row, w_col;
  int64_t y_pixel;
};

struct DepthwiseKernels {
  // y[p * y_pixel + c] = sum over the taps, row-major, for p < pixels and c < channels.
  void (*row)(const DepthwiseWindow& window, const float* x, const float* w, float* y, int64_t pixels,
              int64_t channels);

  // w[tap + c] += sum over pixels, in their order, of x at the tap · y[p * y_pixel + c]. `w` has room for
  // whole vectors.
  void (*weights)(const DepthwiseWindow& window, const float* x, float* w, const float* y, int64_t pixels,
                  int64_t channels);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_DEPTHWISE_H_
