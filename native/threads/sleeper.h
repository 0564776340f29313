// Waiting for a 64-bit word to change: spin for a moment, then sleep.

#ifndef NODEGRAD_THREADS_SLEEPER_H_
#define NODEGRAD_THREADS_SLEEPER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#elif defined(_M_ARM64)
#include <intrin.h>
#endif

namespace ng {

// Leaves the core to its other hyperthread for a moment.
inline void pause_core() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(_M_ARM64)
  __yield();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Threads that wait for one word. A waker that finds nobody asleep pays for one load.
class Sleeper {
 public:
  // Returns when `word` is no longer `seen`, and how long it slept.
  std::chrono::nanoseconds wait(const std::atomic<uint64_t>& word, uint64_t seen) {
    if (spin(word, seen)) return {};
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock<std::mutex> lock(mutex_);
    // Announced before the word is read again: either this read sees the change, or the waker, which wrote
    // the word before it reads the count, sees the sleeper. Both sides are sequentially consistent.
    asleep_.fetch_add(1);
    while (word.load() == seen) changed_.wait(lock);
    asleep_.fetch_sub(1);
    return std::chrono::steady_clock::now() - start;
  }

  // To be called after the word has been changed by a sequentially consistent store.
  void wake() {
    if (asleep_.load() == 0) return;
    { std::lock_guard<std::mutex> lock(mutex_); }
    changed_.notify_all();
  }

 private:
  // Longer than the hand-over between two running threads, shorter than what a sleep and a wake-up cost.
  static constexpr std::chrono::microseconds kSpin{50};

  static bool spin(const std::atomic<uint64_t>& word, uint64_t seen) {
    const auto start = std::chrono::steady_clock::now();
    do {
      for (int i = 0; i < 32; i++) {
        if (word.load(std::memory_order_acquire) != seen) return true;
        pause_core();
      }
    } while (std::chrono::steady_clock::now() - start < kSpin);
    return false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<int> asleep_{0};
};

}  // namespace ng

#endif  // NODEGRAD_THREADS_SLEEPER_H_
