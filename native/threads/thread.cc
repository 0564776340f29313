#include "thread.h"

#include <new>

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

namespace ng {
namespace {

struct Start {
  void (*main)(void*);
  void* argument;
};

void run_and_free(void* pointer) {
  const Start start = *static_cast<Start*>(pointer);
  delete static_cast<Start*>(pointer);
  start.main(start.argument);
}

#if defined(_WIN32)
DWORD WINAPI thread_main(void* start) {
  run_and_free(start);
  return 0;
}
#else
void* thread_main(void* start) {
  run_and_free(start);
  return nullptr;
}
#endif

}  // namespace

#if defined(_WIN32)

bool Thread::start(void (*main)(void*), void* argument) {
  Start* start = new (std::nothrow) Start{main, argument};
  if (start == nullptr) return false;
  thread_ = CreateThread(nullptr, 0, thread_main, start, 0, nullptr);
  if (thread_ == nullptr) delete start;
  return thread_ != nullptr;
}

void Thread::join() {
  WaitForSingleObject(thread_, INFINITE);
  CloseHandle(thread_);
}

void Thread::detach() { CloseHandle(thread_); }

void Thread::pin_library() {
  HMODULE module;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(&run_and_free), &module);
}

#else

bool Thread::start(void (*main)(void*), void* argument) {
  Start* start = new (std::nothrow) Start{main, argument};
  if (start == nullptr) return false;
  // musl's default stack is 128 KiB; kernels keep tiles on theirs.
  constexpr size_t kStackBytes = 1 << 20;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const bool started = pthread_create(&thread_, &attributes, thread_main, start) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) delete start;
  return started;
}

void Thread::join() { pthread_join(thread_, nullptr); }

void Thread::detach() { pthread_detach(thread_); }

void Thread::pin_library() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&run_and_free), &info) == 0) return;
  dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

#endif

}  // namespace ng
