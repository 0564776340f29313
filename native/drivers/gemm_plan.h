// What a matrix product is planned to do, and what its steps share.

#ifndef NODEGRAD_DRIVERS_GEMM_PLAN_H_
#define NODEGRAD_DRIVERS_GEMM_PLAN_H_

#include <cstdint>

#include "../kernels/dot.h"
#include "../kernels/gemm.h"
#include "arith.h"
#include "epilogue.h"
#include "gemm.h"
#include "gemm_tiling.h"

namespace ng {

// A whole operand as panels: for every matrix of the batch and every block of k, all panels.
struct SharedPanels {
  Packed packed;
  int64_t width = 0;   // floats of a panel for each of k: mr or nr
  int64_t used = 0;    // how many of them are rows or columns of the operand
  int64_t panels = 0;  // of a matrix
  int64_t group = 1;   // panels packed by one chunk
  int64_t chunks = 0;

  int64_t groups() const { return ceil_div(panels, group); }
  float* at(const Run& run, int64_t batch, int64_t k, int64_t start, int64_t length, int64_t panel) const {
    return run.at<float>(packed) + (batch * k + start) * panels * width + panel * width * length;
  }
};

struct GemmPlan {
  const GemmKernels* kernels;
  const DotKernels* dot;
  GemmProblem problem;  // as it is computed
  bool swapped;         // problem is the transpose of what the epilogue is prepared for
  bool direct;          // tiles are computed in C itself
  Epilogue epilogue;
  Tiling tiling;
  int64_t batches;
  int64_t combine_rows;  // rows that one chunk combines after a split
  SharedPanels shared_a, shared_b;
  int64_t parts;  // offset of the partial sums in the workspace: [splits][batches][m][n]
  int64_t scratch_a, scratch_b, scratch_sums, scratch_tile, scratch_turned, scratch_epilogue;
};

// Some rows and columns of the product of one matrix of the batch.
struct Region {
  int64_t batch, row, rows, col, cols;
};

// A tile over one range of blocks of k, and where its sums go.
struct GemmTile {
  Region region;
  int64_t first_block, end_block;
  float* c;
  int64_t ldc;
  bool finishes;  // the sums are complete but not in C: finish() takes them there
};

// The tile that chunk number `chunk` of the multiplication computes.
GemmTile tile_of(const GemmPlan& plan, const Run& run, int64_t chunk, Worker& worker);

// Address of matrix number `index` of a batch.
float* matrix_at(const Run& run, const GemmProblem& problem, const MatrixView& matrix, int64_t index);

// Writes a region of the product, which lies in private memory, to where it belongs.
void finish(const GemmPlan& plan, const Run& run, const Region& region, const float* tile, int64_t ld,
            Worker& worker);

inline float* scratch_at(Worker& worker, int64_t offset) {
  return reinterpret_cast<float*>(worker.scratch + offset);
}

// A chunk of the multiplication by dot products, and the floats of GemmPlan::scratch_sums it needs.
void multiply_dots(const void* plan, const Run& run, int64_t chunk, Worker& worker);
int64_t dot_scratch_floats(const GemmPlan& plan);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_GEMM_PLAN_H_
