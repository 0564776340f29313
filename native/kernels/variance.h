// Kernels of variances: matrices of float32, along their rows or down their columns, see reduce.h.

#ifndef NODEGRAD_KERNELS_VARIANCE_H_
#define NODEGRAD_KERNELS_VARIANCE_H_

#include <stdint.h>

namespace ng {

// What is known of some elements: their sum and the sum of their squared distances to their mean.
struct Spread {
  double* sums;
  double* squares;
};

// Of each row (column) of a block; `sums` holds the float32 sums of its elements. They need not be exact: the
// distances to the mean they give are summed too and correct both results, whose errors are therefore small
// beside the distances, however large the mean.
using SpreadFn = void (*)(const Spread& block, const float* sums, const float* source, int64_t stride,
                          int64_t rows, int64_t n);

struct VarianceKernels {
  SpreadFn rows, columns;
  // Takes `count` elements more into the spreads of `before` elements each, lane by lane.
  void (*merge)(const Spread& total, double before, const Spread& more, double count, int64_t lanes);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_VARIANCE_H_
