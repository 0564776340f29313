// The addon's exports. This file and the folder of its name are all that knows Node.
//
// JavaScript holds Programs and states by integer handles and passes memory as typed arrays. Whatever it
// passes, the process survives: handles are looked up, and arrays are checked for type and length against the
// Program. Errors thrown here carry the `code` of the error class that lib/backends/native/native.ts makes of
// them.

#include <napi.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "addon/arrays.h"
#include "addon/environment.h"
#include "addon/run.h"
#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "program/reserve.h"
#include "program/self_test.h"
#include "program/text.h"
#include "threads/team.h"
#include "threads/thread.h"

namespace {

using namespace ng;

Environment& environment_of(const Napi::CallbackInfo& info) {
  return *static_cast<Environment*>(info.Data());
}

int32_t int_argument(const Napi::CallbackInfo& info, size_t index) {
  int32_t value = -1;
  napi_get_value_int32(info.Env(), info[index], &value);
  return value;
}

const char* code_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::kMalformed: return "FORMAT";
    case Refusal::kDType: return "DTYPE";
    default: return "BACKEND";
  }
}

std::string set_constants(napi_env env, napi_value array, PreparedProgram* program) {
  const int32_t count = program->slots(BufferKind::kConstant);
  std::vector<napi_value> values;
  std::string error = get_elements(env, array, count, &values);
  for (int32_t slot = 0; error.empty() && slot < count; slot++) {
    const Buffer& buffer = program->buffer(BufferKind::kConstant, slot);
    char* data = nullptr;
    error = check_array(env, values[slot], buffer.dtype, buffer.length, &data);
    if (error.empty()) program->set_constant(slot, data);
  }
  return error;
}

// What preparing a Program allocates in small blocks for each of its words: measured are 100 to 190 bytes,
// those included that are free again in the end.
constexpr size_t kPreparedBytes = 256;

// prepare(words: Int32Array, constants: TypedArray[]): handle
Napi::Value prepare(const Napi::CallbackInfo& info) {
  Environment& environment = environment_of(info);
  Span words;
  if (!get_span(info.Env(), info[0], &words) || words.type != napi_int32_array) {
    return Napi::Value(info.Env(), fail(info.Env(), "FORMAT", "program: not an Int32Array"));
  }
  if (!has_reserve_for(words.length * kPreparedBytes)) {
    return Napi::Value(info.Env(), fail_for_memory(info.Env(), "program: not enough memory"));
  }
  auto program = std::make_shared<PreparedProgram>();
  std::string error;
  const Refusal refusal = program->prepare(reinterpret_cast<const int32_t*>(words.data), words.length,
                                           environment.kernels, &error);
  if (refusal != Refusal::kNone) {
    return Napi::Value(info.Env(), fail(info.Env(), code_of(refusal), "program: " + error));
  }
  error = set_constants(info.Env(), info[1], program.get());
  if (!error.empty()) {
    return Napi::Value(info.Env(), fail(info.Env(), "BACKEND", "program: constants: " + error));
  }
  const int32_t handle = environment.programs.add(std::move(program));
  if (handle < 0) return Napi::Value(info.Env(), fail(info.Env(), "BACKEND", "program: too many programs"));
  return Napi::Number::New(info.Env(), handle);
}

// disposeProgram(handle): runs in flight keep theirs until they are done.
void dispose_program(const Napi::CallbackInfo& info) {
  environment_of(info).programs.remove(int_argument(info, 0));
}

// explain(handle): string[], how each instruction runs
Napi::Value explain(const Napi::CallbackInfo& info) {
  const std::shared_ptr<PreparedProgram>* program = environment_of(info).programs.find(int_argument(info, 0));
  if (program == nullptr) {
    return Napi::Value(info.Env(), fail(info.Env(), "BACKEND", "explain: the program has been disposed"));
  }
  Napi::Array notes = Napi::Array::New(info.Env());
  for (const std::string& note : (*program)->notes()) notes.Set(notes.Length(), note);
  return notes;
}

// programMemory(handle): bytes a run takes, on the threads set now
Napi::Value program_memory(const Napi::CallbackInfo& info) {
  const Environment& environment = environment_of(info);
  const std::shared_ptr<PreparedProgram>* program = environment.programs.find(int_argument(info, 0));
  if (program == nullptr) {
    return Napi::Value(info.Env(), fail(info.Env(), "BACKEND", "memory: the program has been disposed"));
  }
  const int64_t working = (*program)->workspace_bytes() + environment.threads * (*program)->scratch_bytes();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("temporaries", static_cast<double>((*program)->arena_bytes()));
  result.Set("workspace", static_cast<double>(working));
  result.Set("constants", static_cast<double>((*program)->constant_bytes()));
  return result;
}

// Memory, if need be that of packed copies.
bool allocate(Environment* environment, Memory* memory, int64_t bytes) {
  if (memory->allocate(bytes)) return true;
  environment->wait();  // runs use the copies
  return environment->packed->drop_all(0) && memory->allocate(bytes);
}

// createState(dtype code, length): handle of zeroed memory
Napi::Value create_state(const Napi::CallbackInfo& info) {
  Environment& environment = environment_of(info);
  const int32_t dtype = int_argument(info, 0);
  const int32_t length = int_argument(info, 1);
  if (dtype < 0 || dtype > static_cast<int32_t>(DType::kBool) || length < 0) {
    return Napi::Value(info.Env(),
                       fail(info.Env(), "BACKEND", format("state: dtype %d, length %d", dtype, length)));
  }
  if (!has_reserve()) return Napi::Value(info.Env(), fail_for_memory(info.Env(), "state: not enough memory"));
  auto state = std::make_shared<State>();
  state->dtype = static_cast<DType>(dtype);
  state->length = length;
  const int64_t bytes = state->bytes();
  if (!allocate(&environment, &state->memory, bytes)) {
    return Napi::Value(info.Env(),
                       fail(info.Env(), "BACKEND",
                            format("state: not enough memory: %lld bytes", static_cast<long long>(bytes))));
  }
  memset(state->memory.data(), 0, bytes);
  const int32_t handle = environment.states.add(std::move(state));
  if (handle < 0) return Napi::Value(info.Env(), fail(info.Env(), "BACKEND", "state: too many states"));
  environment.state_bytes += bytes;
  environment.account(info.Env());
  return Napi::Number::New(info.Env(), handle);
}

// The state of argument 0; or nullptr with a JavaScript error pending.
State* state_argument(const Napi::CallbackInfo& info) {
  const std::shared_ptr<State>* state = environment_of(info).states.find(int_argument(info, 0));
  if (state != nullptr) return state->get();
  fail(info.Env(), "BACKEND", "state: it has been disposed");
  return nullptr;
}

// readState(handle, into)
void read_state(const Napi::CallbackInfo& info) {
  const State* state = state_argument(info);
  if (state == nullptr) return;
  char* data = nullptr;
  const std::string error = check_array(info.Env(), info[1], state->dtype, state->length, &data);
  if (!error.empty()) {
    fail(info.Env(), "BACKEND", "state: " + error);
    return;
  }
  environment_of(info).wait();
  if (state->length > 0) memcpy(data, state->memory.data(), state->bytes());
}

// writeState(handle, from, offset): as many elements as there are in `from`, from number `offset` on
void write_state(const Napi::CallbackInfo& info) {
  State* state = state_argument(info);
  if (state == nullptr) return;
  char* data = nullptr;
  Span span;
  std::string error = check_array(info.Env(), info[1], state->dtype, 0, &data);
  const int64_t offset = int_argument(info, 2);
  const int64_t length = error.empty() && get_span(info.Env(), info[1], &span) ? span.length : 0;
  if (error.empty() && (offset < 0 || length > state->length - offset)) {
    error = format("cannot write %lld elements from %lld on to %lld", static_cast<long long>(length),
                   static_cast<long long>(offset), static_cast<long long>(state->length));
  }
  if (!error.empty()) {
    fail(info.Env(), "BACKEND", "state: " + error);
    return;
  }
  environment_of(info).wait();
  const int64_t bytes = size_of(state->dtype);
  if (length > 0) memcpy(state->memory.data() + offset * bytes, data, length * bytes);
  state->packed.version++;
}

// freeState(handle): runs in flight keep it until they are done.
void free_state(const Napi::CallbackInfo& info) {
  Environment& environment = environment_of(info);
  std::shared_ptr<State> state = environment.states.remove(int_argument(info, 0));
  if (state == nullptr) return;
  environment.state_bytes -= state->bytes();
  state.reset();
  environment.account(info.Env());
}

// finish(left = 0): waits for all asynchronous runs but the last `left`.
void finish(const Napi::CallbackInfo& info) { environment_of(info).wait(std::max(0, int_argument(info, 0))); }

void set_threads(const Napi::CallbackInfo& info) {
  const int32_t threads = int_argument(info, 0);
  if (threads < 1 || threads > kMaxThreads) {
    fail(info.Env(), "BACKEND", format("threads: expected 1 to %d", kMaxThreads));
    return;
  }
  environment_of(info).wait();  // runs read the number
  environment_of(info).threads = threads;
}

Napi::Value get_threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), environment_of(info).threads);
}

// setPackedLimit(bytes): what packed copies may take together
void set_packed_limit(const Napi::CallbackInfo& info) {
  environment_of(info).packed->set_limit(int_argument(info, 0));
}

// memory(): what this environment holds
Napi::Value memory(const Napi::CallbackInfo& info) {
  Environment& environment = environment_of(info);
  environment.wait();  // runs grow the arena
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("arenaBytes", static_cast<double>(environment.arena.bytes()));
  result.Set("packedBytes", static_cast<double>(environment.packed->bytes()));
  result.Set("stateBytes", static_cast<double>(environment.state_bytes));
  result.Set("states", static_cast<double>(environment.states.count()));
  result.Set("programs", static_cast<double>(environment.programs.count()));
  return result;
}

Napi::Value self_test(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), ng::self_test(environment_of(info).kernels));
}

// cacheLineIn(buffer): bytes from the start of an ArrayBuffer to the first cache line in it
napi_value cache_line_in(napi_env env, napi_callback_info info) {
  constexpr size_t kLineBytes = 64;
  size_t count = 1, length = 0;
  napi_value buffer, result;
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &count, &buffer, nullptr, nullptr) != napi_ok ||
      napi_get_arraybuffer_info(env, buffer, &data, &length) != napi_ok) {
    data = nullptr;  // no buffer, no line
  }
  const uintptr_t past = reinterpret_cast<uintptr_t>(data) % kLineBytes;
  napi_create_uint32(env, static_cast<uint32_t>((kLineBytes - past) % kLineBytes), &result);
  return result;
}

// A function that takes its arguments through Node-API itself.
void export_direct(napi_env env, napi_value exports, const char* name, napi_callback callback, void* data) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, exports, name, function);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  std::string error;
  // Loaded once: Node would unload it with the last worker that used it, and each load leaves memory behind.
  Thread::pin_library();
  const Kernels* kernels = select_kernels(std::getenv("NODEGRAD_TARGET"), &error);
  if (kernels == nullptr) {
    fail(env, "BACKEND", error);
    return exports;
  }
  Thread::pin_library();
  if (!has_reserve()) {
    fail_for_memory(env, "nodegrad: not enough memory");
    return exports;
  }
  Environment* environment = new Environment(*kernels);
  env.SetInstanceData(environment);  // deleted with the environment, after its cleanup hooks

  Napi::Array targets = Napi::Array::New(env);
  for (const Kernels* available : available_kernels()) targets.Set(targets.Length(), available->target);
  exports.Set("abi", kProgramAbi);
  exports.Set("target", kernels->target);
  exports.Set("targets", targets);
  exports.Set("selfTest", Napi::Function::New<self_test>(env, "selfTest", environment));
  exports.Set("prepare", Napi::Function::New<prepare>(env, "prepare", environment));
  exports.Set("disposeProgram", Napi::Function::New<dispose_program>(env, "disposeProgram", environment));
  exports.Set("explain", Napi::Function::New<explain>(env, "explain", environment));
  exports.Set("programMemory", Napi::Function::New<program_memory>(env, "programMemory", environment));
  exports.Set("createState", Napi::Function::New<create_state>(env, "createState", environment));
  exports.Set("readState", Napi::Function::New<read_state>(env, "readState", environment));
  exports.Set("writeState", Napi::Function::New<write_state>(env, "writeState", environment));
  exports.Set("freeState", Napi::Function::New<free_state>(env, "freeState", environment));
  exports.Set("finish", Napi::Function::New<finish>(env, "finish", environment));
  exports.Set("setThreads", Napi::Function::New<set_threads>(env, "setThreads", environment));
  exports.Set("getThreads", Napi::Function::New<get_threads>(env, "getThreads", environment));
  exports.Set("setPackedLimit", Napi::Function::New<set_packed_limit>(env, "setPackedLimit", environment));
  exports.Set("memory", Napi::Function::New<memory>(env, "memory", environment));
  export_direct(env, exports, "cacheLineIn", cache_line_in, nullptr);
  export_direct(env, exports, "run", run, environment);
  export_direct(env, exports, "runAsync", run_async, environment);
  return exports;
}

}  // namespace

NODE_API_MODULE(nodegrad, init)
