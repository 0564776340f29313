// Kernels of softmax: rows of float32 whose elements lie one behind the other.

#ifndef NODEGRAD_KERNELS_SOFTMAX_H_
#define NODEGRAD_KERNELS_SOFTMAX_H_

#include <stdint.h>

namespace ng {

struct SoftmaxKernels {
  // y = e^(x - max x) / Σ e^(x - max x) for each of `rows` rows of n elements, or its logarithm. Rows are the
  // given numbers of elements apart. y may be x. A row that holds NaN or +infinity, or nothing but -infinity,
  // is NaN throughout (the log-softmax likewise). Sums: partial sums in float32, combined in float64.
  void (*softmax)(float* y, int64_t y_stride, const float* x, int64_t x_stride, int64_t rows, int64_t n);
  void (*log_softmax)(float* y, int64_t y_stride, const float* x, int64_t x_stride, int64_t rows, int64_t n);

  // dx from dy and the result y: y (dy - Σ dy y), and for the logarithm dy - e^y Σ dy. dx may be dy or y.
  void (*softmax_grad)(float* dx, int64_t dx_stride, const float* dy, int64_t dy_stride, const float* y,
                       int64_t y_stride, int64_t rows, int64_t n);
  void (*log_softmax_grad)(float* dx, int64_t dx_stride, const float* dy, int64_t dy_stride, const float* y,
                           int64_t y_stride, int64_t rows, int64_t n);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_SOFTMAX_H_
