// Dot products of the rows of one matrix with the rows of another, a . b^T, vectorised along the rows: the
// shape of a weight gradient, where both operands lie with their pixels side by side and the result is small.

#ifndef NODEGRAD_KERNELS_DOT_H_
#define NODEGRAD_KERNELS_DOT_H_

#include <stdint.h>

namespace ng {

struct DotKernels {
  int lanes;       // floats a dot product is spread over until it is reduced
  int rows, cols;  // rows of a and of b a tile has at most: as many sums as fit the registers

  // sums[r][c][lane] = (accumulate ? sums[r][c][lane] : 0) + the lane's share of a_r . b_c, for r < rows and
  // c < cols. Each row comes in `segments` of `length` floats: segment s of a_r at a + r * lda + s *
  // a_segment, of b_c at b + offsets[c] + s * b_segment. No alignment needed.
  void (*tile)(int64_t segments, int64_t length, const float* a, int64_t lda, int64_t a_segment,
               const float* b, const int64_t* offsets, int64_t b_segment, int rows, int cols, float* sums,
               bool accumulate);

  // totals[i] = the sum of the lanes of sums[i], in one fixed order, for i < count.
  void (*reduce)(const float* sums, int64_t count, float* totals);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_DOT_H_
