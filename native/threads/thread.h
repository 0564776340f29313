// A thread of the operating system. std::thread reports failure by an exception, which this addon is built
// without: a machine that is out of threads must cost speed, not the process.

#ifndef NODEGRAD_THREADS_THREAD_H_
#define NODEGRAD_THREADS_THREAD_H_

#if defined(_WIN32)
// Without macros named min and max.
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <pthread.h>
#endif

namespace ng {

class Thread {
 public:
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Runs `main(argument)` on a new thread; false when the system has none. Must be joined or detached.
  bool start(void (*main)(void*), void* argument);
  void join();
  void detach();

  // Keeps the library this code lies in loaded for the rest of the process: Node unloads the addon with the
  // last worker that used it. Detached threads would wake up in code that is gone, and what the library and
  // that of C++ allocate once would be lost with every worker.
  static void pin_library();

 private:
#if defined(_WIN32)
  HANDLE thread_ = nullptr;
#else
  pthread_t thread_;
#endif
};

}  // namespace ng

#endif  // NODEGRAD_THREADS_THREAD_H_
