// Memory kept back for the day when there is none.
//
// Large blocks (arenas, variables, packed weights) are asked for in a way that may be refused (memory.h). The
// many small ones, of vectors and strings, come from operator new, whose refusal would end the process: this
// code is built without exceptions. So a block is kept back, which is given to the allocator when it has
// nothing else. Who enters the engine sees to it that it is there, and is refused in time when it is not.

#ifndef NODEGRAD_PROGRAM_RESERVE_H_
#define NODEGRAD_PROGRAM_RESERVE_H_

#include <atomic>
#include <cstddef>

namespace ng {

// Far more than all small blocks of a run. It costs no memory until it is given away, only addresses.
constexpr size_t kReserveBytes = 4 << 20;

namespace reserve {

// The block, or nullptr once it has been given away.
extern std::atomic<void*> block;

// Asks the system for it, and has operator new use it.
bool refill();

}  // namespace reserve

// Whether the reserve is there; asks for it anew if it is not.
inline bool has_reserve() {
  return reserve::block.load(std::memory_order_relaxed) != nullptr || reserve::refill();
}

// The same for work that needs about so many bytes in small blocks: they can be had now, besides the reserve.
bool has_reserve_for(size_t bytes);

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_RESERVE_H_
