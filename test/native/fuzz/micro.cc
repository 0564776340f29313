// Fuzzes the compiler of micro-programs: every input is a map, a reduction or a matrix product whose
// micro-program obeys all rules, of whatever steps, dtypes and layouts the bytes ask for.
//
// So the verifier must accept it and the machine run it, and the results must have the same bits wherever the
// arrays lie, on any number of threads, and whatever the memory held before.

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "draft.h"
#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "player.h"

namespace {

using namespace ng;

enum class Domain { kFloat, kNumber, kComparable, kBool, kAny };
enum class Result { kOperand, kBool, kTarget };

struct MicroInfo {
  int operands;
  Domain domain;
  Result result;
};

constexpr MicroInfo kMicroOps[] = {
#define NG_MICRO_OP(code, id, name, operands, domain, result) {operands, domain, result},
#include "program/opcodes.inc"
};
constexpr DType kDTypes[] = {DType::kFloat32, DType::kInt32, DType::kUint8, DType::kBool};

bool contains(Domain domain, DType dtype) {
  switch (domain) {
    case Domain::kFloat: return dtype == DType::kFloat32;
    case Domain::kNumber: return dtype == DType::kFloat32 || dtype == DType::kInt32;
    case Domain::kBool: return dtype == DType::kBool;
    default: return true;
  }
}

// Numbers below a limit, as the bytes of an input say; 0 beyond its end.
class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  int below(int limit) { return at_ < end_ ? *at_++ % limit : 0; }
  bool yes() { return below(2) == 1; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

class Maker {
 public:
  Maker(const uint8_t* data, size_t size) : choose_(data, size) {}

  Draft make() {
    draft_.scalars = 2;
    instruction_.has_micro = true;
    switch (choose_.below(3)) {
      case 0: make_map(); break;
      case 1: make_reduce(); break;
      default: make_matmul();
    }
    draft_.instructions.push_back(instruction_);
    draft_.repair(true);
    return draft_;
  }

 private:
  struct Shape {
    int rank;
    int32_t lengths[3];
  };

  Shape shape() {
    Shape shape = {1 + choose_.below(3), {}};
    constexpr int kMost[] = {1100, 40, 11};
    for (int axis = 0; axis < shape.rank; axis++) {
      shape.lengths[axis] = 1 + (choose_.below(256) | choose_.below(5) << 8) % kMost[shape.rank - 1];
    }
    return shape;
  }

  // A view of a buffer of its own; the layouts of outputs leave no element out twice.
  int32_t view(BufferKind kind, DType dtype, const Shape& shape, bool is_output) {
    DraftView view = {static_cast<int32_t>(draft_.buffers.size()), 0, shape.rank, {}, {}};
    const int layout = choose_.below(is_output ? 4 : 6);
    int32_t step = layout == 1 ? 2 : 1;
    for (int i = 0; i < shape.rank; i++) {
      const int axis = layout == 2 ? i : shape.rank - 1 - i;  // 2: the first axis last
      view.shape[axis] = shape.lengths[axis];
      view.strides[axis] = step;
      step *= shape.lengths[axis];
      if (layout == 3) step += 3;  // wider rows
    }
    if (layout == 4) view.strides[choose_.below(shape.rank)] = 0;
    if (layout == 5) view.strides[choose_.below(shape.rank)] *= -1;
    draft_.buffers.push_back({kind, dtype, 0, 0});
    draft_.views.push_back(view);
    return static_cast<int32_t>(draft_.views.size()) - 1;
  }

  void add_inputs(int count, const Shape& shape) {
    for (int i = 0; i < count; i++) {
      const DType dtype = kDTypes[choose_.below(4)];
      const bool updated = choose_.below(4) == 0;  // read and written in place
      instruction_.inputs.push_back(
          view(updated ? BufferKind::kState : BufferKind::kInput, dtype, shape, updated));
      updated_.push_back(updated);
      held_.push_back(dtype);
    }
  }

  // A register that holds the dtype; a constant's where there is none.
  int32_t holding(DType dtype) {
    int32_t found[kMaxRegisters];
    int count = 0;
    for (size_t i = 0; i < held_.size(); i++) {
      if (held_[i] == dtype) found[count++] = static_cast<int32_t>(i);
    }
    if (count > 0) return found[choose_.below(count)];
    return add_step({MicroOp::kConstant, dtype, 0, choose_.below(3), 0, 0}, dtype);
  }

  // Appends a step to a register, perhaps one that holds something already.
  int32_t add_step(MicroInstruction step, DType dtype) {
    const bool again = held_.size() >= 20 || (!held_.empty() && choose_.below(3) == 0);
    step.dst = again ? choose_.below(static_cast<int>(held_.size())) : static_cast<int32_t>(held_.size());
    if (!again) held_.push_back(dtype);
    held_[step.dst] = dtype;
    instruction_.code.push_back(step);
    return step.dst;
  }

  void add_steps() {
    for (int i = choose_.below(24); i > 0; i--) {
      const auto op = static_cast<MicroOp>(choose_.below(sizeof kMicroOps / sizeof kMicroOps[0]));
      const MicroInfo& info = kMicroOps[static_cast<int>(op)];
      DType dtype = kDTypes[choose_.below(4)];
      if (!contains(info.domain, dtype))
        dtype = info.domain == Domain::kBool ? DType::kBool : DType::kFloat32;
      MicroInstruction step = {op, dtype, 0, choose_.below(2), 0, 0};
      // Later operands may need a constant, which may take the register of one before: so the dtypes are
      // looked at again.
      int32_t* operands[3] = {&step.a, &step.b, &step.c};
      DType expected[3] = {dtype, dtype, dtype};
      if (op == MicroOp::kWhere) expected[0] = DType::kBool;
      if (op == MicroOp::kCast) expected[0] = kDTypes[choose_.below(4)];
      bool fits = false;
      for (int attempt = 0; attempt < 8 && !fits; attempt++) {
        for (int k = 0; k < info.operands; k++) *operands[k] = holding(expected[k]);
        fits = true;
        for (int k = 0; k < info.operands; k++) fits &= held_[*operands[k]] == expected[k];
      }
      if (!fits) continue;
      if (op == MicroOp::kCast) step.b = static_cast<int32_t>(expected[0]);
      add_step(step, info.result == Result::kBool ? DType::kBool : dtype);
    }
  }

  // Any register of any output; those that are updated in place come first.
  void add_outputs(const Shape& shape, size_t first_input) {
    for (size_t i = 0; i < updated_.size(); i++) {
      if (!updated_[i]) continue;
      const int32_t number = instruction_.inputs[first_input + i];
      instruction_.results.push_back(holding(draft_.buffers[draft_.views[number].buffer].dtype));
      instruction_.outputs.push_back(number);
    }
    for (int i = choose_.below(3); i >= 0; i--) {
      if (held_.empty()) holding(DType::kFloat32);
      const int32_t result = choose_.below(static_cast<int>(held_.size()));
      instruction_.results.push_back(result);
      instruction_.outputs.push_back(view(BufferKind::kOutput, held_[result], shape, true));
    }
    // A constant for an output may have taken the register of another.
    for (size_t i = 0; i < instruction_.outputs.size(); i++) {
      const DraftView& output = draft_.views[instruction_.outputs[i]];
      DType& dtype = draft_.buffers[output.buffer].dtype;
      if (held_[instruction_.results[i]] != dtype) is_valid_ = false;
    }
    instruction_.registers = static_cast<int32_t>(held_.size());
  }

  void make_map() {
    instruction_.opcode = Opcode::kMap;
    const Shape all = shape();
    add_inputs(choose_.below(6), all);
    add_steps();
    add_outputs(all, 0);
  }

  void make_matmul() {
    instruction_.opcode = Opcode::kMatmul;
    Shape out = {2, {1 + choose_.below(40), 1 + choose_.below(70)}};
    const int32_t inner = 1 + choose_.below(40);
    instruction_.inputs = {view(BufferKind::kInput, DType::kFloat32, {2, {out.lengths[0], inner}}, false),
                           view(BufferKind::kInput, DType::kFloat32, {2, {inner, out.lengths[1]}}, false)};
    held_.push_back(DType::kFloat32);
    add_inputs(choose_.below(4), out);
    add_steps();
    add_outputs(out, 2);
  }

  void make_reduce() {
    instruction_.opcode = Opcode::kReduce;
    const Shape all = shape();
    Shape out = all;
    const auto kind = static_cast<ReduceKind>(choose_.below(static_cast<int>(ReduceKind::kVariance) + 1));
    const int axis = gives_positions(kind) ? choose_.below(all.rank) : -1;
    for (int i = 0; i < all.rank; i++) {
      if (axis == -1 ? choose_.yes() : i == axis) out.lengths[i] = 1;
    }
    const int inputs = 1 + choose_.below(3);
    for (int i = 0; i < inputs; i++) {
      const DType dtype = kDTypes[choose_.below(4)];
      instruction_.inputs.push_back(view(BufferKind::kInput, dtype, all, false));
      held_.push_back(dtype);
    }
    add_steps();
    int32_t result = choose_.below(static_cast<int>(held_.size()));
    if (kind == ReduceKind::kVariance) result = holding(DType::kFloat32);
    DType dtype = held_[result];
    if (gives_positions(kind) ||
        ((kind == ReduceKind::kSum || kind == ReduceKind::kProd) && dtype != DType::kFloat32)) {
      dtype = DType::kInt32;
    }
    instruction_.attributes = {static_cast<int32_t>(kind), axis};
    instruction_.results.push_back(result);
    instruction_.outputs.push_back(view(BufferKind::kOutput, dtype, out, true));
    instruction_.registers = static_cast<int32_t>(held_.size());
  }

 public:
  bool is_valid() const { return is_valid_; }

 private:
  Choices choose_;
  Draft draft_;
  DraftInstruction instruction_ = {};
  std::vector<DType> held_;  // by register
  std::vector<bool> updated_;
  bool is_valid_ = true;
};

void fail(const char* what, const std::string& why) {
  fprintf(stderr, "%s: %s\n", what, why.c_str());
  abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Maker maker(data, size);
  const std::vector<int32_t> words = maker.make().words();
  if (!maker.is_valid()) return 0;
  std::vector<int32_t> file = {kRecordingMagic, static_cast<int32_t>(words.size())};
  file.insert(file.end(), words.begin(), words.end());
  Recording recording;
  read_recording(reinterpret_cast<const char*>(file.data()), 4 * file.size(), INT64_MAX, &recording);
  static auto* memory = new RunMemory;
  for (const Kernels* kernels : available_kernels()) {
    Player player(recording, memory);
    std::string error;
    if (player.prepare(*kernels, &error) != Refusal::kNone) fail("refused", error);
    const Outcome first = player.run(1);
    if (first.ending != Ending::kRan) fail("did not run", kernels->target);
    if (memory->arena.data() != nullptr) memset(memory->arena.data(), 0x5a, memory->arena.bytes());
    if (!(player.run(2, 1) == first)) fail("the second run gave something else", kernels->target);
  }
  return 0;
}
