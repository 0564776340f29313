#include "draft.h"

#include <algorithm>

namespace ng {
namespace {

struct OpcodeInfo {
  int attributes;
  bool micro;
};

constexpr OpcodeInfo kOpcodes[] = {
#define NG_OPCODE(code, id, name, inputs, extra, attributes, micro, can_fail) {attributes, micro},
#include "program/opcodes.inc"
};

// More than this no buffer grows: larger Programs are slow and find nothing else.
constexpr int64_t kMostElements = 1 << 18;

std::vector<int32_t> numbers_of(const std::vector<const View*>& views, const Program& program) {
  std::vector<int32_t> numbers;
  for (const View* view : views) numbers.push_back(static_cast<int32_t>(view - program.views.data()));
  return numbers;
}

int64_t blocks_of(const Buffer& buffer) {
  return (buffer.length * size_of(buffer.dtype) + kArenaBlock - 1) / kArenaBlock;
}

void append_words(std::vector<int32_t>* words, const std::vector<int32_t>& more) {
  words->insert(words->end(), more.begin(), more.end());
}

void append_instruction(std::vector<int32_t>* words, const DraftInstruction& instruction) {
  const size_t start = words->size();
  words->push_back(0);
  words->push_back(static_cast<int32_t>(instruction.outputs.size() | instruction.inputs.size() << 16));
  append_words(words, instruction.outputs);
  append_words(words, instruction.inputs);
  append_words(words, instruction.attributes);
  if (instruction.has_micro) {
    words->push_back(instruction.registers);
    words->push_back(static_cast<int32_t>(instruction.code.size()));
    append_words(words, instruction.results);
    for (const MicroInstruction& step : instruction.code) {
      append_words(words, {static_cast<int32_t>(step.op), static_cast<int32_t>(step.dtype), step.dst, step.a,
                           step.b, step.c});
    }
  }
  const size_t length = words->size() - start;
  (*words)[start] = static_cast<int32_t>(static_cast<uint32_t>(instruction.opcode) | length << 16);
}

// The numbers of what is kept, in their order; -1 for the others.
std::vector<int32_t> renumber(const std::vector<bool>& kept) {
  std::vector<int32_t> numbers(kept.size(), -1);
  int32_t next = 0;
  for (size_t i = 0; i < kept.size(); i++) {
    if (kept[i]) numbers[i] = next++;
  }
  return numbers;
}

template <typename T>
void drop_others(std::vector<T>* items, const std::vector<bool>& kept) {
  size_t next = 0;
  for (size_t i = 0; i < kept.size(); i++) {
    if (kept[i]) (*items)[next++] = (*items)[i];
  }
  items->resize(next);
}

}  // namespace

Draft::Draft(const Program& program)
    : buffers(program.buffers),
      arena_blocks(static_cast<int32_t>(program.arena_bytes / kArenaBlock)),
      scalars(program.scalars) {
  for (const View& view : program.views) {
    DraftView draft = {view.buffer, static_cast<int32_t>(view.offset), view.rank, {}, {}};
    std::copy_n(view.shape, kMaxRank, draft.shape);
    std::copy_n(view.strides, kMaxRank, draft.strides);
    views.push_back(draft);
  }
  for (const Instruction& in : program.instructions) {
    const OpcodeInfo& info = kOpcodes[static_cast<int>(in.opcode)];
    instructions.push_back({in.opcode, numbers_of(in.outputs, program), numbers_of(in.inputs, program),
                            std::vector<int32_t>(in.attributes, in.attributes + info.attributes), info.micro,
                            in.micro.registers, in.micro.results, in.micro.code});
  }
}

std::vector<int32_t> Draft::words() const {
  std::vector<int32_t> code;
  for (const DraftInstruction& instruction : instructions) append_instruction(&code, instruction);
  std::vector<int32_t> words = {kProgramMagic,
                                kProgramAbi,
                                static_cast<int32_t>(buffers.size()),
                                static_cast<int32_t>(views.size()),
                                static_cast<int32_t>(instructions.size()),
                                static_cast<int32_t>(code.size()),
                                arena_blocks,
                                scalars};
  for (const Buffer& buffer : buffers) {
    append_words(&words, {static_cast<int32_t>(buffer.kind), static_cast<int32_t>(buffer.dtype),
                          static_cast<int32_t>(buffer.length), static_cast<int32_t>(buffer.place)});
  }
  for (const DraftView& view : views) {
    append_words(&words, {view.buffer, view.offset, view.rank});
    words.insert(words.end(), view.shape, view.shape + kMaxRank);
    words.insert(words.end(), view.strides, view.strides + kMaxRank);
  }
  append_words(&words, code);
  return words;
}

void Draft::repair(bool move_temps) {
  std::vector<int64_t> needed(buffers.size());
  for (DraftView& view : views) {
    int64_t low = 0, high = 0;
    for (int axis = 0; axis < view.rank; axis++) {
      const int64_t reach = (int64_t{view.shape[axis]} - 1) * view.strides[axis];
      if (view.shape[axis] > 0) (reach < 0 ? low : high) += reach;
    }
    if (high - low >= kMostElements || view.offset < 0 || view.offset >= kMostElements) continue;
    if (view.offset + low < 0) view.offset = static_cast<int32_t>(-low);
    needed[view.buffer] = std::max(needed[view.buffer], view.offset + high + 1);
  }
  int64_t slots[5] = {};
  for (size_t i = 0; i < buffers.size(); i++) {
    buffers[i].length = std::max(buffers[i].length, needed[i]);
    if (buffers[i].length > 4 * needed[i]) buffers[i].length = needed[i];
    if (buffers[i].kind != BufferKind::kTemp) buffers[i].place = slots[static_cast<int>(buffers[i].kind)]++;
  }
  arena_blocks = static_cast<int32_t>(place_temps(move_temps));
  for (const DraftInstruction& instruction : instructions) {
    for (const MicroInstruction& step : instruction.code) {
      if (step.op == MicroOp::kScalar && step.a >= scalars && step.a < 100) scalars = step.a + 1;
    }
  }
}

// Returns how many blocks the arena must have.
int64_t Draft::place_temps(bool move) {
  int64_t blocks = 0;
  for (Buffer& buffer : buffers) {
    if (buffer.kind != BufferKind::kTemp) continue;
    if (move) buffer.place = blocks;
    blocks = std::max(blocks, buffer.place + blocks_of(buffer));
  }
  return blocks;
}

void Draft::keep(size_t first, size_t count) {
  instructions.erase(instructions.begin() + first + count, instructions.end());
  instructions.erase(instructions.begin(), instructions.begin() + first);
  std::vector<bool> has_view(views.size()), has_buffer(buffers.size()), written(buffers.size());
  for (const DraftInstruction& instruction : instructions) {
    for (const int32_t view : instruction.inputs) {
      Buffer& buffer = buffers[views[view].buffer];
      const bool unwritten = !written[views[view].buffer];
      if (buffer.kind == BufferKind::kTemp && unwritten) buffer.kind = BufferKind::kInput;
    }
    for (const auto* list : {&instruction.inputs, &instruction.outputs}) {
      for (const int32_t view : *list) has_view[view] = has_buffer[views[view].buffer] = true;
    }
    for (const int32_t view : instruction.outputs) written[views[view].buffer] = true;
  }
  const std::vector<int32_t> view_numbers = renumber(has_view), buffer_numbers = renumber(has_buffer);
  for (DraftInstruction& instruction : instructions) {
    for (auto* list : {&instruction.inputs, &instruction.outputs}) {
      for (int32_t& view : *list) view = view_numbers[view];
    }
  }
  for (DraftView& view : views) view.buffer = buffer_numbers[view.buffer];
  drop_others(&views, has_view);
  drop_others(&buffers, has_buffer);
  // What is written after it was read as an input cannot be one.
  for (size_t i = 0; i < instructions.size(); i++) {
    for (const int32_t view : instructions[i].outputs) {
      Buffer& buffer = buffers[views[view].buffer];
      if (buffer.kind == BufferKind::kInput) buffer.kind = BufferKind::kOutput;
    }
  }
  repair(true);
}

void Draft::append(const Draft& other) {
  const int32_t first_buffer = static_cast<int32_t>(buffers.size()),
                first_view = static_cast<int32_t>(views.size());
  buffers.insert(buffers.end(), other.buffers.begin(), other.buffers.end());
  for (DraftView view : other.views) {
    view.buffer += first_buffer;
    views.push_back(view);
  }
  for (DraftInstruction instruction : other.instructions) {
    for (auto* list : {&instruction.inputs, &instruction.outputs}) {
      for (int32_t& view : *list) view += first_view;
    }
    instructions.push_back(instruction);
  }
  scalars = std::max(scalars, other.scalars);
  repair(true);
}

}  // namespace ng
