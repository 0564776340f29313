// Where a convolution reads images whose pixels lie side by side, channel after channel.
//
// What output pixel (y, x) sees of a channel at a tap is at
//   base + offset of the tap + y * row_step() + x,
// provided that no tap falls outside the image. So a band of output rows first copies the image rows it needs
// into private memory, with zeros around them, channels outermost, and where the stride along the row is s,
// the row dealt into s parts, so that neighbouring pixels stay neighbours. The copy is small (it is the
// input, not the patches) and takes views of any strides.

#ifndef NODEGRAD_DRIVERS_CONV_PLANES_H_
#define NODEGRAD_DRIVERS_CONV_PLANES_H_

#include <cstdint>
#include <vector>

#include "../kernels/move.h"
#include "conv_window.h"
#include "driver.h"

namespace ng {

class Planes {
 public:
  // `source` is [n, c, h, w], float32, any strides; `channels` of it take part in a sum, and a band has at
  // most `band_h` output rows. Beyond the last pixel of a row, `slack` floats can be read.
  void prepare(const View& source, int64_t channels, const Window& window, int64_t band_h, int64_t slack);

  // Floats a band of one output row needs, and one of each further row.
  static int64_t first_row_floats(int64_t channels, const Window& window);
  static int64_t next_row_floats(int64_t channels, const Window& window);

  // Offsets of the taps, numbered row-major (channel, row tap, column tap).
  const std::vector<int64_t>& offsets() const { return offsets_; }

  int64_t row_step() const { return row_stride_ * window_.stride_h; }

  // Private memory open() needs, in floats.
  int64_t scratch_floats() const { return scratch_floats_; }

  // Makes what output rows [y, y + height) see of `channels` (at most those prepared) from `channel` on
  // readable; returns the base of row y.
  const float* open(const Run& run, const MoveKernels& move, int64_t image, int64_t channel, int64_t channels,
                    int64_t y, int64_t height, float* scratch) const;

 private:
  View source_;
  Window window_;
  int64_t part_width_ = 0;  // floats of one of the stride_w parts of a row
  int64_t row_stride_ = 0, channel_stride_ = 0;
  bool outside_ = false;  // whether some tap of some pixel falls outside the image
  int64_t scratch_floats_ = 0;
  std::vector<int64_t> offsets_;
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_PLANES_H_
