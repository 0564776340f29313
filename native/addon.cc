// The boundary to JavaScript: the only file that knows Node.
//
// JavaScript holds Programs and states by integer handles and passes memory as typed arrays. Whatever it
// passes, the process survives: handles are looked up, arrays are checked for type and length against the
// Program, and their addresses are fetched last, when no JavaScript (a getter of a strange array, say) can
// run any more before they are used. Errors thrown here carry the `code` of the error class that
// lib/backends/native/native.ts makes of them.
//
// Everything on the path of a run calls Node-API directly, the rest goes through its C++ wrapper: the wrapper
// would cost as much as a small Program.

#include <napi.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "program/handles.h"
#include "program/machine.h"
#include "program/self_test.h"
#include "program/state.h"
#include "program/text.h"
#include "threads/executor.h"
#include "threads/team.h"

namespace {

using namespace ng;

// V8 is told about native memory in steps of at least this many bytes: each report may start a collection.
constexpr int64_t kReportBytes = 1 << 20;

napi_value fail(napi_env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
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
  int64_t runs = 0;
  int64_t state_bytes = 0;
  int64_t reported_bytes = 0;

  // Asynchronous runs: the executor does them, `completed` brings their ends back to this thread.
  Executor executor;
  napi_threadsafe_function completed = nullptr;
  int64_t pending = 0;

  // Counts native memory, and tells V8 when it has changed a lot.
  void account(napi_env env, int64_t change) {
    state_bytes += change;
    const int64_t unreported = state_bytes - reported_bytes;
    if (unreported < kReportBytes && unreported > -kReportBytes) return;
    int64_t total;
    napi_adjust_external_memory(env, unreported, &total);
    reported_bytes = state_bytes;
  }

  // A run, a read or a write on this thread comes after all that was asked for before.
  void wait() {
    if (pending > 0) executor.wait();
  }
};

// The memory behind a typed array.
struct Span {
  napi_typedarray_type type;
  size_t length;  // elements
  char* data;
};

bool get_span(napi_env env, napi_value value, Span* span) {
  bool is_typed_array = false;
  void* data = nullptr;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return false;
  if (napi_get_typedarray_info(env, value, &span->type, &span->length, &data, nullptr, nullptr) != napi_ok) {
    return false;
  }
  span->data = static_cast<char*>(data);
  return true;
}

napi_typedarray_type array_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32: return napi_float32_array;
    case DType::kFloat64: return napi_float64_array;
    case DType::kInt32: return napi_int32_array;
    default: return napi_uint8_array;
  }
}

// Empty when `value` is an array of the dtype with at least `length` elements; its address then.
std::string check_array(napi_env env, napi_value value, DType dtype, int64_t length, char** data) {
  Span span;
  if (!get_span(env, value, &span)) return format("not a typed array; expected %s", name_of(dtype));
  if (span.type != array_type(dtype)) return format("array of another type; expected %s", name_of(dtype));
  if (static_cast<int64_t>(span.length) < length) {
    return format("%zu elements (0 when it has been transferred); expected %lld", span.length,
                  static_cast<long long>(length));
  }
  *data = span.data;
  return "";
}

// The elements of a JavaScript array of `count` elements. May run JavaScript.
std::string get_elements(napi_env env, napi_value array, int32_t count, std::vector<napi_value>* values) {
  uint32_t length = 0;
  if (napi_get_array_length(env, array, &length) != napi_ok) return "not an array";
  if (length != static_cast<uint32_t>(count)) return format("%u arrays; expected %d", length, count);
  values->resize(count);
  for (int32_t i = 0; i < count; i++) {
    if (napi_get_element(env, array, i, &(*values)[i]) != napi_ok)
      return format("element %d cannot be read", i);
  }
  return "";
}

// Whether a value is a typed array whose memory may move or shrink. May run JavaScript.
bool is_resizable(napi_env env, napi_value value) {
  napi_value buffer;
  if (napi_get_typedarray_info(env, value, nullptr, nullptr, nullptr, &buffer, nullptr) != napi_ok)
    return false;
  for (const char* name : {"resizable", "growable"}) {
    napi_value property;
    bool yes = false;
    if (napi_get_named_property(env, buffer, name, &property) != napi_ok) return true;
    napi_get_value_bool(env, property, &yes);  // leaves false where there is no such property
    if (yes) return true;
  }
  return false;
}

// One call of run() or runAsync(): its arguments, checked against the Program.
class Call {
 public:
  // Arguments: handle, input arrays, output arrays, Int32Array of state handles, Float64Array of scalars.
  // On failure returns false with a JavaScript error pending.
  bool read(napi_env env, napi_callback_info info, bool async) {
    size_t count = 5;
    napi_value arguments[5];
    void* data;
    napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
    environment = static_cast<Environment*>(data);
    int32_t handle = -1;
    napi_get_value_int32(env, arguments[0], &handle);
    const std::shared_ptr<PreparedProgram>* found = environment->programs.find(handle);
    if (found == nullptr) {
      fail(env, "BACKEND", "run: the program has been disposed");
      return false;
    }
    program = *found;
    std::string error = read_values(env, arguments, async);
    if (error.empty()) error = bind(env, arguments);
    if (!error.empty()) fail(env, "BACKEND", "run: " + error);
    return error.empty();
  }

  bool run() {
    const Bindings bindings = {inputs_.data(), state_data_.data(), outputs_.data(), scalars_};
    return program->run(bindings, &environment->arena, environment->threads, &fault);
  }

  // Undefined, or [opcode, position, index, limit] of the first bad index.
  napi_value result(napi_env env) const {
    napi_value value;
    if (!fault.raised) {
      napi_get_undefined(env, &value);
      return value;
    }
    const double numbers[] = {static_cast<double>(program->opcode(fault.instruction)),
                              static_cast<double>(fault.position), static_cast<double>(fault.index),
                              static_cast<double>(fault.limit)};
    napi_create_array_with_length(env, 4, &value);
    for (uint32_t i = 0; i < 4; i++) {
      napi_value number;
      napi_create_double(env, numbers[i], &number);
      napi_set_element(env, value, i, number);
    }
    return value;
  }

  // Keeps the arrays and the scalars alive after the call has returned.
  napi_ref retain(napi_env env) {
    napi_value list;
    napi_create_array_with_length(env, values_.size(), &list);
    for (size_t i = 0; i < values_.size(); i++) napi_set_element(env, list, i, values_[i]);
    napi_ref reference = nullptr;
    napi_create_reference(env, list, 1, &reference);
    values_.clear();
    if (scalars_ != nullptr) scalar_copy_.assign(scalars_, scalars_ + program->scalars());
    scalars_ = scalar_copy_.data();
    return reference;
  }

  Environment* environment = nullptr;
  std::shared_ptr<PreparedProgram> program;
  IndexFault fault;

 private:
  // All that may run JavaScript: after this the arrays cannot change before they are bound.
  std::string read_values(napi_env env, const napi_value* arguments, bool async) {
    std::vector<napi_value> outputs;
    std::string error = get_elements(env, arguments[1], program->slots(BufferKind::kInput), &values_);
    if (!error.empty()) return "inputs: " + error;
    error = get_elements(env, arguments[2], program->slots(BufferKind::kOutput), &outputs);
    if (!error.empty()) return "outputs: " + error;
    values_.insert(values_.end(), outputs.begin(), outputs.end());
    for (size_t i = 0; async && i < values_.size(); i++) {
      if (is_resizable(env, values_[i]))
        return format("array %zu is resizable, which excludes asynchronous runs", i);
    }
    return "";
  }

  std::string bind(napi_env env, const napi_value* arguments) {
    std::string error = bind_arrays(env, BufferKind::kInput, values_.data(), &inputs_);
    if (error.empty())
      error = bind_arrays(env, BufferKind::kOutput, values_.data() + inputs_.size(), &outputs_);
    if (error.empty()) error = check_aliases();
    if (error.empty()) error = bind_states(env, arguments[3]);
    if (!error.empty()) return error;
    if (program->scalars() == 0) return "";
    char* scalars = nullptr;
    error = check_array(env, arguments[4], DType::kFloat64, program->scalars(), &scalars);
    scalars_ = reinterpret_cast<const double*>(scalars);
    return error.empty() ? "" : "scalars: " + error;
  }

  std::string bind_arrays(napi_env env, BufferKind kind, const napi_value* values,
                          std::vector<char*>* addresses) {
    addresses->resize(program->slots(kind));
    for (size_t slot = 0; slot < addresses->size(); slot++) {
      const Buffer& buffer = program->buffer(kind, static_cast<int32_t>(slot));
      const std::string error =
          check_array(env, values[slot], buffer.dtype, buffer.length, &(*addresses)[slot]);
      if (!error.empty()) return format("%s %zu: ", name_of(kind), slot) + error;
    }
    return "";
  }

  bool overlap(BufferKind kind, size_t slot, const std::vector<char*>& addresses, size_t output) const {
    const Buffer& a = program->buffer(kind, static_cast<int32_t>(slot));
    const Buffer& b = program->buffer(BufferKind::kOutput, static_cast<int32_t>(output));
    return addresses[slot] < outputs_[output] + b.length * size_of(b.dtype) &&
           outputs_[output] < addresses[slot] + a.length * size_of(a.dtype);
  }

  // Instructions rely on what they read staying as it is, indices above all.
  std::string check_aliases() const {
    for (size_t output = 0; output < outputs_.size(); output++) {
      for (size_t i = 0; i < inputs_.size(); i++) {
        if (overlap(BufferKind::kInput, i, inputs_, output))
          return format("output %zu overlaps input %zu", output, i);
      }
      for (size_t i = 0; i < output; i++) {
        if (overlap(BufferKind::kOutput, i, outputs_, output)) {
          return format("output %zu overlaps output %zu", output, i);
        }
      }
    }
    return "";
  }

  std::string bind_states(napi_env env, napi_value value) {
    const int32_t count = program->slots(BufferKind::kState);
    if (count == 0) return "";
    char* data = nullptr;
    std::string error = check_array(env, value, DType::kInt32, count, &data);
    if (!error.empty()) return "states: " + error;
    environment->runs++;
    states_.reserve(count);
    state_data_.reserve(count);
    for (int32_t slot = 0; slot < count; slot++) {
      const Buffer& buffer = program->buffer(BufferKind::kState, slot);
      const std::shared_ptr<State>* state =
          environment->states.find(reinterpret_cast<const int32_t*>(data)[slot]);
      if (state == nullptr) return format("state %d has been disposed", slot);
      if ((*state)->dtype != buffer.dtype || (*state)->length < buffer.length) {
        return format("state %d is %s of %lld elements; expected %s of %lld", slot, name_of((*state)->dtype),
                      static_cast<long long>((*state)->length), name_of(buffer.dtype),
                      static_cast<long long>(buffer.length));
      }
      if ((*state)->bound_by == environment->runs) return format("state %d is bound twice", slot);
      (*state)->bound_by = environment->runs;
      states_.push_back(*state);
      state_data_.push_back((*state)->memory.data());
    }
    return "";
  }

  std::vector<napi_value> values_;  // inputs, then outputs
  std::vector<char*> inputs_;
  std::vector<char*> outputs_;
  std::vector<std::shared_ptr<State>> states_;
  std::vector<char*> state_data_;
  const double* scalars_ = nullptr;
  std::vector<double> scalar_copy_;
};

constexpr char kNoMemory[] = "run: not enough memory for temporaries";

napi_value run(napi_env env, napi_callback_info info) {
  Call call;
  if (!call.read(env, info, false)) return nullptr;
  call.environment->wait();
  if (!call.run()) return fail(env, "BACKEND", kNoMemory);
  return call.result(env);
}

// A run on the executor. Its arrays belong to the runtime, which neither transfers nor hands them out before
// the promise settles; the reference keeps the garbage collector away.
class AsyncRun : public Executor::Job {
 public:
  Call call;
  napi_ref arrays = nullptr;
  napi_deferred deferred = nullptr;
  const char* problem = nullptr;  // why it could not run

  void run() override {
    if (!call.run()) problem = kNoMemory;
  }

  void done() override {
    const napi_threadsafe_function completed = call.environment->completed;
    if (napi_call_threadsafe_function(completed, this, napi_tsfn_nonblocking) != napi_ok) delete this;
  }

  // On the JavaScript thread; `env` is null when the environment is about to end.
  static void complete(napi_env env, napi_value, void*, void* data) {
    const std::unique_ptr<AsyncRun> job(static_cast<AsyncRun*>(data));
    if (env != nullptr) job->settle(env);
  }

  void settle(napi_env env) {
    Environment* environment = call.environment;
    if (--environment->pending == 0) napi_unref_threadsafe_function(env, environment->completed);
    napi_delete_reference(env, arrays);
    if (problem == nullptr) {
      napi_resolve_deferred(env, deferred, call.result(env));
      return;
    }
    napi_value code, message, error;
    napi_create_string_utf8(env, "BACKEND", NAPI_AUTO_LENGTH, &code);
    napi_create_string_utf8(env, problem, NAPI_AUTO_LENGTH, &message);
    napi_create_error(env, code, message, &error);
    napi_reject_deferred(env, deferred, error);
  }
};

// Makes the way back from the executor, once.
bool start_completions(napi_env env, Environment* environment) {
  if (environment->completed != nullptr) return true;
  napi_value name;
  napi_create_string_utf8(env, "nodegrad", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                      AsyncRun::complete, &environment->completed) != napi_ok) {
    environment->completed = nullptr;
    return false;
  }
  napi_unref_threadsafe_function(env, environment->completed);
  // Hooks run last in, first out: the executor stops before the function it reports to is closed.
  napi_add_env_cleanup_hook(
      env, [](void* data) { static_cast<Environment*>(data)->executor.stop(); }, environment);
  return true;
}

napi_value run_async(napi_env env, napi_callback_info info) {
  std::unique_ptr<AsyncRun> job(new AsyncRun);
  if (!job->call.read(env, info, true)) return nullptr;
  Environment* environment = job->call.environment;
  if (!start_completions(env, environment))
    return fail(env, "BACKEND", "run: no way back from other threads");
  job->arrays = job->call.retain(env);
  napi_value promise;
  napi_create_promise(env, &job->deferred, &promise);
  if (environment->pending++ == 0) napi_ref_threadsafe_function(env, environment->completed);
  if (environment->executor.submit(job.get())) {
    job.release();
  } else {
    job->problem = "run: no thread can be started";
    job->settle(env);
  }
  return promise;
}

// --- Everything below happens once per Program or state, not per run. ---

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

// prepare(words: Int32Array, constants: TypedArray[]): handle
Napi::Value prepare(const Napi::CallbackInfo& info) {
  Environment& environment = environment_of(info);
  Span words;
  if (!get_span(info.Env(), info[0], &words) || words.type != napi_int32_array) {
    return Napi::Value(info.Env(), fail(info.Env(), "FORMAT", "program: not an Int32Array"));
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

// createState(dtype code, length): handle of zeroed memory
Napi::Value create_state(const Napi::CallbackInfo& info) {
  Environment& environment = environment_of(info);
  const int32_t dtype = int_argument(info, 0);
  const int32_t length = int_argument(info, 1);
  if (dtype < 0 || dtype > static_cast<int32_t>(DType::kBool) || length < 0) {
    return Napi::Value(info.Env(),
                       fail(info.Env(), "BACKEND", format("state: dtype %d, length %d", dtype, length)));
  }
  auto state = std::make_shared<State>();
  state->dtype = static_cast<DType>(dtype);
  state->length = length;
  const int64_t bytes = state->bytes();
  if (!state->memory.allocate(bytes)) {
    return Napi::Value(
        info.Env(), fail(info.Env(), "BACKEND",
                         format("state: not enough memory for %lld bytes", static_cast<long long>(bytes))));
  }
  memset(state->memory.data(), 0, bytes);
  const int32_t handle = environment.states.add(std::move(state));
  if (handle < 0) return Napi::Value(info.Env(), fail(info.Env(), "BACKEND", "state: too many states"));
  environment.account(info.Env(), bytes);
  return Napi::Number::New(info.Env(), handle);
}

// The state of argument 0 and the address of the array of argument 1, which has its dtype and length; or
// nullptr with a JavaScript error pending.
State* state_and_array(const Napi::CallbackInfo& info, char** data) {
  const std::shared_ptr<State>* state = environment_of(info).states.find(int_argument(info, 0));
  if (state == nullptr) {
    fail(info.Env(), "BACKEND", "state: it has been disposed");
    return nullptr;
  }
  const std::string error = check_array(info.Env(), info[1], (*state)->dtype, (*state)->length, data);
  if (!error.empty()) {
    fail(info.Env(), "BACKEND", "state: " + error);
    return nullptr;
  }
  environment_of(info).wait();
  return state->get();
}

// readState(handle, into)
void read_state(const Napi::CallbackInfo& info) {
  char* data = nullptr;
  const State* state = state_and_array(info, &data);
  if (state != nullptr && state->length > 0) memcpy(data, state->memory.data(), state->bytes());
}

// writeState(handle, from)
void write_state(const Napi::CallbackInfo& info) {
  char* data = nullptr;
  const State* state = state_and_array(info, &data);
  if (state != nullptr && state->length > 0) memcpy(state->memory.data(), data, state->bytes());
}

// freeState(handle): runs in flight keep it until they are done.
void free_state(const Napi::CallbackInfo& info) {
  Environment& environment = environment_of(info);
  const std::shared_ptr<State> state = environment.states.remove(int_argument(info, 0));
  if (state != nullptr) environment.account(info.Env(), -state->bytes());
}

// finish(): waits for all asynchronous runs.
void finish(const Napi::CallbackInfo& info) { environment_of(info).wait(); }

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

// memory(): what this environment holds
Napi::Value memory(const Napi::CallbackInfo& info) {
  Environment& environment = environment_of(info);
  environment.wait();  // runs grow the arena
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("arenaBytes", static_cast<double>(environment.arena.bytes()));
  result.Set("stateBytes", static_cast<double>(environment.state_bytes));
  result.Set("states", static_cast<double>(environment.states.count()));
  result.Set("programs", static_cast<double>(environment.programs.count()));
  return result;
}

Napi::Value self_test(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), ng::self_test(environment_of(info).kernels));
}

void export_direct(napi_env env, napi_value exports, const char* name, napi_callback callback, void* data) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, exports, name, function);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  std::string error;
  const Kernels* kernels = select_kernels(std::getenv("NODEGRAD_TARGET"), &error);
  if (kernels == nullptr) {
    fail(env, "BACKEND", error);
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
  exports.Set("createState", Napi::Function::New<create_state>(env, "createState", environment));
  exports.Set("readState", Napi::Function::New<read_state>(env, "readState", environment));
  exports.Set("writeState", Napi::Function::New<write_state>(env, "writeState", environment));
  exports.Set("freeState", Napi::Function::New<free_state>(env, "freeState", environment));
  exports.Set("finish", Napi::Function::New<finish>(env, "finish", environment));
  exports.Set("setThreads", Napi::Function::New<set_threads>(env, "setThreads", environment));
  exports.Set("getThreads", Napi::Function::New<get_threads>(env, "getThreads", environment));
  exports.Set("memory", Napi::Function::New<memory>(env, "memory", environment));
  export_direct(env, exports, "run", run, environment);
  export_direct(env, exports, "runAsync", run_async, environment);
  return exports;
}

}  // namespace

NODE_API_MODULE(nodegrad, init)
