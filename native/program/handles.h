// Integer handles for JavaScript.

#ifndef NODEGRAD_PROGRAM_HANDLES_H_
#define NODEGRAD_PROGRAM_HANDLES_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace ng {

// Objects by handle. A handle is a slot number and the slot's generation, and no two objects ever have the
// same one: a stale handle finds nothing. Slots whose generations are used up are given up.
template <typename T>
class HandleTable {
 public:
  // The handle of a new entry, or -1 when the table is full.
  int32_t add(std::shared_ptr<T> object) {
    int32_t slot;
    if (!free_.empty()) {
      slot = free_.back();
      free_.pop_back();
    } else {
      if (entries_.size() > kSlotMask) return -1;
      slot = static_cast<int32_t>(entries_.size());
      entries_.emplace_back();
    }
    entries_[slot].object = std::move(object);
    count_++;
    return slot | entries_[slot].generation << kSlotBits;
  }

  // The object of a handle, or nullptr.
  const std::shared_ptr<T>* find(int32_t handle) const {
    const int32_t slot = handle & kSlotMask;
    if (handle < 0 || slot >= static_cast<int32_t>(entries_.size())) return nullptr;
    const Entry& entry = entries_[slot];
    return entry.object != nullptr && entry.generation == handle >> kSlotBits ? &entry.object : nullptr;
  }

  // Takes an object out; does nothing for a stale handle.
  std::shared_ptr<T> remove(int32_t handle) {
    if (find(handle) == nullptr) return nullptr;
    const int32_t slot = handle & kSlotMask;
    Entry& entry = entries_[slot];
    if (entry.generation < kLastGeneration) {
      entry.generation++;
      free_.push_back(slot);
    }
    count_--;
    return std::move(entry.object);
  }

  int64_t count() const { return count_; }

 private:
  static constexpr int kSlotBits = 20;
  static constexpr int32_t kSlotMask = (1 << kSlotBits) - 1;
  static constexpr int32_t kLastGeneration = (1 << (31 - kSlotBits)) - 1;

  struct Entry {
    std::shared_ptr<T> object;
    int32_t generation = 0;
  };

  std::vector<Entry> entries_;
  std::vector<int32_t> free_;
  int64_t count_ = 0;
};

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_HANDLES_H_
