#include "team.h"

#include <atomic>
#include <mutex>

#include "backoff.h"
#include "shares.h"
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

// The current step and who takes part, as published to the team.
struct Task {
  const Walk* walk;
  size_t step;
  int64_t chunks;
  int threads;
};

// Tasks are numbered. A thread that has slept through a task, or through the end of a run, may read fields
// that are being rewritten, but cannot claim a chunk with the number it knew: it touches the caller's memory
// (walk, plans, buffers) only while it holds a chunk, and while a chunk is held the task does not change and
// the run does not end. All that threads without a chunk touch belongs to the team and is never freed.
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
      const uint64_t state = state_.load(std::memory_order_acquire);
      if ((state & kEnded) != 0) return true;
      work(state, 0);
      const Step& step = walk.steps[step_.load(std::memory_order_acquire)];
      backoff_.waited(caller_.wait(state_, state), step.nanoseconds / static_cast<double>(step.chunks));
    }
  }

 private:
  // What threads without work wait for: [number of the task : 32 | kEnded after the end of the run].
  static constexpr uint64_t kEnded = 1;

  struct Helper {
    Team* team;
    int number;  // 1, 2, …; the caller is thread 0
  };

  // How many threads there are, up to `wanted`; called under the admission lock.
  int start_helpers(int wanted) {
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
      const uint64_t state = team->state_.load(std::memory_order_acquire);
      team->work(state, helper->number);
      team->helpers_asleep_.wait(team->state_, state);
    }
  }

  // Does all chunks of the current task that it can get, and goes on to the next step if one of them was the
  // last to be done.
  void work(uint64_t state, int thread) {
    if ((state & kEnded) != 0) return;
    const Task task = {walk_.load(std::memory_order_acquire), step_.load(std::memory_order_acquire),
                       chunks_.load(std::memory_order_acquire),
                       task_threads_.load(std::memory_order_acquire)};
    if (thread >= task.threads) return;
    int64_t done = 0;
    for (;; done++) {
      const int64_t chunk = shares_.claim(number_of(state), task.chunks, task.threads, thread);
      if (chunk < 0) break;
      const Step& step = task.walk->steps[task.step];
      Worker worker = {task.walk->scratch + thread * task.walk->scratch_stride};
      step.fn(step.plan, *task.walk->run, chunk, worker);
    }
    if (done > 0 && done_.fetch_add(done, std::memory_order_acq_rel) + done == task.chunks)
      advance(*task.walk, task.step + 1, thread);
  }

  // Runs the steps from `step` on that are not worth sharing, and publishes the first that is, or the end.
  // Only one thread is ever here: all chunks before `step` are done and none after it has been published.
  void advance(const Walk& walk, size_t step, int thread) {
    Worker worker = {walk.scratch + thread * walk.scratch_stride};
    for (; step < walk.count && !walk.run->fault->raised.load(std::memory_order_relaxed); step++) {
      if (is_shared(walk.steps[step])) return publish(walk, step);
      run_alone(walk.steps[step], *walk.run, worker);
    }
    state_.store(next_state() | kEnded);
    caller_.wake();
  }

  void publish(const Walk& walk, size_t step) {
    const uint64_t state = next_state();
    walk_.store(&walk, std::memory_order_release);
    step_.store(step, std::memory_order_release);
    chunks_.store(walk.steps[step].chunks, std::memory_order_release);
    task_threads_.store(threads_, std::memory_order_release);
    done_.store(0, std::memory_order_relaxed);
    shares_.deal(number_of(state), walk.steps[step].chunks, threads_);
    const bool wake = unshared_nanoseconds_ >= kWakeNanoseconds;
    unshared_nanoseconds_ -= walk.steps[step].nanoseconds;
    state_.store(state);
    if (!wake) return;
    helpers_asleep_.wake();
    caller_.wake();
  }

  static uint32_t number_of(uint64_t state) { return static_cast<uint32_t>(state >> 32); }
  uint64_t next_state() const { return ((state_.load(std::memory_order_relaxed) >> 32) + 1) << 32; }

  alignas(64) std::atomic<uint64_t> state_{kEnded};
  std::atomic<const Walk*> walk_{nullptr};
  std::atomic<size_t> step_{0};
  std::atomic<int64_t> chunks_{0};
  std::atomic<int> task_threads_{0};
  alignas(64) std::atomic<int64_t> done_{0};  // chunks of the current step
  Shares shares_;
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
