#include "reserve.h"

#include <cstdlib>
#include <new>

namespace ng {
namespace reserve {

std::atomic<void*> block{nullptr};

namespace {

std::atomic<std::new_handler> others{nullptr};

// Called by operator new when it finds no memory; it tries again when this returns.
void give_away() {
  void* reserved = block.exchange(nullptr);
  if (reserved != nullptr) {
    std::free(reserved);
    return;
  }
  const std::new_handler other = others.load();
  if (other == nullptr) std::abort();
  other();
}

}  // namespace

bool refill() {
  void* fresh = std::malloc(kReserveBytes);
  if (fresh == nullptr) return false;
  void* none = nullptr;
  if (!block.compare_exchange_strong(none, fresh)) std::free(fresh);  // another thread was first
  const std::new_handler other = std::set_new_handler(give_away);
  if (other != give_away) others.store(other);
  return true;
}

}  // namespace reserve

bool has_reserve_for(size_t bytes) {
  if (!has_reserve()) return false;
  void* trial = std::malloc(bytes);
  std::free(trial);
  return trial != nullptr;
}

}  // namespace ng
