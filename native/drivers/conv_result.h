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
  // For tiles of so many `channels` or fewer. Returns an empty string, or why the micro-program of
  // `instruction` cannot run.
  std::string prepare(const ConvProblem& problem, const Instruction& instruction, int64_t channels,
                      const Builder& builder);

  // Whether the products are the result, as they are.
  bool is_identity() const { return epilogue_.is_identity(); }

  // Whether write() is fastest on products with the channels of a pixel side by side.
  bool by_pixels() const { return by_pixels_; }

  // Says what most tiles are before the memory for them is reserved, which makes write() faster for these.
  void expect(int64_t rows, int64_t pixels, const Builder& builder);

  // Private memory write() needs for tiles of so many products.
  int64_t scratch_bytes(int64_t tile_floats) const;

  // Ends a tile. One of the steps, from channel to channel and from pixel to pixel, is 1.
  void write(const Run& run, const ConvTile& tile, const float* products, int64_t channel_step,
             int64_t pixel_step, char* scratch) const;

 private:
  std::vector<View> views_;  // the outputs, then the extra inputs
  const MoveKernels* move_;
  Epilogue epilogue_;
  bool by_pixels_ = false;
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_RESULT_H_
