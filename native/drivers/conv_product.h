// Convolutions of 1 x 1 that are matrix products of the memory as it lies.

#ifndef NODEGRAD_DRIVERS_CONV_PRODUCT_H_
#define NODEGRAD_DRIVERS_CONV_PRODUCT_H_

#include <string>

#include "conv.h"

namespace ng {

// Whether `problem`, the only one of its instruction, is one: pixels of a channel are side by side in source
// and output, and a product of them takes no turning; and the product.
bool is_product(const ConvProblem& problem);
std::string add_product(const ConvProblem& problem, const Instruction& instruction, Builder& builder);

// The same for a weight gradient: the pixels of all images are evenly spaced.
bool is_product_gradient(const Instruction& instruction);
std::string add_product_gradient(const Instruction& instruction, Builder& builder);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_PRODUCT_H_
