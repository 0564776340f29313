// Changes recordings so that many of them are still Programs: a change of one word almost never leaves one.

#include <algorithm>
#include <cstring>
#include <random>

#include "draft.h"
#include "recording.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace {

using namespace ng;

constexpr int64_t kMostBytes = 4 << 20;
constexpr int kMicroOps = 0
#define NG_MICRO_OP(code, id, name, operands, domain, result) +1
#include "program/opcodes.inc"
    ;

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  // One in how many, and a number below a limit.
  bool one_in(uint32_t n) { return random_() % n == 0; }
  int32_t below(size_t limit) { return static_cast<int32_t>(random_() % std::max<size_t>(limit, 1)); }

  void mutate(Draft* draft) {
    if (draft->instructions.empty() || draft->views.empty()) return;
    switch (below(12)) {
      case 0:
      case 1:
      case 2: return change_length(draft);
      case 3: return change_strides(&any(draft->views));
      case 4: return change_attribute(&any(draft->instructions));
      case 5:
      case 6: return change_micro(&any(draft->instructions));
      case 7: return change_buffer(&any(draft->buffers));
      case 8: return change_operand(draft);
      case 9: return change_instructions(draft);
      case 10: return change_rank(draft);
      default: any(draft->views).offset = number();
    }
  }

 private:
  template <typename T>
  T& any(std::vector<T>& items) {
    return items[below(items.size())];
  }

  static int32_t wrapped(int64_t number) { return static_cast<int32_t>(static_cast<uint32_t>(number)); }

  // Small ones mostly, and those at which something may happen.
  int32_t number() {
    static constexpr int32_t kSpecial[] = {-1, 0,  1,  2,   15,  16,   17,    31,        33,
                                           63, 64, 65, 127, 513, 4097, 65536, INT32_MAX, INT32_MIN};
    if (one_in(4)) return kSpecial[below(sizeof kSpecial / sizeof kSpecial[0])];
    return below(one_in(4) ? 300 : 20);
  }

  // All axes of a length get another, so that operands still fit; rows that lay one behind the other do
  // again.
  void change_length(Draft* draft) {
    const DraftView& chosen = any(draft->views);
    if (chosen.rank == 0) return;
    const int32_t from = chosen.shape[below(chosen.rank)];
    const int32_t to = one_in(16) ? number() : below(one_in(4) ? 130 : 20);
    for (DraftView& view : draft->views) {
      const bool together = is_contiguous(view);
      bool changed = false;
      for (int axis = 0; axis < view.rank; axis++) {
        if (view.shape[axis] != from) continue;
        view.shape[axis] = to;
        changed = true;
      }
      if (changed && together) make_contiguous(&view);
    }
  }

  static bool is_contiguous(const DraftView& view) {
    int64_t step = 1;
    for (int axis = view.rank - 1; axis >= 0; axis--) {
      if (view.shape[axis] != 1 && view.strides[axis] != step) return false;
      step *= view.shape[axis];
    }
    return true;
  }

  static void make_contiguous(DraftView* view) {
    int64_t step = 1;
    for (int axis = view->rank - 1; axis >= 0; axis--) {
      view->strides[axis] = static_cast<int32_t>(step);
      step = std::min<int64_t>(step * std::max(view->shape[axis], 1), INT32_MAX);
    }
  }

  void change_strides(DraftView* view) {
    if (view->rank == 0) return;
    const int axis = below(view->rank), other = below(view->rank);
    switch (below(6)) {
      case 0: view->strides[axis] = 0; break;
      case 1: view->strides[axis] = wrapped(-int64_t{view->strides[axis]}); break;
      case 2: view->strides[axis] = number(); break;
      case 3: std::swap(view->strides[axis], view->strides[other]); break;
      case 4:
        for (int i = 0; i < view->rank; i++) view->strides[i] = wrapped(int64_t{view->strides[i]} * 2);
        break;
      default: make_contiguous(view);
    }
  }

  void change_attribute(DraftInstruction* instruction) {
    if (instruction->attributes.empty()) return;
    int32_t& attribute = any(instruction->attributes);
    attribute = one_in(2) ? wrapped(int64_t{attribute} + 1 - 2 * below(2)) : number();
  }

  void change_micro(DraftInstruction* instruction) {
    if (!instruction->has_micro) return;
    std::vector<MicroInstruction>& code = instruction->code;
    const int32_t registers = instruction->registers =
        std::clamp(instruction->registers + below(2), 1, kMaxRegisters);
    if (one_in(4) && !instruction->results.empty()) any(instruction->results) = below(registers);
    const size_t at = below(code.size() + 1);
    if (code.size() < 40 && one_in(2)) {
      const DType dtype = one_in(4) ? any_dtype() : code.empty() ? DType::kFloat32 : any(code).dtype;
      code.insert(code.begin() + at, {static_cast<MicroOp>(below(kMicroOps)), dtype, below(registers),
                                      below(registers), below(registers), below(registers)});
      return;
    }
    if (code.empty()) return;
    MicroInstruction& step = any(code);
    switch (below(5)) {
      case 0: step.op = static_cast<MicroOp>(below(kMicroOps)); break;
      case 1: step.dtype = any_dtype(); break;
      case 2: step.dst = below(registers); break;
      case 3: (one_in(2) ? step.a : step.b) = one_in(8) ? number() : below(registers); break;
      default: code.erase(code.begin() + below(code.size()));
    }
  }

  void change_buffer(Buffer* buffer) {
    switch (below(3)) {
      case 0: buffer->kind = static_cast<BufferKind>(below(5)); break;
      case 1: buffer->dtype = any_dtype(); break;
      default: buffer->place = std::max(0, number());
    }
  }

  // Another view for an operand, or one more or less.
  void change_operand(Draft* draft) {
    DraftInstruction& instruction = any(draft->instructions);
    std::vector<int32_t>& list = one_in(2) ? instruction.outputs : instruction.inputs;
    const int32_t view = below(draft->views.size());
    if (list.empty() || one_in(4)) {
      list.push_back(view);
    } else if (one_in(4)) {
      list.pop_back();
    } else {
      any(list) = view;
    }
    if (instruction.has_micro) instruction.results.resize(instruction.outputs.size());
  }

  void change_instructions(Draft* draft) {
    std::vector<DraftInstruction>& list = draft->instructions;
    if (one_in(2)) {
      const size_t first = below(list.size());
      draft->keep(first, 1 + below(list.size() - first));
    } else if (list.size() < 8) {
      const DraftInstruction copy = any(list);
      list.insert(list.begin() + below(list.size() + 1), copy);
    } else {
      std::swap(any(list), any(list));
    }
  }

  // An axis more, of length 1 or broadcast, at the same place of all operands of an instruction.
  void change_rank(Draft* draft) {
    const DraftInstruction& instruction = any(draft->instructions);
    const int at = below(3), length = 1 + below(4);
    for (const auto* list : {&instruction.outputs, &instruction.inputs}) {
      for (const int32_t number : *list) {
        DraftView& view = draft->views[number];
        if (view.rank == kMaxRank || at > view.rank) continue;
        const bool together = is_contiguous(view);
        std::copy_backward(view.shape + at, view.shape + view.rank, view.shape + view.rank + 1);
        std::copy_backward(view.strides + at, view.strides + view.rank, view.strides + view.rank + 1);
        view.shape[at] = length;
        view.strides[at] = 0;
        view.rank++;
        if (together && (list == &instruction.outputs || one_in(2))) make_contiguous(&view);
      }
    }
  }

  DType any_dtype() {
    constexpr DType kDTypes[] = {DType::kFloat32, DType::kInt32, DType::kUint8, DType::kBool};
    return one_in(64) ? DType::kFloat64 : kDTypes[below(4)];
  }

  std::minstd_rand random_;
};

// The Program of a recording; false where there is none.
bool read_draft(const uint8_t* data, size_t size, Draft* draft, size_t* program_bytes) {
  Recording recording;
  read_recording(reinterpret_cast<const char*>(data), size, kMostBytes, &recording);
  Program program;
  if (!parse_program(recording.words.data(), recording.words.size(), &program).empty()) return false;
  *draft = Draft(program);
  *program_bytes = 8 + 4 * recording.words.size();
  return true;
}

// Writes a recording of a Program and what else there was; 0 where there is no room.
size_t write_draft(const Draft& draft, const uint8_t* rest, size_t rest_bytes, uint8_t* data, size_t most) {
  const std::vector<int32_t> words = draft.words();
  const size_t bytes = 8 + 4 * words.size();
  if (bytes > most) return 0;
  const Bytes kept(rest, rest + std::min(rest_bytes, most - bytes));
  const int32_t head[2] = {kRecordingMagic, static_cast<int32_t>(words.size())};
  memcpy(data, head, 8);
  memcpy(data + 8, words.data(), bytes - 8);
  if (!kept.empty()) memcpy(data + bytes, kept.data(), kept.size());
  return bytes + kept.size();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  Mutator mutator(seed);
  Draft draft;
  size_t program_bytes;
  if (mutator.one_in(16) || !read_draft(data, size, &draft, &program_bytes)) {
    return LLVMFuzzerMutate(data, size, most);
  }
  const size_t rest_bytes = size - program_bytes;
  if (mutator.one_in(8) && rest_bytes > 0) {
    return program_bytes + LLVMFuzzerMutate(data + program_bytes, rest_bytes, most - program_bytes);
  }
  for (int i = mutator.below(3); i >= 0; i--) mutator.mutate(&draft);
  if (!mutator.one_in(8)) draft.repair(!mutator.one_in(4));
  const size_t written = write_draft(draft, data + program_bytes, rest_bytes, data, most);
  return written > 0 ? written : size;
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data, size_t size, const uint8_t* other,
                                            size_t other_size, uint8_t* out, size_t most, unsigned) {
  Draft draft, more;
  size_t program_bytes, more_bytes;
  if (!read_draft(data, size, &draft, &program_bytes) || !read_draft(other, other_size, &more, &more_bytes))
    return 0;
  draft.append(more);
  return write_draft(draft, data + program_bytes, size - program_bytes, out, most);
}
