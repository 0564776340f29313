#include "memory.h"

#include <cstdlib>

#if defined(_WIN32)
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

#include "program.h"

namespace ng {

bool Memory::allocate(int64_t bytes) {
  release();
  // Never zero bytes, for which allocators may return nothing.
  const int64_t alignment = bytes >= kHugePage ? kHugePage : kArenaBlock;
  const int64_t size = (bytes + alignment) / alignment * alignment;
#if defined(_WIN32)
  data_ = static_cast<char*>(_aligned_malloc(size, alignment));
#else
  void* block = nullptr;
  if (posix_memalign(&block, alignment, size) != 0) return false;
  data_ = static_cast<char*>(block);
#endif
  if (data_ == nullptr) return false;
#if defined(__linux__)
  // A first touch then costs one fault for 2 MiB rather than for 4 KiB.
  if (alignment == kHugePage) madvise(data_, size, MADV_HUGEPAGE);
#endif
  bytes_ = size;
  return true;
}

bool Arena::reserve(int64_t bytes) {
  constexpr int64_t kSmall = 8 * kHugePage;  // not worth giving back
  constexpr int64_t kPart = 4;  // runs that need less than one part in so many could do with less
  if (bytes > memory_.bytes()) return replace(bytes);
  if (memory_.bytes() <= kSmall) return true;
  if (bytes >= memory_.bytes() / kPart) {
    used_ = largest_ = 0;
    return true;
  }
  used_ += bytes;
  if (bytes > largest_) largest_ = bytes;
  return used_ < memory_.bytes() || replace(largest_);
}

bool Arena::replace(int64_t bytes) {
  used_ = largest_ = 0;
  return memory_.allocate(bytes < kHugePage ? kHugePage : bytes);
}

void Memory::release() {
#if defined(_WIN32)
  _aligned_free(data_);
#else
  free(data_);
#endif
  data_ = nullptr;
  bytes_ = 0;
}

}  // namespace ng
