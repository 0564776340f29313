// Convolutions by Winograd's algorithm (kernels/winograd.h): 3 x 3 windows of stride 1 in one group.

#ifndef NODEGRAD_DRIVERS_WINOGRAD_H_
#define NODEGRAD_DRIVERS_WINOGRAD_H_

#include <string>

#include "../kernels/winograd.h"
#include "conv.h"

namespace ng {

class WeightSums;

// The transforms with which `problem` is faster than by an algorithm of the given cost, or nullptr where it
// is not or cannot be.
const WinogradTransforms* choose_winograd(const ConvProblem& problem, double direct_cost,
                                          const Builder& builder);

// Adds the steps for `problem`; `instruction` has the micro-program. Returns an empty string, or why not.
std::string add_winograd_conv(const ConvProblem& problem, const WinogradTransforms& transforms,
                              const Instruction& instruction, Builder& builder);

// The same for the gradient of weights, whose sums over tiles the step of `sums` ends.
const WinogradTransforms* choose_winograd_weights(const Instruction& instruction, double direct_cost,
                                                  const Builder& builder);
void add_winograd_weights(const Instruction& instruction, const WinogradTransforms& transforms,
                          WeightSums* sums, Builder& builder);

// Parts that a weight gradient's sum over so many tiles is cut into, if its blocks allow.
int64_t count_weight_parts(int64_t tiles);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_WINOGRAD_H_
