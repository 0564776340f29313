// Kernels that move elements of 4 or 1 bytes without looking at them.

#ifndef NODEGRAD_KERNELS_MOVE_H_
#define NODEGRAD_KERNELS_MOVE_H_

#include <stdint.h>

namespace ng {

// A matrix to copy: out[i * out_row + j * out_col] = in[i * in_row + j * in_col] for i < rows, j < cols.
// Strides count elements and may be anything; 0 on the input side repeats an element.
struct MoveTile {
  int64_t rows, cols;
  int64_t out_row, out_col;
  int64_t in_row, in_col;
  bool streamed = false;  // written past the caches, where whole cache lines are; drain() must follow
};

// Rows of one piece picked by index: out[i * out_row + j] = in[i * in_row + index[i * index_step] * pick + j]
// for i < rows, j < cols.
struct MovePick {
  int64_t rows, cols;
  int64_t out_row, in_row;
  int64_t index_step, pick;
  bool streamed;  // as above
};

// `out` and `in` do not overlap and are aligned to their element, not more. Fast where out_col is 1 and
// in_col is 1 or 0, or where out_col and in_row are 1: a transpose.
struct MoveKernels {
  void (*move4)(const MoveTile& tile, uint32_t* out, const uint32_t* in);
  void (*move1)(const MoveTile& tile, uint8_t* out, const uint8_t* in);
  void (*pick4)(const MovePick& pick, uint32_t* out, const uint32_t* in, const int32_t* index);
  void (*pick1)(const MovePick& pick, uint8_t* out, const uint8_t* in, const int32_t* index);
  void (*drain)();  // after the last streamed tile of a chunk, before other threads read
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_MOVE_H_
