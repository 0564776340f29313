// One thread that takes jobs in order: the asynchronous runs of one environment.
//
// Every environment of the addon (the main thread, each worker) has its own. A job then waits only for runs
// of its own environment, and an environment that ends joins its own thread and leaves nothing behind. Runs
// of two environments at a time cost nothing: one of them has the team, the other stays on its thread.

#ifndef NODEGRAD_THREADS_EXECUTOR_H_
#define NODEGRAD_THREADS_EXECUTOR_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "thread.h"

namespace ng {

class Executor {
 public:
  // A piece of work. The executor owns it from submit() until done(), which passes it on.
  class Job {
   public:
    virtual ~Job() = default;
    virtual void run() = 0;   // on the executor's thread
    virtual void done() = 0;  // on the executor's thread, the last that happens to the job there

   private:
    friend class Executor;
    Job* next_ = nullptr;
  };

  Executor() = default;
  ~Executor() { stop(); }
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Appends a job; false, and the job stays the caller's, when there is no thread to take it.
  bool submit(Job* job);

  // Returns when all submitted jobs have run but the last `left`, at once when the executor has been stopped.
  void wait(int64_t left = 0);

  // Waits for the job at work, deletes the others and ends the thread. Idempotent.
  void stop();

 private:
  static void thread_main(void* executor);
  void work();

  std::mutex mutex_;
  std::condition_variable submitted_;
  std::condition_variable finished_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  int64_t unfinished_ = 0;  // jobs queued or at work
  bool started_ = false;
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace ng

#endif  // NODEGRAD_THREADS_EXECUTOR_H_
