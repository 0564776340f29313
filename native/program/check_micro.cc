#include "check.h"
#include "text.h"

namespace ng {
namespace {

// Dtypes a micro-op computes on, and what it leaves in its register; see lib/program/opcodes.ts.
enum class Domain { kFloat, kNumber, kComparable, kBool, kAny };
enum class Result { kOperand, kBool, kTarget };

struct MicroInfo {
  int operands;
  Domain domain;
  Result result;
};

constexpr MicroInfo kMicroOps[] = {
#define NG_MICRO_OP(code, id, name, operands, domain, result) {operands, domain, result},
#include "opcodes.inc"
};

bool contains(Domain domain, DType dtype) {
  const bool is_float = dtype == DType::kFloat32 || dtype == DType::kFloat64;
  switch (domain) {
    case Domain::kFloat: return is_float;
    case Domain::kNumber: return is_float || dtype == DType::kInt32;
    case Domain::kBool: return dtype == DType::kBool;
    case Domain::kComparable:
    case Domain::kAny: return true;
  }
  return false;
}

// The dtype each register holds, as the micro-program goes along.
class Registers {
 public:
  explicit Registers(int32_t count) : count_(count) {}

  bool exists(int32_t number) const { return number >= 0 && number < count_; }

  void assign(int32_t number, DType dtype) {
    assigned_[number] = true;
    dtypes_[number] = dtype;
  }

  // Empty when the register holds a value of the dtype.
  std::string expect(int32_t number, DType dtype) const {
    if (!exists(number)) return format("register %d of %d", number, count_);
    if (!assigned_[number]) return format("register %d is read before it is assigned", number);
    if (dtypes_[number] == dtype) return "";
    return format("register %d holds %s, expected %s", number, name_of(dtypes_[number]), name_of(dtype));
  }

 private:
  int32_t count_;
  bool assigned_[kMaxRegisters] = {};
  DType dtypes_[kMaxRegisters] = {};
};

std::string check_step(const MicroInstruction& step, int32_t scalars, Registers* registers) {
  const MicroInfo& info = kMicroOps[static_cast<int>(step.op)];
  if (!contains(info.domain, step.dtype)) return format("does not exist for %s", name_of(step.dtype));
  if (step.op == MicroOp::kScalar && (step.a < 0 || step.a >= scalars)) {
    return format("scalar slot %d of %d", step.a, scalars);
  }
  const int32_t operands[3] = {step.a, step.b, step.c};
  for (int i = 0; i < info.operands; i++) {
    DType expected = step.dtype;
    if (step.op == MicroOp::kWhere && i == 0) expected = DType::kBool;
    if (step.op == MicroOp::kCast) {
      if (step.b < 0 || step.b > static_cast<int32_t>(DType::kBool))
        return format("unknown dtype %d", step.b);
      expected = static_cast<DType>(step.b);
    }
    std::string error = registers->expect(operands[i], expected);
    if (!error.empty()) return error;
  }
  if (!registers->exists(step.dst)) return format("no such destination: register %d", step.dst);
  registers->assign(step.dst, info.result == Result::kBool ? DType::kBool : step.dtype);
  return "";
}

// The dtype an output's register must hold: its own, but what a reduction takes in is wider.
std::string check_result(const Instruction& instruction, size_t output, const Registers& registers) {
  const DType dtype = instruction.outputs[output]->dtype;
  const int32_t result = instruction.micro.results[output];
  if (instruction.opcode != Opcode::kReduce) return registers.expect(result, dtype);
  const auto kind = static_cast<ReduceKind>(instruction.attributes[0]);
  const bool index = gives_positions(kind);
  if (kind == ReduceKind::kVariance && dtype != DType::kFloat32 && dtype != DType::kFloat64) {
    return format("output is %s, expected a float", name_of(dtype));
  }
  const bool widens = kind == ReduceKind::kSum || kind == ReduceKind::kProd;
  if (dtype != DType::kInt32 || !(index || widens)) {
    const bool narrow = dtype == DType::kUint8 || dtype == DType::kBool;
    if (index) return format("output is %s, expected int32", name_of(dtype));
    if (widens && narrow) return format("output is %s, expected a float or int32", name_of(dtype));
    return registers.expect(result, dtype);
  }
  for (DType source : {DType::kInt32, DType::kUint8, DType::kBool, DType::kFloat32, DType::kFloat64}) {
    const bool is_float = source == DType::kFloat32 || source == DType::kFloat64;
    if ((index || !is_float) && registers.expect(result, source).empty()) return "";
  }
  return registers.expect(result, DType::kInt32);
}

}  // namespace

std::string check_micro(const Instruction& instruction, int32_t scalars) {
  const Micro& micro = instruction.micro;
  if (micro.results.empty()) return "";  // an instruction without a micro-program
  // Matrix products and convolutions hand over their product, then come the extra inputs.
  const bool contracts = instruction.opcode != Opcode::kMap && instruction.opcode != Opcode::kReduce;
  const size_t first_extra = contracts ? 2 : 0;
  const size_t loaded = (contracts ? 1 : 0) + instruction.inputs.size() - first_extra;
  if (loaded > static_cast<size_t>(micro.registers)) {
    return format("micro-program: %d registers for %zu inputs", micro.registers, loaded);
  }
  Registers registers(micro.registers);
  int32_t next = 0;
  if (contracts) registers.assign(next++, instruction.inputs[0]->dtype);
  for (size_t i = first_extra; i < instruction.inputs.size(); i++) {
    registers.assign(next++, instruction.inputs[i]->dtype);
  }
  for (size_t i = 0; i < micro.code.size(); i++) {
    std::string error = check_step(micro.code[i], scalars, &registers);
    if (!error.empty()) {
      return format("micro-op %d: %s: ", static_cast<int>(i), name_of(micro.code[i].op)) + error;
    }
  }
  for (size_t i = 0; i < micro.results.size(); i++) {
    std::string error = check_result(instruction, i, registers);
    if (!error.empty()) return format("result of output %d: ", static_cast<int>(i)) + error;
  }
  return "";
}

}  // namespace ng
