#include "driver.h"

#include "../program/packed.h"

namespace ng {

Builder::Builder(const Program& program, const Kernels& kernels) : program(program), kernels(kernels) {
  for (const Buffer& buffer : program.buffers) {
    lasting_.push_back(buffer.kind == BufferKind::kState || buffer.kind == BufferKind::kConstant);
  }
  for (const Instruction& instruction : program.instructions) {
    for (const View* output : instruction.outputs) lasting_[output->buffer] = false;
  }
}

Packed Builder::reserve_packed(StepFn fn, const View& view, const std::vector<int64_t>& words,
                               int64_t bytes) {
  if (!lasts(view.buffer) || kept_bytes_ + bytes > kPackedBytes / 2) {
    return {-1, reserve_workspace(bytes)};
  }
  std::vector<int64_t> recipe = {reinterpret_cast<intptr_t>(fn), bytes, view.offset, view.rank};
  if (program.buffers[view.buffer].kind == BufferKind::kConstant) recipe.push_back(view.buffer);
  recipe.insert(recipe.end(), view.shape, view.shape + view.rank);
  recipe.insert(recipe.end(), view.strides, view.strides + view.rank);
  recipe.insert(recipe.end(), words.begin(), words.end());
  kept_bytes_ += bytes;
  kept_.push_back({view.buffer, recipe_number(recipe), bytes});
  return {static_cast<int32_t>(kept_.size()) - 1, 0};
}

}  // namespace ng
