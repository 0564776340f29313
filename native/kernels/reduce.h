// Kernels of reductions: matrices of 4-byte lanes (see map.h), reduced along their rows or down their
// columns.
//
// Elements of a row lie one behind the other; rows are `stride` lanes apart. All orders of summation are
// fixed by the arguments.

#ifndef NODEGRAD_KERNELS_REDUCE_H_
#define NODEGRAD_KERNELS_REDUCE_H_

#include <stdint.h>

#include "map.h"

namespace ng {

// Along rows: acc[i] = acc[i] ⊕ source[i][0] ⊕ … ⊕ source[i][n - 1] for i < rows. Down columns: acc[j] =
// acc[j] ⊕ source[0][j] ⊕ … ⊕ source[rows - 1][j] for j < n. Float sums go through several partial sums.
using ReduceFn = void (*)(void* acc, const void* source, int64_t stride, int64_t rows, int64_t n);

// The same for the position of an extremum: best[i] is the extremum so far and where[i] its index; the
// elements given now have the indices from `index` on. An element replaces the best if it is beyond it, or
// the first NaN.
using ArgReduceFn = void (*)(void* best, int32_t* where, const void* source, int64_t stride, int64_t rows,
                             int64_t n, int64_t index);

struct ReduceKernels {
  // `kind` is a number of NG_REDUCE_KIND: sum, prod, max or min.
  ReduceFn (*find_rows)(int kind, Lane lane);
  ReduceFn (*find_columns)(int kind, Lane lane);
  // argMax or argMin.
  ArgReduceFn (*find_arg_rows)(int kind, Lane lane);
  ArgReduceFn (*find_arg_columns)(int kind, Lane lane);
  // total[i] = total[i] + part[i], and times.
  void (*add_to_double)(double* total, const float* part, int64_t n);
  void (*mul_to_double)(double* total, const float* part, int64_t n);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_REDUCE_H_
