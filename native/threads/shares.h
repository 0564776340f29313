// Which thread does which chunks of a step.

#ifndef NODEGRAD_THREADS_SHARES_H_
#define NODEGRAD_THREADS_SHARES_H_

#include <atomic>
#include <cstdint>

namespace ng {

constexpr int kMaxThreads = 256;

// Every thread has a share of a step: neighbouring chunks, and about the same part of every step, so that
// what it needs is likely to be in its core's caches. A thread that is through with its share takes chunks
// from the others', so nobody waits for one that has not come or has been put aside.
//
// A share is one word, [number of the step : 32 | chunks left : 32], and a chunk is claimed by a
// compare-and-swap on it: a thread that has slept through a step cannot claim with what it knew, because
// nothing is left or the number has changed.
class Shares {
 public:
  // Deals out the chunks of a step, all of those before being done. At least two chunks and threads.
  void deal(uint32_t number, int64_t chunks, int threads) {
    const int count = count_of(chunks, threads);
    for (int share = 0; share < count; share++) {
      const int64_t left = chunks * (share + 1) / count - chunks * share / count;
      shares_[share].word.store(static_cast<uint64_t>(number) << 32 | static_cast<uint64_t>(left),
                                std::memory_order_release);
    }
  }

  // Claims a chunk for a thread; -1 when none is left, or another step has been dealt out.
  int64_t claim(uint32_t number, int64_t chunks, int threads, int thread) {
    const int count = count_of(chunks, threads);
    for (int i = 0; i < count; i++) {
      const int share = (thread + i) % count;
      if (const uint32_t left = take(shares_[share].word, number)) return chunks * (share + 1) / count - left;
    }
    return -1;
  }

 private:
  struct alignas(64) Share {
    std::atomic<uint64_t> word{0};
  };

  static int count_of(int64_t chunks, int threads) {
    return chunks < threads ? static_cast<int>(chunks) : threads;
  }

  // Takes one of the chunks that are left in a share; returns how many those were.
  static uint32_t take(std::atomic<uint64_t>& word, uint32_t number) {
    uint64_t seen = word.load(std::memory_order_acquire);
    do {
      if (seen >> 32 != number || static_cast<uint32_t>(seen) == 0) return 0;
    } while (!word.compare_exchange_weak(seen, seen - 1));
    return static_cast<uint32_t>(seen);
  }

  Share shares_[kMaxThreads];
};

}  // namespace ng

#endif  // NODEGRAD_THREADS_SHARES_H_
