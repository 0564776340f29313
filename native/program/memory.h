// Memory aligned for vectors, which says no instead of throwing.

#ifndef NODEGRAD_PROGRAM_MEMORY_H_
#define NODEGRAD_PROGRAM_MEMORY_H_

#include <cstdint>

namespace ng {

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
  // At least `bytes` bytes, or nullptr when the system has no more. What was there before is lost.
  char* require(int64_t bytes) {
    if (bytes > memory_.bytes() && !memory_.allocate(bytes)) return nullptr;
    return memory_.data();
  }
  int64_t bytes() const { return memory_.bytes(); }

 private:
  Memory memory_;
};

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_MEMORY_H_
