#include "run.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "../program/reserve.h"
#include "../program/text.h"
#include "arrays.h"
#include "environment.h"

namespace ng {
namespace {

// First number of an outcome, as in lib/backends/native/loader.ts; a fault's four numbers follow, or the
// bytes there were not.
constexpr double kRan = 1, kFault = 2, kNoMemory = 3;
constexpr int64_t kOutcomeLength = 5;

napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type;
}

// One call of run() or runAsync(): its arguments, checked against the Program.
class Call {
 public:
  // Arguments: handle, input arrays, output arrays, Int32Array of state handles, Float64Array of scalars; of
  // asynchronous runs a Float64Array for the outcome, or undefined.
  // On failure returns false with a JavaScript error pending.
  bool read(napi_env env, napi_callback_info info, bool async) {
    size_t count = 6;
    napi_value arguments[6];
    void* data;
    napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
    environment = static_cast<Environment*>(data);
    if (!has_reserve()) {
      fail_for_memory(env, "run: not enough memory");
      return false;
    }
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
    const Bindings bindings = {inputs_.data(), state_pointers_.data(), outputs_.data(), scalars_};
    return program->run(bindings, &environment->arena, environment->packed, environment->threads, &fault);
  }

  // What it says when run() has returned false.
  std::string shortage() const {
    return format("run: not enough memory: %lld bytes",
                  static_cast<long long>(program->run_bytes(environment->threads)));
  }

  // [opcode, position, index, limit] of the first bad index.
  std::array<double, 4> fault_numbers() const {
    return {static_cast<double>(program->opcode(fault.instruction)), static_cast<double>(fault.position),
            static_cast<double>(fault.index), static_cast<double>(fault.limit)};
  }

  // Undefined, or the numbers of the fault.
  napi_value result(napi_env env) const {
    napi_value value;
    if (!fault.raised) {
      napi_get_undefined(env, &value);
      return value;
    }
    const std::array<double, 4> numbers = fault_numbers();
    napi_create_array_with_length(env, numbers.size(), &value);
    for (uint32_t i = 0; i < numbers.size(); i++) {
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
  double* outcome = nullptr;  // where an asynchronous run says how it ended, if the caller wants to know

 private:
  // All that may run JavaScript: after this the arrays cannot change before they are bound.
  std::string read_values(napi_env env, const napi_value* arguments, bool async) {
    std::vector<napi_value> outputs;
    std::string error = get_elements(env, arguments[1], program->slots(BufferKind::kInput), &values_);
    if (!error.empty()) return "inputs: " + error;
    error = get_elements(env, arguments[2], program->slots(BufferKind::kOutput), &outputs);
    if (!error.empty()) return "outputs: " + error;
    values_.insert(values_.end(), outputs.begin(), outputs.end());
    if (async && type_of(env, arguments[5]) != napi_undefined) values_.push_back(arguments[5]);
    for (size_t i = 0; async && i < values_.size(); i++) {
      if (is_resizable(env, values_[i]))
        return format("array %zu is resizable, which excludes asynchronous runs", i);
    }
    return "";
  }

  // Fetches the addresses; runs no JavaScript.
  std::string bind(napi_env env, const napi_value* arguments) {
    std::string error = bind_arrays(env, BufferKind::kInput, values_.data(), &inputs_);
    if (error.empty())
      error = bind_arrays(env, BufferKind::kOutput, values_.data() + inputs_.size(), &outputs_);
    if (error.empty()) error = check_aliases();
    if (error.empty()) error = bind_states(env, arguments[3]);
    if (error.empty() && values_.size() > inputs_.size() + outputs_.size()) {
      error = bind_numbers(env, "outcome", values_.back(), kOutcomeLength, &outcome);
    }
    if (!error.empty() || program->scalars() == 0) return error;
    double* scalars = nullptr;
    error = bind_numbers(env, "scalars", arguments[4], program->scalars(), &scalars);
    scalars_ = scalars;
    return error;
  }

  static std::string bind_numbers(napi_env env, const char* name, napi_value value, int64_t length,
                                  double** numbers) {
    char* data = nullptr;
    const std::string error = check_array(env, value, DType::kFloat64, length, &data);
    *numbers = reinterpret_cast<double*>(data);
    return error.empty() ? "" : std::string(name) + ": " + error;
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
    state_pointers_.reserve(count);
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
      state_pointers_.push_back(state->get());
    }
    return "";
  }

  std::vector<napi_value> values_;  // inputs, then outputs
  std::vector<char*> inputs_;
  std::vector<char*> outputs_;
  std::vector<std::shared_ptr<State>> states_;
  std::vector<State*> state_pointers_;
  const double* scalars_ = nullptr;
  std::vector<double> scalar_copy_;
};

}  // namespace

napi_value run(napi_env env, napi_callback_info info) {
  Call call;
  if (!call.read(env, info, false)) return nullptr;
  call.environment->wait();
  if (!call.run()) return fail(env, "BACKEND", call.shortage());
  call.environment->account(env);
  return call.result(env);
}

namespace {

// A run on the executor. Its arrays belong to the runtime, which neither transfers nor hands them out before
// the promise settles; the reference keeps the garbage collector away.
class AsyncRun : public Executor::Job {
 public:
  Call call;
  napi_ref arrays = nullptr;
  napi_deferred deferred = nullptr;
  bool has_run = false;  // or there was not enough memory

  void run() override {
    has_run = call.run();
    if (call.outcome == nullptr) return;
    if (call.fault.raised) {
      const std::array<double, 4> numbers = call.fault_numbers();
      std::copy(numbers.begin(), numbers.end(), call.outcome + 1);
    }
    if (!has_run) call.outcome[1] = static_cast<double>(call.program->run_bytes(call.environment->threads));
    // Read after waiting for the executor, whose lock orders it.
    call.outcome[0] = !has_run ? kNoMemory : call.fault.raised ? kFault : kRan;
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
    environment->account(env);
    napi_delete_reference(env, arrays);
    if (has_run) {
      napi_resolve_deferred(env, deferred, call.result(env));
      return;
    }
    napi_value code, message, error;
    napi_create_string_utf8(env, "BACKEND", NAPI_AUTO_LENGTH, &code);
    const std::string shortage = call.shortage();
    napi_create_string_utf8(env, shortage.c_str(), shortage.size(), &message);
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

}  // namespace

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
  } else {  // no thread can be started, so none is ahead of it
    job->run();
    job->settle(env);
  }
  return promise;
}

}  // namespace ng
