// When to leave other processors alone: a helper that the system puts aside, because something else wants its
// processor, keeps the chunk it holds for a time slice, some milliseconds, and everybody waits for it.

#ifndef NODEGRAD_THREADS_BACKOFF_H_
#define NODEGRAD_THREADS_BACKOFF_H_

#include <algorithm>
#include <chrono>

namespace ng {

// After such a wait runs stay on their caller: about as long as the wait was, and twice as long each time it
// happens again soon after. So a processor that is busy all the time costs a wait now and then, not one in
// every run, and a single disturbance costs little more than itself.
class Backoff {
 public:
  using Clock = std::chrono::steady_clock;

  // Whether to stay on the caller.
  bool lasts() {
    if (duration_ == Clock::duration::zero()) return false;
    const Clock::time_point now = Clock::now();
    if (now < end_) return true;
    if (now > end_ + kMemory * duration_) duration_ = Clock::duration::zero();
    return false;
  }

  // Tells of a wait for a chunk that should have taken `expected` nanoseconds.
  void waited(Clock::duration wait, double expected) {
    if (wait < kLeast || wait < kLeast + std::chrono::duration<double, std::nano>(kDoubt * expected)) return;
    duration_ = std::clamp(2 * duration_, wait, kMost);
    end_ = Clock::now() + duration_;
  }

 private:
  // Estimates of a chunk's time may be off by this factor, and no time slice is shorter than this.
  static constexpr double kDoubt = 8;
  static constexpr Clock::duration kLeast = std::chrono::milliseconds(1);
  static constexpr Clock::duration kMost = std::chrono::milliseconds(256);
  // How long after its end a backoff counts as recent, in its durations.
  static constexpr int kMemory = 4;

  Clock::duration duration_{};  // of the last one; 0 when it is forgotten
  Clock::time_point end_{};
};

}  // namespace ng

#endif  // NODEGRAD_THREADS_BACKOFF_H_
