// Matrix products over threads: how C = A · B is cut into tiles, packed and finished.
//
// A tile of C is one chunk: it walks k in blocks, packs what of A and B does not lie well, runs
// micro-kernels, and hands the finished tile to the epilogue while it is hot. Where C is too small to give
// many tiles but k is long (gradients of weights), k is split too: every chunk then writes partial sums to
// the workspace, which a last step adds in the order of k.

#ifndef NODEGRAD_DRIVERS_GEMM_H_
#define NODEGRAD_DRIVERS_GEMM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "driver.h"
#include "epilogue.h"

namespace ng {

// A batch of matrices in a view; strides in elements, of any sign, 0 to broadcast.
struct MatrixView {
  const View* view;
  int64_t row, col;
  int64_t batch[kMaxRank];  // along the axes of GemmProblem::batch
};

// c[...] [m, n] = a[...] [m, k] · b[...] [k, n] in float32.
struct GemmProblem {
  int64_t m, n, k;
  int batch_rank;
  int64_t batch[kMaxRank];
  MatrixView a, b, c;
  TileAxes axes;  // which axes of the output are the batch, the rows and the columns

  // The same product as cᵀ = bᵀ · aᵀ.
  GemmProblem transposed() const;
};

// Adds the steps that compute `problem` and end it with the micro-program of `instruction`, whose inputs from
// `first_extra` on are its extra inputs; c is its first output (other dtypes and further outputs are written
// by the micro-program alone). Returns an empty string, or why it cannot run.
std::string add_gemm(const GemmProblem& problem, const Instruction& instruction, int first_extra,
                     Builder& builder);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_GEMM_H_
