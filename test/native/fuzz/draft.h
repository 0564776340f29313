// A Program that can be changed: what parse_program() has read, as numbers, and its words again.

#ifndef NODEGRAD_TEST_FUZZ_DRAFT_H_
#define NODEGRAD_TEST_FUZZ_DRAFT_H_

#include <cstdint>
#include <vector>

#include "program/program.h"

namespace ng {

struct DraftView {
  int32_t buffer, offset, rank;
  int32_t shape[kMaxRank], strides[kMaxRank];
};

struct DraftInstruction {
  Opcode opcode;
  std::vector<int32_t> outputs, inputs, attributes;
  bool has_micro;
  int32_t registers;
  std::vector<int32_t> results;
  std::vector<MicroInstruction> code;
};

struct Draft {
  std::vector<Buffer> buffers;
  std::vector<DraftView> views;
  std::vector<DraftInstruction> instructions;
  int32_t arena_blocks = 0;
  int32_t scalars = 0;

  Draft() = default;
  explicit Draft(const Program& program);

  std::vector<int32_t> words() const;

  // Makes counts and lengths fit again: buffers as long as what is seen of them, slots one after the other,
  // room in the arena, scalars for all that are read. What is meant by the Program may still be nonsense.
  void repair(bool move_temps);

  // Keeps `count` instructions from number `first` on, and the views and buffers they use. Temporaries that
  // others were to write become inputs.
  void keep(size_t first, size_t count);

  // Appends another Program's instructions, with buffers of their own.
  void append(const Draft& other);

 private:
  int64_t place_temps(bool move);
};

}  // namespace ng

#endif  // NODEGRAD_TEST_FUZZ_DRAFT_H_
