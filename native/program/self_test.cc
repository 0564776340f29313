#include "self_test.h"

#include <cstdint>
#include <vector>

#include "machine.h"

namespace ng {
namespace {

// out = max(a · b + c, 0) for a [kRows, kInner], b [kInner, kColumns], c and out [kRows, kColumns]: sizes
// that are no multiple of any vector length.
constexpr int32_t kRows = 7;
constexpr int32_t kInner = 19;
constexpr int32_t kColumns = 21;

void add_buffer(std::vector<int32_t>* words, BufferKind kind, int32_t length, int32_t slot) {
  words->insert(words->end(),
                {static_cast<int32_t>(kind), static_cast<int32_t>(DType::kFloat32), length, slot});
}

void add_matrix(std::vector<int32_t>* words, int32_t buffer, int32_t rows, int32_t columns) {
  words->insert(words->end(), {buffer, 0, 2, rows, columns, 0, 0, 0, 0, 0, 0, columns, 1, 0, 0, 0, 0, 0, 0});
}

void add_micro(std::vector<int32_t>* words, MicroOp op, int32_t dst, int32_t a, int32_t b) {
  words->insert(words->end(),
                {static_cast<int32_t>(op), static_cast<int32_t>(DType::kFloat32), dst, a, b, 0});
}

std::vector<int32_t> make_program() {
  constexpr int32_t kWords = 2 + 4 + 3 + 3 * kMicroWords;  // heads, views, micro-program
  std::vector<int32_t> words = {kProgramMagic, kProgramAbi, 4, 4, 1, kWords, 0, 0};
  add_buffer(&words, BufferKind::kInput, kRows * kInner, 0);
  add_buffer(&words, BufferKind::kInput, kInner * kColumns, 1);
  add_buffer(&words, BufferKind::kInput, kRows * kColumns, 2);
  add_buffer(&words, BufferKind::kOutput, kRows * kColumns, 0);
  add_matrix(&words, 0, kRows, kInner);
  add_matrix(&words, 1, kInner, kColumns);
  add_matrix(&words, 2, kRows, kColumns);
  add_matrix(&words, 3, kRows, kColumns);
  const int32_t opcode = static_cast<int32_t>(Opcode::kMatmul);
  words.insert(words.end(), {opcode | kWords << 16, 1 | 3 << 16, 3, 0, 1, 2});
  words.insert(words.end(), {3, 3, 0});  // registers, micro-instructions, result
  add_micro(&words, MicroOp::kAdd, 0, 0, 1);
  add_micro(&words, MicroOp::kConstant, 2, 0, 0);
  add_micro(&words, MicroOp::kMax, 0, 0, 2);
  return words;
}

// Small integers of both signs, so that every sum is exact in any order.
void fill(std::vector<float>* values, int seed) {
  for (size_t i = 0; i < values->size(); i++) (*values)[i] = static_cast<float>((i * 7 + seed) % 11) - 5;
}

}  // namespace

bool self_test(const Kernels& kernels) {
  const std::vector<int32_t> words = make_program();
  PreparedProgram program;
  std::string error;
  if (program.prepare(words.data(), words.size(), kernels, &error) != Refusal::kNone) return false;

  std::vector<float> a(kRows * kInner), b(kInner * kColumns), c(kRows * kColumns), out(kRows * kColumns);
  fill(&a, 1);
  fill(&b, 2);
  fill(&c, 3);
  char* inputs[] = {reinterpret_cast<char*>(a.data()), reinterpret_cast<char*>(b.data()),
                    reinterpret_cast<char*>(c.data())};
  char* outputs[] = {reinterpret_cast<char*>(out.data())};
  Arena arena;
  IndexFault fault;
  const auto pool = std::make_shared<PackedPool>();
  if (!program.run({inputs, nullptr, outputs, nullptr}, &arena, pool, 1, &fault)) return false;
  for (int i = 0; i < kRows; i++) {
    for (int j = 0; j < kColumns; j++) {
      float sum = c[i * kColumns + j];
      for (int k = 0; k < kInner; k++) sum += a[i * kInner + k] * b[k * kColumns + j];
      if (out[i * kColumns + j] != (sum > 0 ? sum : 0)) return false;
    }
  }
  return true;
}

}  // namespace ng
