// The micro-program that ends a matrix product or a convolution: bias, activation, residual, parameter
// update, done on a tile of the product while it is still in the cache.
//
// A driver computes products in tiles of some matrix: rows × columns, one matrix per batch index. At
// preparation it says which axes of the output view these are; extra inputs and further outputs have the same
// shape and thus the same axes. Row, column and batch indices are row-major over their axes, so that for a
// convolution
//   [n, c, h, w]  from channels × pixels:  batch {0}, rows {1}, cols {2, 3};
//                 from pixels × channels:  batch {0}, rows {2, 3}, cols {1};
//   [o, i, kh, kw] (weight gradient):      batch {}, rows {0}, cols {1, 2, 3};
//   matmul [..., m, n]:                    batch {all others}, rows {m}, cols {n}.

#ifndef NODEGRAD_DRIVERS_EPILOGUE_H_
#define NODEGRAD_DRIVERS_EPILOGUE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "driver.h"
#include "grid.h"
#include "micro.h"

namespace ng {

// Axes of the output, each once, outermost first within a list.
struct TileAxes {
  std::vector<int> batch, rows, cols;
};

class Epilogue {
 public:
  // `first_extra` is the number of the first input that belongs to the micro-program (register 1); register 0
  // is the product. Returns an empty string, or why the micro-program cannot run here. Call it also where
  // is_identity() turns out true: it is what refuses float64 views.
  std::string prepare(const Instruction& instruction, int first_extra, const TileAxes& axes,
                      const Builder& builder);

  // Lets apply() take several rows at a time of tiles that have so many columns and nothing between their
  // rows: a block of few elements costs more than its arithmetic.
  void widen(int64_t cols, const Builder& builder);

  // Whether the product is the only output, unchanged, as float32: the driver may write it where it belongs
  // and never call apply().
  bool is_identity() const { return is_identity_; }

  // Private memory apply() needs, in bytes (0 for the identity). Drivers reserve it next to their own
  // scratch.
  int64_t scratch_bytes() const;

  // Evaluates the micro-program on rows [row0, row0 + rows) and columns [col0, col0 + cols) of the matrix
  // `batch` and writes every output there. `tile` is the product of just these, `ld` floats from row to row,
  // 1 from column to column; it may be the memory of the first output (each element is read before it is
  // written). `scratch`: scratch_bytes() of private memory, 64-byte aligned.
  void apply(const Run& run, int64_t batch, int64_t row0, int64_t rows, int64_t col0, int64_t cols,
             const float* tile, int64_t ld, char* scratch) const;

 private:
  // The operands of the micro-program, for blocks of one row or of rows of `cols` columns.
  std::string prepare_blocks(MicroProgram* program, int64_t cols, const Builder& builder) const;
  void apply_rows(const Run& run, int64_t* offsets, int64_t rows, const float* tile, char** block,
                  char* scratch) const;

  std::vector<const View*> views_;  // the extra inputs, then the outputs
  std::vector<int64_t> sizes_;      // bytes of their elements
  int inputs_ = 0;                  // how many of them are inputs
  bool is_identity_ = false;
  Grid batch_, rows_, cols_;  // the views' axes
  int64_t run_ = 1;           // columns the innermost axis of cols_ has: they lie at one stride in every view
  Micro micro_;
  MicroProgram by_row_, by_rows_;
  int64_t wide_cols_ = 0;  // of the tiles by_rows_ is for, if any
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_EPILOGUE_H_
