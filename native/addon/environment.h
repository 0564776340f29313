// What one instance of the addon keeps.

#ifndef NODEGRAD_ADDON_ENVIRONMENT_H_
#define NODEGRAD_ADDON_ENVIRONMENT_H_

#include <node_api.h>

#include <memory>
#include <string>

#include "../program/handles.h"
#include "../program/machine.h"
#include "../program/packed.h"
#include "../program/state.h"
#include "../threads/executor.h"

namespace ng {

// V8 is told about native memory in steps of at least this many bytes: each report may start a collection.
constexpr int64_t kReportBytes = 1 << 20;

// Throws an Error with a `code` in JavaScript.
inline napi_value fail(napi_env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
  return nullptr;
}

// The same where there is no memory, not even for making up a message.
inline napi_value fail_for_memory(napi_env env, const char* message) {
  napi_throw_error(env, "BACKEND", message);
  return nullptr;
}

// What one instance of the addon keeps: Node makes one for the main thread and one for each worker.
struct Environment {
  explicit Environment(const Kernels& kernels) : kernels(kernels) {}

  const Kernels& kernels;
  int threads = 1;
  HandleTable<PreparedProgram> programs;
  HandleTable<State> states;
  Arena arena;  // of the run at work; runs of one environment never overlap
  std::shared_ptr<PackedPool> packed = std::make_shared<PackedPool>();
  int64_t runs = 0;
  int64_t state_bytes = 0;
  int64_t reported_bytes = 0;

  // Asynchronous runs: the executor does them, `completed` brings their ends back to this thread.
  Executor executor;
  napi_threadsafe_function completed = nullptr;
  int64_t pending = 0;

  // Tells V8 about native memory when it has changed a lot.
  void account(napi_env env) {
    const int64_t unreported = state_bytes + packed->bytes() - reported_bytes;
    if (unreported < kReportBytes && unreported > -kReportBytes) return;
    int64_t total;
    napi_adjust_external_memory(env, unreported, &total);
    reported_bytes += unreported;
  }

  // A run, a read or a write on this thread comes after all that was asked for before.
  void wait(int64_t left = 0) {
    if (pending > left) executor.wait(left);
  }
};

}  // namespace ng

#endif  // NODEGRAD_ADDON_ENVIRONMENT_H_
