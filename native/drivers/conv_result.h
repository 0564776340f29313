// The end of a convolution: from tiles of products to the output views, through the micro-program.

#ifndef NODEGRAD_DRIVERS_CONV_RESULT_H_
#define NODEGRAD_DRIVERS_CONV_RESULT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "conv.h"
#include "epilogue.h"

namespace ng {

// Channels [row, row + rows) of pixels [pixel, pixel + pixels) of an image.
struct ConvTile {
  int64_t image, row, rows, pixel, pixels;
};

class ConvResult {
 public:
  // Returns an empty string, or why the micro-program of `instruction` cannot run.
  std::string prepare(const ConvProblem& problem, const Instruction& instruction, const Builder& builder);

  // Whether the products are the result, as they are.
  bool is_identity() const { return epilogue_.is_identity(); }

  // Whether write() takes pixels as rows and channels as columns, as they lie in the output.
  bool by_pixels() const { return by_pixels_; }

  int64_t scratch_bytes() const { return epilogue_.scratch_bytes(); }

  // Ends a tile: the products [channels, pixels], or [pixels, channels], with row stride ld.
  void write(const Run& run, const ConvTile& tile, const float* products, int64_t ld, char* scratch) const;

 private:
  std::vector<View> views_;  // the outputs, then the extra inputs
  const MoveKernels* move_;
  Epilogue epilogue_;
  bool by_pixels_ = false;
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_RESULT_H_
