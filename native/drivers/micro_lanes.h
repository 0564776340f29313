// What the two halves of micro-programs share: making their steps, and running them.

#ifndef NODEGRAD_DRIVERS_MICRO_LANES_H_
#define NODEGRAD_DRIVERS_MICRO_LANES_H_

#include <cstdint>

#include "micro.h"

namespace ng {

// Between arrays, a little more than their size: powers of two would let them compete for the same cache
// sets.
constexpr int64_t kArrayBytes = kMicroBlock * 4 + 128;

// Bytes in whole cache lines.
inline int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

// A number as a lane of a dtype, by the rules of `cast`.
int32_t lane_of(double x, DType dtype);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_MICRO_LANES_H_
