#include "executor.h"

namespace ng {

bool Executor::submit(Job* job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (stopping_) return false;
  if (!started_) {
    started_ = thread_.start(thread_main, this);
    if (!started_) return false;
  }
  (first_ == nullptr ? first_ : last_->next_) = job;
  last_ = job;
  unfinished_++;
  submitted_.notify_one();
  return true;
}

void Executor::wait(int64_t left) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (unfinished_ > left && !stopping_) finished_.wait(lock);
}

void Executor::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    submitted_.notify_one();
    if (!started_) return;
    started_ = false;
  }
  thread_.join();
  while (first_ != nullptr) {
    Job* job = first_;
    first_ = job->next_;
    delete job;
  }
}

void Executor::thread_main(void* executor) { static_cast<Executor*>(executor)->work(); }

void Executor::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    while (first_ == nullptr && !stopping_) submitted_.wait(lock);
    if (stopping_) return;
    Job* job = first_;
    first_ = job->next_;
    lock.unlock();
    job->run();
    job->done();
    lock.lock();
    unfinished_--;
    finished_.notify_all();
  }
}

}  // namespace ng
