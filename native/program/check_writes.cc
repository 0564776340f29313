#include "check.h"
#include "text.h"

namespace ng {
namespace {

int64_t magnitude(int64_t value) { return value < 0 ? -value : value; }

// Whether no two elements share an address: with the axes ordered by stride, each steps over all that the
// smaller ones reach. Every slice and transposition of a contiguous tensor passes; so would nothing with a
// broadcast axis.
bool has_distinct_elements(const View& view) {
  int axes[kMaxRank];
  int count = 0;
  for (int axis = 0; axis < view.rank; axis++) {
    if (view.shape[axis] == 0) return true;
    if (view.shape[axis] == 1) continue;
    int at = count++;
    for (; at > 0 && magnitude(view.strides[axes[at - 1]]) > magnitude(view.strides[axis]); at--) {
      axes[at] = axes[at - 1];
    }
    axes[at] = axis;
  }
  int64_t reach = 0;
  for (int i = 0; i < count; i++) {
    const int64_t stride = magnitude(view.strides[axes[i]]);
    if (stride <= reach) return false;
    reach += (view.shape[axes[i]] - 1) * stride;
  }
  return true;
}

// A view in bytes of the memory its buffer lies in: the arena, where it is a temp.
struct Extent {
  int64_t low;   // first byte
  int64_t high;  // one past the last byte
};

Extent extent_of(const View& view, const Program& program) {
  const Buffer& buffer = program.buffers[view.buffer];
  const int64_t bytes = size_of(view.dtype);
  const int64_t base = buffer.kind == BufferKind::kTemp ? buffer.place * kArenaBlock : 0;
  Extent extent = {base + view.offset * bytes, base + (view.offset + 1) * bytes};
  for (int axis = 0; axis < view.rank; axis++) {
    if (view.shape[axis] == 0) return {0, 0};
    const int64_t reach = (view.shape[axis] - 1) * view.strides[axis] * bytes;
    (reach < 0 ? extent.low : extent.high) += reach;
  }
  return extent;
}

// Where the elements lie within a period of `period` elements: axes that step over whole periods fall away.
// Returns false where they wrap around the end of the period.
bool residues(const View& view, int64_t period, Extent* extent) {
  int64_t low = view.offset;
  int64_t reach = 0;
  for (int axis = 0; axis < view.rank; axis++) {
    if (view.strides[axis] % period == 0) continue;
    const int64_t step = (view.shape[axis] - 1) * view.strides[axis];
    if (step < 0) low += step;
    reach += magnitude(step);
  }
  low = (low % period + period) % period;
  *extent = {low, low + reach + 1};
  return extent->high <= period;
}

// Whether two views may share a byte. Exact for what slices of one tensor along one axis can be; otherwise
// it errs on the side of yes.
bool may_overlap(const View& a, const View& b, const Program& program) {
  const bool same_buffer = a.buffer == b.buffer;
  const bool both_temps = program.buffers[a.buffer].kind == BufferKind::kTemp &&
                          program.buffers[b.buffer].kind == BufferKind::kTemp;
  if (!same_buffer && !both_temps) return false;
  const Extent in_a = extent_of(a, program);
  const Extent in_b = extent_of(b, program);
  if (in_a.low >= in_b.high || in_b.low >= in_a.high) return false;
  if (!same_buffer) return true;
  for (int axis = 0; axis < a.rank; axis++) {
    const int64_t period = magnitude(a.strides[axis]);
    Extent part_a;
    Extent part_b;
    if (period < 2 || !residues(a, period, &part_a) || !residues(b, period, &part_b)) continue;
    if (part_a.high <= part_b.low || part_b.high <= part_a.low) return false;
  }
  return true;
}

// Whether element i of both views has the same address, for every i. Two temps may be one piece of the arena.
bool coincide(const View& a, const View& b, const Program& program) {
  if (a.rank != b.rank || size_of(a.dtype) != size_of(b.dtype)) return false;
  const Extent in_a = extent_of(a, program);
  const Extent in_b = extent_of(b, program);
  if (in_a.low != in_b.low || in_a.high != in_b.high) return false;
  for (int axis = 0; axis < a.rank; axis++) {
    if (a.shape[axis] != b.shape[axis]) return false;
    if (a.shape[axis] > 1 && a.strides[axis] != b.strides[axis]) return false;
  }
  return true;
}

// Inputs before this one feed a product; those from here on are read element for element.
size_t first_micro_input(Opcode opcode) {
  switch (opcode) {
    case Opcode::kMap: return 0;
    case Opcode::kMatmul:
    case Opcode::kConv2d:
    case Opcode::kConv2dGradInput:
    case Opcode::kConv2dGradWeight: return 2;
    default: return SIZE_MAX;
  }
}

}  // namespace

std::string check_writes(const Instruction& instruction, const Program& program) {
  for (size_t i = 0; i < instruction.outputs.size(); i++) {
    const View& output = *instruction.outputs[i];
    const int number = static_cast<int>(i);
    const BufferKind kind = program.buffers[output.buffer].kind;
    if (kind == BufferKind::kInput || kind == BufferKind::kConstant) {
      return format("output %d lies in buffer %d, which is read-only: kind %s", number, output.buffer,
                    name_of(kind));
    }
    if (!has_distinct_elements(output))
      return format("output %d has several elements at one address", number);
    for (size_t j = 0; j < i; j++) {
      if (may_overlap(output, *instruction.outputs[j], program)) {
        return format("output %d overlaps output %d", number, static_cast<int>(j));
      }
    }
    for (size_t j = 0; j < instruction.inputs.size(); j++) {
      const View& input = *instruction.inputs[j];
      if (!may_overlap(output, input, program)) continue;
      if (j >= first_micro_input(instruction.opcode) && coincide(output, input, program)) continue;
      return format("output %d overlaps input %d", number, static_cast<int>(j));
    }
  }
  return "";
}

}  // namespace ng
