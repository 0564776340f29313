// Kernels of softmax and cross-entropy: rows of float32 whose elements lie one behind the other.

#ifndef NODEGRAD_KERNELS_SOFTMAX_H_
#define NODEGRAD_KERNELS_SOFTMAX_H_

#include <stdint.h>

namespace ng {

// Rows of an operand: where the first one starts, and how many elements the next one is away. A row has n
// elements, or one where that is all the operand has (a label, a loss).
struct SoftmaxRows {
  float* data;
  int64_t stride;

  float* at(int64_t row) const { return data + row * stride; }
};

// `operands`: the output, then the inputs in the order of opcodes.ts; labels are int32 in [0, n). Sums are
// partial sums in float32, combined in float64. A row that holds NaN or +infinity, or nothing but -infinity,
// is NaN throughout, and so is its loss.
//
// Large results are written past the caches where `aside`, memory for one row, is not null; the caller
// drains.
using SoftmaxFn = void (*)(const SoftmaxRows* operands, int64_t rows, int64_t n, float* aside);

struct SoftmaxKernels {
  SoftmaxFn softmax, log_softmax;            // y, x: y may be x
  SoftmaxFn softmax_grad, log_softmax_grad;  // dx, dy, y: dx may be dy or y
  SoftmaxFn cross_entropy;                   // losses, x, labels
  SoftmaxFn cross_entropy_grad;              // dx, dy, x, labels: dx may be x; never past the caches
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_SOFTMAX_H_
