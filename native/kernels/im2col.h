// Image patches straight into the panels of a matrix product.

#ifndef NODEGRAD_KERNELS_IM2COL_H_
#define NODEGRAD_KERNELS_IM2COL_H_

#include <stdint.h>

namespace ng {

// Output pixels side by side in one image row. Where they start in the source, tap offsets not counted, in
// floats; and in which columns of the patch matrix they go.
struct PixelRun {
  int64_t source;
  int64_t column;
  int64_t length;
};

struct Im2colKernels {
  // Packs columns of the patch matrix: panel[k * ld + column + i] = source[offsets[k] + run.source + i] for
  // all k in [0, taps) and all runs, of which there is at least one. The runs are adjacent and ascending from
  // column 0 and none is empty. Writes whole vectors: up to the next multiple of the lanes of one, which ld
  // must have room for, columns are zeros. Reads only what belongs to a run.
  void (*pack)(const float* source, const int64_t* offsets, int64_t taps, const PixelRun* runs,
               int64_t run_count, float* panel, int64_t ld);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_IM2COL_H_
