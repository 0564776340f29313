#include "team.h"

#include <atomic>
#include <mutex>

#include "backoff.h"
#include "sleeper.h"
#include "thread.h"

namespace ng {
namespace {

// A step is shared when its time is well above what a hand-over between two caches costs (~0.3 µs).
constexpr double kShareNanoseconds = 3000;
// Waking a sleeping thread costs the waker ~5 µs and takes ~30 µs: not for less work than this.
constexpr double kWakeNanoseconds = 20000;

bool is_shared(const Step& step) {
  return step.chunks > 1 && step.chunks <= INT32_MAX && step.nanoseconds >= kShareNanoseconds;
}

void run_alone(const Step& step, const Run& run, Worker& worker) {
  for (int64_t chunk = 0; chunk < step.chunks; chunk++) step.fn(step.plan, run, chunk, worker);
}

// The current step and who may take part, as published to the team. The fields may be rewritten while a
// late thread reads them; it learns so when it tries to claim.
struct Task {
  const Walk* walk;
  size_t step;
  int64_t chunks;
  int threads;
};

// One claim word drives everything: [sequence number : 32 | next chunk : 32]. The sequence number goes up
// whenever the task changes, and a chunk is claimed by a compare-and-swap on the whole word, so a thread that
// has slept through a step, or through the end of a run, cannot claim with what it knew: it touches the
// caller's memory (walk, plans, buffers) only while it holds a chunk, and while a chunk is held the run has
// not ended. All that threads without a chunk touch belongs to the team and is never freed.
class Team {
 public:
  static Team& get() {
    // Never destroyed: helpers may still be looking at it while the process exits.
    static Team* team = new Team;
    return *team;
  }

  // False when another run has the team, or a processor seems to be busy with something else.
  bool run(const Walk& walk, int threads) {
    std::unique_lock<std::mutex> admission(admission_, std::try_to_lock);
    if (!admission.owns_lock() || backoff_.lasts()) return false;
    threads = start_helpers(threads);
    if (threads < 2) return false;
    threads_ = threads;
    unshared_nanoseconds_ = walk.shared_nanoseconds;
    advance(walk, 0, 0);
    for (;;) {
      const uint64_t word = claim_.load(std::memory_order_acquire);
      if ((word & kNextChunk) == kEnded) return true;
      if (work(word, 0)) continue;
      const Step& step = walk.steps[step_.load(std::memory_order_acquire)];
      backoff_.waited(caller_.wait(claim_, word), step.nanoseconds / static_cast<double>(step.chunks));
    }
  }

 private:
  static constexpr uint64_t kNextChunk = 0xffffffff;  // mask of the low half
  // In place of a chunk: nothing can be claimed, because the task is being rewritten or the run has ended.
  static constexpr uint64_t kClosed = 0xffffffff;
  static constexpr uint64_t kEnded = 0xfffffffe;

  struct Helper {
    Team* team;
    int number;  // 1, 2, …; the caller is thread 0
  };

  // How many threads there are, up to `wanted`; called under the admission lock.
  int start_helpers(int wanted) {
    if (helpers_ == 0 && wanted > 1) Thread::pin_library();
    while (helpers_ + 1 < wanted) {
      Helper* helper = new Helper{this, helpers_ + 1};
      Thread thread;
      if (!thread.start(helper_main, helper)) {
        delete helper;
        break;
      }
      thread.detach();
      helpers_++;
    }
    return wanted < helpers_ + 1 ? wanted : helpers_ + 1;
  }

  static void helper_main(void* pointer) {
    const Helper* helper = static_cast<Helper*>(pointer);
    Team* team = helper->team;
    for (;;) {
      const uint64_t word = team->claim_.load(std::memory_order_acquire);
      if (!team->work(word, helper->number)) team->helpers_asleep_.wait(team->claim_, word);
    }
  }

  // Claims one chunk of the task that `word` belongs to and does it, and goes on to the next step if that was
  // the last chunk to be done. False when there was nothing to claim.
  bool work(uint64_t word, int thread) {
    const uint64_t next = word & kNextChunk;
    if (next >= kEnded) return false;
    const Task task = {walk_.load(std::memory_order_acquire), step_.load(std::memory_order_acquire),
                       chunks_.load(std::memory_order_acquire),
                       task_threads_.load(std::memory_order_acquire)};
    if (static_cast<int64_t>(next) >= task.chunks || thread >= task.threads) return false;
    if (!claim_.compare_exchange_strong(word, word + 1)) return true;
    const Step& step = task.walk->steps[task.step];
    Worker worker = {task.walk->scratch + thread * task.walk->scratch_stride};
    step.fn(step.plan, *task.walk->run, static_cast<int64_t>(next), worker);
    if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == task.chunks)
      advance(*task.walk, task.step + 1, thread);
    return true;
  }

  // Runs the steps from `step` on that are not worth sharing, and publishes the first that is, or the end.
  // Only one thread is ever here: all chunks before `step` are done and none after it has been published.
  void advance(const Walk& walk, size_t step, int thread) {
    Worker worker = {walk.scratch + thread * walk.scratch_stride};
    for (; step < walk.count && !walk.run->fault->raised.load(std::memory_order_relaxed); step++) {
      if (is_shared(walk.steps[step])) return publish(walk, step);
      run_alone(walk.steps[step], *walk.run, worker);
    }
    claim_.store(next_sequence() | kEnded);
    caller_.wake();
  }

  void publish(const Walk& walk, size_t step) {
    // Closed while the task is rewritten: whoever reads a new field finds the word changed when it claims.
    const uint64_t sequence = next_sequence();
    claim_.store(sequence | kClosed);
    walk_.store(&walk, std::memory_order_release);
    step_.store(step, std::memory_order_release);
    chunks_.store(walk.steps[step].chunks, std::memory_order_release);
    task_threads_.store(threads_, std::memory_order_release);
    done_.store(0, std::memory_order_relaxed);
    const bool wake = unshared_nanoseconds_ >= kWakeNanoseconds;
    unshared_nanoseconds_ -= walk.steps[step].nanoseconds;
    claim_.store(sequence);
    if (!wake) return;
    helpers_asleep_.wake();
    caller_.wake();
  }

  uint64_t next_sequence() const { return ((claim_.load(std::memory_order_relaxed) >> 32) + 1) << 32; }

  alignas(64) std::atomic<uint64_t> claim_{kEnded};
  alignas(64) std::atomic<int64_t> done_{0};  // chunks of the current step
  alignas(64) std::atomic<const Walk*> walk_{nullptr};
  std::atomic<size_t> step_{0};
  std::atomic<int64_t> chunks_{0};
  std::atomic<int> task_threads_{0};
  // Read and written by whoever is in run() before the first step, or in advance().
  int threads_ = 1;
  double unshared_nanoseconds_ = 0;  // time of the shared steps not yet published

  Sleeper helpers_asleep_;
  Sleeper caller_;
  std::mutex admission_;
  Backoff backoff_;  // for whoever has the admission lock
  int helpers_ = 0;
};

}  // namespace

double shared_nanoseconds(const Step* steps, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += is_shared(steps[i]) ? steps[i].nanoseconds : 0;
  return sum;
}

void run_steps(const Walk& walk, int threads) {
  const bool pays = threads > 1 && walk.shared_nanoseconds >= kWakeNanoseconds;
  if (pays && Team::get().run(walk, threads)) return;
  Worker worker = {walk.scratch};
  for (size_t i = 0; i < walk.count && !walk.run->fault->raised.load(std::memory_order_relaxed); i++) {
    run_alone(walk.steps[i], *walk.run, worker);
  }
}

}  // namespace ng
