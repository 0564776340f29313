// Chooses the kernels for this processor. Built without any of their flags.

#ifndef NODEGRAD_KERNELS_DISPATCH_H_
#define NODEGRAD_KERNELS_DISPATCH_H_

#include <string>
#include <vector>

namespace ng {

struct Kernels;

// The instruction sets this processor and its operating system can run, best first.
std::vector<const Kernels*> available_kernels();

// The kernels of the instruction set `target` ("base", "avx2", "avx512", "neon"), or the best for nullptr or
// "". Returns nullptr and says why in `error` when the machine lacks the one asked for.
const Kernels* select_kernels(const char* target, std::string* error);

}  // namespace ng

#endif  // NODEGRAD_KERNELS_DISPATCH_H_
