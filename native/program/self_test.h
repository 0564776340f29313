// A small computation whose result is known.

#ifndef NODEGRAD_PROGRAM_SELF_TEST_H_
#define NODEGRAD_PROGRAM_SELF_TEST_H_

namespace ng {

struct Kernels;

// Whether a matrix product with an epilogue comes out right: it takes every layer of the machine, and tells a
// binary that was built for another processor before it computes nonsense for a user.
bool self_test(const Kernels& kernels);

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_SELF_TEST_H_
