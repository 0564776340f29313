#include "text.h"

#include <cstdarg>
#include <cstdio>

namespace ng {
namespace {

constexpr const char* kOpcodeNames[] = {
#define NG_OPCODE(code, id, name, inputs, extra, attributes, micro, can_fail) name,
#include "opcodes.inc"
};

constexpr const char* kMicroOpNames[] = {
#define NG_MICRO_OP(code, id, name, operands, domain, result) name,
#include "opcodes.inc"
};

constexpr const char* kBufferKindNames[] = {
#define NG_BUFFER_KIND(code, id, name) name,
#include "opcodes.inc"
};

constexpr const char* kDTypeNames[] = {"float32", "float64", "int32", "uint8", "bool"};

}  // namespace

std::string format(const char* pattern, ...) {
  char text[400];
  va_list values;
  va_start(values, pattern);
  vsnprintf(text, sizeof text, pattern, values);
  va_end(values);
  return text;
}

const char* name_of(Opcode opcode) { return kOpcodeNames[static_cast<int>(opcode)]; }

const char* name_of(MicroOp op) { return kMicroOpNames[static_cast<int>(op)]; }

const char* name_of(DType dtype) { return kDTypeNames[static_cast<int>(dtype)]; }

const char* name_of(BufferKind kind) { return kBufferKindNames[static_cast<int>(kind)]; }

std::string shape_text(const View& view) {
  std::string text = "[";
  for (int i = 0; i < view.rank; i++) {
    if (i > 0) text += ", ";
    text += std::to_string(view.shape[i]);
  }
  return text + "]";
}

}  // namespace ng
