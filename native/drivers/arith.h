// Whole-number arithmetic of cutting work into pieces.

#ifndef NODEGRAD_DRIVERS_ARITH_H_
#define NODEGRAD_DRIVERS_ARITH_H_

#include <cstdint>

namespace ng {

// How many pieces of `b` cover `a`; a >= 0, b > 0.
inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The smallest multiple of `b` that is no smaller than `a`.
inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_ARITH_H_
