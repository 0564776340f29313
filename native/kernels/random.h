// Kernels of random numbers.

#ifndef NODEGRAD_KERNELS_RANDOM_H_
#define NODEGRAD_KERNELS_RANDOM_H_

#include <stdint.h>

namespace ng {

struct RandomKernels {
  // The numbers of counters (counter, 0, stream, 0) and on with a key, four of each, as 4-byte words: n
  // numbers. `bits` are the words of Philox themselves, `uniform` and `normal` float32 made of them, see
  // opcodes.ts. Bits and uniform numbers are the same everywhere; normal ones are within 4 ULP of the exact
  // value.
  using Draw = void (*)(void* out, int64_t n, uint32_t counter, uint32_t stream, uint32_t key0,
                        uint32_t key1);
  Draw bits, uniform, normal;
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_RANDOM_H_
