// Weights in the order their kernels read them, kept from run to run.
//
// Matrix products and convolutions read weights from packed panels, or transformed. Where no instruction of a
// Program writes the weights, such a copy is kept with the variable, or with the Program's constants, and
// made again only after the variable was written: every write raises its version, and a copy knows the
// version it was made from. Two Programs that pack the same variable the same way share the copy.
//
// Copies are a convenience: the pool of an environment bounds what they take together, and drops those that
// have not been used for longest when they exceed it or when memory runs out.

#ifndef NODEGRAD_PROGRAM_PACKED_H_
#define NODEGRAD_PROGRAM_PACKED_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "memory.h"

namespace ng {

// What all copies of an environment may take, in bytes, unless it is told otherwise. A Program keeps at most
// half of it: what does not fit is packed in every run.
constexpr int64_t kPackedBytes = 1 << 30;

// The number of a recipe: equal words have equal numbers. Words say everything that the content of a copy
// depends on besides the memory it is made from.
int32_t recipe_number(const std::vector<int64_t>& words);

class PackedPool;

// One copy. Runs of an environment never overlap, so only the pool's list needs a lock.
struct PackedCopy {
  PackedCopy(int32_t recipe, std::shared_ptr<PackedPool> pool);
  ~PackedCopy();
  PackedCopy(const PackedCopy&) = delete;
  PackedCopy& operator=(const PackedCopy&) = delete;

  const int32_t recipe;
  uint64_t version = 0;  // of the memory it was made from; 0 as long as it holds nothing
  int64_t last_run = 0;  // number of the run that used it last
  Memory memory;
  const std::shared_ptr<PackedPool> pool;
};

// What copies are made from: the memory of a variable, or the constants of a Program.
struct PackedSource {
  uint64_t version = 1;  // rises with every write
  std::vector<std::unique_ptr<PackedCopy>> copies;

  // The copy of a recipe, a new and empty one if need be.
  PackedCopy* copy(int32_t recipe, const std::shared_ptr<PackedPool>& pool);
};

// All copies of one environment. Variables may be freed on one thread while another runs, so it locks.
class PackedPool {
 public:
  // Gives `copy` memory for the run of number `run`, whose copies stay. False when there is not enough.
  bool allocate(PackedCopy* copy, int64_t bytes, int64_t run);

  // Drops every copy that the run of number `run` does not use: memory has run out. False if there was none.
  bool drop_all(int64_t run);

  int64_t bytes() const { return bytes_; }

  // Sets what all copies may take from the next allocation on. Those of one run stay, whatever they take.
  void set_limit(int64_t bytes) { limit_ = bytes; }

  int64_t runs = 0;  // counts the runs that use copies

 private:
  friend struct PackedCopy;
  void add(PackedCopy* copy);
  void remove(PackedCopy* copy);
  void drop(PackedCopy* copy);
  PackedCopy* oldest(int64_t run) const;

  std::mutex mutex_;
  std::vector<PackedCopy*> copies_;
  std::atomic<int64_t> bytes_{0};
  std::atomic<int64_t> limit_{kPackedBytes};
};

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_PACKED_H_
