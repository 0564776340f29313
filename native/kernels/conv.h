// Micro-kernels of direct convolutions and their weight gradients: tiles of sums of products, with what is
// read of the image read where it lies.
//
// tile() wants the channels of a pixel side by side. What a pixel sees of an image is then a stretch of each
// of several image rows: `segments` of them make up a sum.
//
//   forward          rows: neighbouring pixels of an output row; columns: output channels
//                    A: the image, B: packed weights
//   weight gradient  rows: neighbouring taps and input channels; columns: output channels
//                    A: the image, B: the gradient of the output; or the other way round
//
// planes() wants the pixels of a channel side by side: rows are output channels, columns neighbouring pixels
// of an output row, and each tap of each channel lies at an offset of its own.

#ifndef NODEGRAD_KERNELS_CONV_H_
#define NODEGRAD_KERNELS_CONV_H_

#include <stdint.h>

namespace ng {

// Operands of a tile, strides in elements. Term (s, p) of row i: a[s * a_segment + p * a_col + i * a_row]; of
// column j: b[s * b_segment + p * b_row + j].
struct ConvTerms {
  int64_t segments, length;
  const float* a;
  int64_t a_row, a_col, a_segment;
  const float* b;
  int64_t b_row, b_segment;
};

struct ConvKernels {
  int lanes;         // floats of a vector
  int most_vectors;  // of a tile's columns

  // Rows a tile of so many vectors has at most: as many sums as fit the registers.
  int (*most_rows)(int vectors);

  // c [rows, cols] (+)= sum over all terms of a · b, with row stride ldc and unit column stride; cols at most
  // most_vectors * lanes. Each element is one chain of fused multiply-adds in the order of the terms, started
  // at 0 or at c. What is read of a row of B ends at a multiple of `lanes`.
  void (*tile)(const ConvTerms& terms, float* c, int64_t ldc, int rows, int cols, bool accumulate);

  // c [rows, cols] = sum over p < k of a[p * rows + i] · b[offsets[p] + j], limits as above. What is read
  // from an offset on ends at a multiple of `lanes`.
  void (*planes)(int64_t k, const float* a, const float* b, const int64_t* offsets, float* c, int64_t ldc,
                 int rows, int cols);

  // Packs weights for tiles of at most `width` columns, a multiple of lanes: to[(position[t] * channels + c)
  // * width + r] = from[r * row_step + c * channel_step + t] for r < rows <= width, c < channels, and the
  // taps t < taps whose position is not negative; zeros in the rows from `rows` on.
  void (*pack)(int64_t rows, int64_t row_step, int64_t channels, int64_t channel_step, int64_t taps,
               const int32_t* position, const float* from, int64_t width, float* to);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_CONV_H_
