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

// What the runs of one environment compute in, one after the other: it grows to what the largest needs.
class Arena {
 public:
  // Grows to at least `bytes` bytes, and loses what was there before; false when the system has no more.
  bool reserve(int64_t bytes) {
    return bytes <= memory_.bytes() || memory_.allocate(bytes < kHugePage ? kHugePage : bytes);
  }
  // nullptr as long as no run has needed any.
  char* data() const { return memory_.data(); }
  int64_t bytes() const { return memory_.bytes(); }

 private:
  Memory memory_;
};

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_MEMORY_H_
