// The window of a convolution: which source pixels an output pixel sees.

#ifndef NODEGRAD_DRIVERS_CONV_WINDOW_H_
#define NODEGRAD_DRIVERS_CONV_WINDOW_H_

#include <algorithm>
#include <cstdint>

#include "arith.h"

namespace ng {

// The taps of a window along one axis: number i reads the source at `source + i * source_step` relative to
// the output position times the stride, and the kernel at `kernel + i * kernel_step`.
struct Taps {
  int64_t count;
  int64_t source, source_step;
  int64_t kernel, kernel_step;

  // The smallest and largest source position; count > 0.
  int64_t lowest() const { return source_step < 0 ? source + (count - 1) * source_step : source; }
  int64_t highest() const { return source_step < 0 ? source : source + (count - 1) * source_step; }

  // The same taps, the source ascending.
  Taps ascending() const {
    if (source_step >= 0 || count == 0) return *this;
    const int64_t last = count - 1;
    return {count, source + last * source_step, -source_step, kernel + last * kernel_step, -kernel_step};
  }
};

// Numbers [first, last).
struct Range {
  int64_t first, last;
  int64_t count() const { return last - first; }
};

// The i < count for which `start + i * step`, step > 0, is inside [0, size).
inline Range inside(int64_t start, int64_t step, int64_t count, int64_t size) {
  const int64_t first = start < 0 ? std::min(count, ceil_div(-start, step)) : 0;
  const int64_t last = start < size ? std::min(count, ceil_div(size - start, step)) : 0;
  return {first, std::max(first, last)};
}

// A window that slides over images.
struct Window {
  Taps rows, cols;
  int64_t stride_h, stride_w;
  int64_t out_h, out_w;

  int64_t pixels() const { return out_h * out_w; }
  int64_t taps() const { return rows.count * cols.count; }
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_WINDOW_H_
