// Convolutions by Winograd's algorithm (kernels/winograd.h): 3 x 3 windows of stride 1 in one group, forward
// and data gradient.

#ifndef NODEGRAD_DRIVERS_WINOGRAD_H_
#define NODEGRAD_DRIVERS_WINOGRAD_H_

#include <string>

#include "../kernels/winograd.h"
#include "conv.h"

namespace ng {

// The transforms with which `problem` is faster than by an algorithm of the given cost, or nullptr where it
// is not or cannot be.
const WinogradTransforms* choose_winograd(const ConvProblem& problem, double direct_cost,
                                          const Builder& builder);

// Adds the steps for `problem`; `instruction` has the micro-program. Returns an empty string, or why not.
std::string add_winograd_conv(const ConvProblem& problem, const WinogradTransforms& transforms,
                              const Instruction& instruction, Builder& builder);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_WINOGRAD_H_
