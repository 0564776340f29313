#include "machine.h"

#include <algorithm>
#include <cstring>

#include "../drivers/table.h"
#include "../threads/team.h"
#include "text.h"

namespace ng {
namespace {

int64_t round_up(int64_t bytes) { return (bytes + kArenaBlock - 1) / kArenaBlock * kArenaBlock; }

int64_t bytes_of(const Buffer& buffer) { return buffer.length * size_of(buffer.dtype); }

bool uses_float64(const Program& program) {
  for (const Buffer& buffer : program.buffers) {
    if (buffer.dtype == DType::kFloat64) return true;
  }
  for (const Instruction& instruction : program.instructions) {
    for (const MicroInstruction& micro : instruction.micro.code) {
      if (micro.dtype == DType::kFloat64) return true;
    }
  }
  return false;
}

// What drivers may reserve besides the buffers. Corrupt but consistent window attributes can ask for images
// padded to any size; systems that promise more memory than they have would end the process for it. Views
// count too, by their largest: partial results of a reduction take up to a byte for 8 elements, and what it
// reads may be one number, broadcast.
int64_t memory_limit(const Program& program) {
  constexpr int64_t kAlways = 64 << 20;
  constexpr int64_t kTimesBuffers = 16, kElementsPerByte = 4;
  int64_t bytes = 0, elements = 0;
  for (const Buffer& buffer : program.buffers) bytes += bytes_of(buffer);
  for (const View& view : program.views) elements = std::max(elements, view.size());
  return kAlways + kTimesBuffers * bytes + elements / kElementsPerByte;
}

}  // namespace

Refusal PreparedProgram::prepare(const int32_t* words, size_t count, const Kernels& kernels,
                                 std::string* error) {
  *error = parse_program(words, count, &program_);
  if (!error->empty()) return Refusal::kMalformed;
  if (uses_float64(program_)) {
    *error = "float64 exists on the reference backend only";
    return Refusal::kDType;
  }
  for (int kind = 0; kind < 5; kind++) numbers_[kind].resize(program_.slots[kind]);
  int32_t temps = 0;
  for (size_t i = 0; i < program_.buffers.size(); i++) {
    const Buffer& buffer = program_.buffers[i];
    const int64_t slot = buffer.kind == BufferKind::kTemp ? temps++ : buffer.place;
    numbers_[static_cast<int>(buffer.kind)][slot] = static_cast<int32_t>(i);
  }
  addresses_.resize(program_.buffers.size());

  Builder builder(program_, kernels);
  for (size_t i = 0; i < program_.instructions.size(); i++) {
    const Instruction& instruction = program_.instructions[i];
    builder.begin_instruction(static_cast<int32_t>(i));
    *error = kPrepare[static_cast<int>(instruction.opcode)](instruction, builder);
    if (error->empty()) continue;
    *error = format("instruction %d: %s: ", static_cast<int>(i), name_of(instruction.opcode)) + *error;
    return Refusal::kUnsupported;
  }
  take_steps(&builder);
  int64_t reserved = workspace_bytes_ + scratch_bytes_;
  for (const KeptCopy& kept : kept_) reserved += kept.bytes;
  if (reserved < 0 || reserved > memory_limit(program_)) {
    *error = format("instructions need too much memory: %lld bytes", static_cast<long long>(reserved));
    return Refusal::kMemory;
  }
  return place_constants(error);
}

void PreparedProgram::take_steps(Builder* builder) {
  steps_.list = builder->take_steps();
  for (const Step& step : steps_.list) {
    if (!step.keeps) steps_without_packing_.list.push_back(step);
  }
  for (Steps* steps : {&steps_, &steps_without_packing_}) {
    steps->shared_nanoseconds = shared_nanoseconds(steps->list.data(), steps->list.size());
  }
  plans_ = builder->take_plans();
  notes_ = builder->take_notes();
  kept_ = builder->take_kept();
  copies_.resize(kept_.size());
  packed_.resize(kept_.size());
  workspace_bytes_ = round_up(builder->workspace_bytes());
  scratch_bytes_ = round_up(builder->scratch_bytes());
  std::vector<bool> written(program_.slots[static_cast<int>(BufferKind::kState)]);
  for (const Instruction& instruction : program_.instructions) {
    for (const View* output : instruction.outputs) {
      const Buffer& buffer = program_.buffers[output->buffer];
      if (buffer.kind != BufferKind::kState || written[buffer.place]) continue;
      written[buffer.place] = true;
      written_.push_back(static_cast<int32_t>(buffer.place));
    }
  }
}

Refusal PreparedProgram::place_constants(std::string* error) {
  int64_t bytes = 0;
  for (int32_t number : numbers_[static_cast<int>(BufferKind::kConstant)]) {
    bytes += round_up(bytes_of(program_.buffers[number]));
  }
  if (bytes > 0 && !constants_.allocate(bytes)) {
    *error = format("not enough memory: %lld bytes of constants", static_cast<long long>(bytes));
    return Refusal::kMemory;
  }
  char* place = constants_.data();
  for (int32_t number : numbers_[static_cast<int>(BufferKind::kConstant)]) {
    addresses_[number] = place;
    place += round_up(bytes_of(program_.buffers[number]));
  }
  return Refusal::kNone;
}

void PreparedProgram::set_constant(int32_t slot, const void* data) {
  const int32_t number = numbers_[static_cast<int>(BufferKind::kConstant)][slot];
  const int64_t bytes = bytes_of(program_.buffers[number]);
  if (bytes > 0) memcpy(addresses_[number], data, bytes);
  packed_constants_.version++;
}

void PreparedProgram::bind(BufferKind kind, char* const* addresses) {
  const std::vector<int32_t>& numbers = numbers_[static_cast<int>(kind)];
  for (size_t slot = 0; slot < numbers.size(); slot++) addresses_[numbers[slot]] = addresses[slot];
}

void PreparedProgram::bind_states(State* const* states) {
  const std::vector<int32_t>& numbers = numbers_[static_cast<int>(BufferKind::kState)];
  for (size_t slot = 0; slot < numbers.size(); slot++) {
    addresses_[numbers[slot]] = states[slot]->memory.data();
  }
  for (int32_t slot : written_) states[slot]->packed.version++;
}

void PreparedProgram::bind_temps(char* arena) {
  if (arena == arena_) return;
  arena_ = arena;
  for (int32_t number : numbers_[static_cast<int>(BufferKind::kTemp)]) {
    addresses_[number] = arena + program_.buffers[number].place * kArenaBlock;
  }
}

PackedSource& PreparedProgram::source_of(const KeptCopy& kept, State* const* states) {
  const Buffer& buffer = program_.buffers[kept.buffer];
  return buffer.kind == BufferKind::kState ? states[buffer.place]->packed : packed_constants_;
}

// Finds every kept copy, or room for it, and tells whether all of them are current.
bool PreparedProgram::bind_kept(const Bindings& bindings, const std::shared_ptr<PackedPool>& pool,
                                bool* current) {
  *current = true;
  for (size_t slot = 0; slot < kept_.size(); slot++) {
    PackedSource& source = source_of(kept_[slot], bindings.states);
    PackedCopy* copy = copies_[slot] = source.copy(kept_[slot].recipe, pool);
    copy->last_run = pool->runs;
    if (copy->memory.data() == nullptr && !pool->allocate(copy, kept_[slot].bytes, pool->runs)) return false;
    packed_[slot] = copy->memory.data();
    *current = *current && copy->version == source.version;
  }
  return true;
}

int64_t PreparedProgram::run_bytes(int threads) const {
  int64_t bytes = program_.arena_bytes + workspace_bytes_ + threads * scratch_bytes_;
  for (const KeptCopy& kept : kept_) bytes += kept.bytes;
  return bytes;
}

bool PreparedProgram::run(const Bindings& bindings, Arena* arena, const std::shared_ptr<PackedPool>& pool,
                          int threads, IndexFault* fault) {
  if (steps_.list.empty()) return true;
  const int64_t workspace = program_.arena_bytes;
  const int64_t scratch = workspace + workspace_bytes_;
  const int64_t needed = scratch + threads * scratch_bytes_;
  pool->runs++;
  bool current;
  if (!bind_kept(bindings, pool, &current)) return false;
  if (!arena->reserve(needed) && !(pool->drop_all(pool->runs) && arena->reserve(needed))) return false;
  char* memory = arena->data();
  bind(BufferKind::kInput, bindings.inputs);
  bind_states(bindings.states);
  bind(BufferKind::kOutput, bindings.outputs);
  bind_temps(memory);
  const Run run = {addresses_.data(), bindings.scalars, memory + workspace, packed_.data(), fault};
  const Steps& steps = current ? steps_without_packing_ : steps_;
  run_steps({steps.list.data(), steps.list.size(), &run, memory + scratch, scratch_bytes_,
             steps.shared_nanoseconds},
            threads);
  if (current || fault->raised) return true;
  for (size_t slot = 0; slot < kept_.size(); slot++) {
    copies_[slot]->version = source_of(kept_[slot], bindings.states).version;
  }
  return true;
}

}  // namespace ng
