// Memory aligned for vectors, which says no instead of throwing.

#ifndef NODEGRAD_PROGRAM_MEMORY_H_
#define NODEGRAD_PROGRAM_MEMORY_H_

#include <cstdint>

namespace ng {

// What processors and systems also map as one page, instead of 512.
constexpr int64_t kHugePage = 2 << 20;

// A block of bytes at an address that is a multiple of 64 (a cache line, an AVX-512 register).
class Memory {
 public:
  Memory() = default;
  ~Memory() { release(); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Replaces the block by one of `bytes` bytes of unknown content; on failure there is none and it returns
  // false.
  bool allocate(int64_t bytes);
  void release();

  char* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  char* data_ = nullptr;
  int64_t bytes_ = 0;
};

// What the runs of one environment compute in, one after the other: it grows to what the largest needs, and
// gives back what has not been needed for long.
//
// How long is a matter of costs, as with skis that one rents or buys: memory given back too early has to be
// mapped again, which costs as much as it is large. It goes when the runs since it was needed have together
// used as much, so that mapping it again is never more than a part of what they did, whatever the order of
// runs.
class Arena {
 public:
  // Makes it at least `bytes` bytes large. What was there before may be lost. False when the system has no
  // more.
  bool reserve(int64_t bytes);

  // nullptr as long as no run has needed any.
  char* data() const { return memory_.data(); }
  int64_t bytes() const { return memory_.bytes(); }

 private:
  bool replace(int64_t bytes);

  Memory memory_;
  // Of the runs since the last one that needed a good part of it:
  int64_t used_ = 0;     // what they used together
  int64_t largest_ = 0;  // what the largest used
};

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_MEMORY_H_
