// Memory of a variable.

#ifndef NODEGRAD_PROGRAM_STATE_H_
#define NODEGRAD_PROGRAM_STATE_H_

#include <cstdint>

#include "memory.h"
#include "packed.h"
#include "program.h"

namespace ng {

struct State {
  DType dtype;
  int64_t length;  // elements
  Memory memory;
  PackedSource packed;   // copies of the memory; whoever writes it raises their version
  int64_t bound_by = 0;  // number of the run that bound it last, to find one bound twice

  int64_t bytes() const { return length * size_of(dtype); }
};

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_STATE_H_
