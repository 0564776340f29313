#include "packed.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ng {

int32_t recipe_number(const std::vector<int64_t>& words) {
  static std::mutex mutex;
  static auto* numbers = new std::map<std::vector<int64_t>, int32_t>;
  std::lock_guard<std::mutex> lock(mutex);
  return numbers->emplace(words, static_cast<int32_t>(numbers->size())).first->second;
}

PackedCopy::PackedCopy(int32_t recipe, std::shared_ptr<PackedPool> pool)
    : recipe(recipe), pool(std::move(pool)) {
  this->pool->add(this);
}

PackedCopy::~PackedCopy() { pool->remove(this); }

PackedCopy* PackedSource::copy(int32_t recipe, const std::shared_ptr<PackedPool>& pool) {
  for (const auto& copy : copies) {
    if (copy->recipe == recipe) return copy.get();
  }
  copies.push_back(std::make_unique<PackedCopy>(recipe, pool));
  return copies.back().get();
}

bool PackedPool::allocate(PackedCopy* copy, int64_t bytes, int64_t run) {
  std::lock_guard<std::mutex> lock(mutex_);
  drop(copy);
  for (;;) {
    PackedCopy* other = oldest(run);
    const bool fits = bytes_ + bytes <= limit_ || other == nullptr;
    if (fits && copy->memory.allocate(bytes)) break;
    if (other == nullptr) return false;
    drop(other);
  }
  bytes_ += copy->memory.bytes();
  return true;
}

bool PackedPool::drop_all(int64_t run) {
  std::lock_guard<std::mutex> lock(mutex_);
  PackedCopy* copy = oldest(run);
  if (copy == nullptr) return false;
  for (; copy != nullptr; copy = oldest(run)) drop(copy);
  return true;
}

void PackedPool::add(PackedCopy* copy) {
  std::lock_guard<std::mutex> lock(mutex_);
  copies_.push_back(copy);
}

void PackedPool::remove(PackedCopy* copy) {
  std::lock_guard<std::mutex> lock(mutex_);
  drop(copy);
  copies_.erase(std::find(copies_.begin(), copies_.end(), copy));
}

void PackedPool::drop(PackedCopy* copy) {
  bytes_ -= copy->memory.bytes();
  copy->memory.release();
  copy->version = 0;
}

PackedCopy* PackedPool::oldest(int64_t run) const {
  PackedCopy* oldest = nullptr;
  for (PackedCopy* copy : copies_) {
    if (copy->memory.data() == nullptr || copy->last_run == run) continue;
    if (oldest == nullptr || copy->last_run < oldest->last_run) oldest = copy;
  }
  return oldest;
}

}  // namespace ng
