// Depthwise convolutions of images with their channels side by side: vectors of channels.

#ifndef NODEGRAD_DRIVERS_CONV_DEPTHWISE_H_
#define NODEGRAD_DRIVERS_CONV_DEPTHWISE_H_

#include <string>

#include "conv.h"
#include "conv_weight.h"

namespace ng {

// Whether `problem` is one; conv.h has the rest of its kind.
bool is_depthwise(const ConvProblem& problem);
std::string add_depthwise_conv(const ConvProblem& problem, const Instruction& instruction, Builder& builder);

// The same for the first step of a weight gradient, for a dy that is not empty.
bool is_depthwise_gradient(const Instruction& instruction);
void add_depthwise_weights(const Instruction& instruction, WeightSums* sums, Builder& builder);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_DEPTHWISE_H_
