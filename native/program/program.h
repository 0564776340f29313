// A Program as the machine sees it: the words of lib/program/format.ts, checked and given types.
//
// parse_program() is the only way in. It checks every count, view, register and attribute in 64-bit
// arithmetic, because a Program may come from a file: whatever it accepts can be run without reading or
// writing outside a buffer, as long as the bound buffers have the lengths it states and indices are checked
// where they are used.

#ifndef NODEGRAD_PROGRAM_PROGRAM_H_
#define NODEGRAD_PROGRAM_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ng {

enum class DType : int32_t { kFloat32, kFloat64, kInt32, kUint8, kBool };

// Bytes of one element.
inline int64_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat64: return 8;
    case DType::kUint8:
    case DType::kBool: return 1;
    default: return 4;
  }
}

enum class Opcode : int32_t {
#define NG_OPCODE(code, id, name, inputs, extra, attributes, micro, can_fail) id = code,
#include "opcodes.inc"
};

enum class MicroOp : int32_t {
#define NG_MICRO_OP(code, id, name, operands, domain, result) id = code,
#include "opcodes.inc"
};

enum class ReduceKind : int32_t {
#define NG_REDUCE_KIND(code, id, name) id = code,
#include "opcodes.inc"
};

// Whether a reduction gives positions rather than values.
inline bool gives_positions(ReduceKind kind) {
  return kind == ReduceKind::kArgMax || kind == ReduceKind::kArgMin;
}

enum class Accuracy : int32_t {
#define NG_ACCURACY(code, id, name) id = code,
#include "opcodes.inc"
};

enum class PoolKind : int32_t {
#define NG_POOL_KIND(code, id, name) id = code,
#include "opcodes.inc"
};

enum class RandomKind : int32_t {
#define NG_RANDOM_KIND(code, id, name) id = code,
#include "opcodes.inc"
};

enum class BufferKind : int32_t {
#define NG_BUFFER_KIND(code, id, name) id = code,
#include "opcodes.inc"
};

#define NG_FORMAT(id, value) constexpr int32_t id = value;
#include "opcodes.inc"

constexpr int kMaxRank = 8;

struct Buffer {
  BufferKind kind;
  DType dtype;
  int64_t length;  // elements
  int64_t place;   // temp: offset in the arena in blocks of kArenaBlock bytes; otherwise the slot a run binds
};

// A strided window on a buffer. Offset and strides count elements; strides may be 0 (broadcast) or negative.
struct View {
  int32_t buffer;
  int32_t rank;
  DType dtype;
  int64_t offset;
  int64_t shape[kMaxRank];
  int64_t strides[kMaxRank];

  int64_t size() const {
    int64_t n = 1;
    for (int i = 0; i < rank; i++) n *= shape[i];
    return n;
  }

  // Whether the elements lie one behind the other in row-major order (axes of length 1 do not matter).
  bool is_contiguous() const {
    int64_t step = 1;
    for (int i = rank - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != step) return false;
      step *= shape[i];
    }
    return true;
  }
};

struct MicroInstruction {
  MicroOp op;
  DType dtype;
  int32_t dst, a, b, c;
};

// The micro-program of an instruction; `code` is empty where values pass through unchanged.
struct Micro {
  int32_t registers = 0;
  std::vector<int32_t> results;  // the register each output takes
  std::vector<MicroInstruction> code;
};

struct Instruction {
  Opcode opcode;
  std::vector<const View*> outputs;
  std::vector<const View*> inputs;
  const int32_t* attributes;  // as many as the opcode has, in the order of lib/program/opcodes.ts
  Micro micro;
};

// Owns its words: views and attributes of instructions point into it, so it does not move or copy.
struct Program {
  std::vector<int32_t> words;
  std::vector<Buffer> buffers;
  std::vector<View> views;
  std::vector<Instruction> instructions;
  int64_t arena_bytes = 0;
  int32_t scalars = 0;
  int32_t slots[5] = {};  // how many buffers of each BufferKind

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
};

// Fills `program` from words. Returns an empty string, or what is wrong: "view 3: reaches outside buffer 1".
std::string parse_program(const int32_t* words, size_t count, Program* program);

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_PROGRAM_H_
