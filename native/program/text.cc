#include "text.h"

#include <cstdarg>
#include <cstdio>

namespace ng {

std::string format(const char* pattern, ...) {
  char text[400];
  va_list values;
  va_start(values, pattern);
  vsnprintf(text, sizeof text, pattern, values);
  va_end(values);
  return text;
}

const char* name_of(Opcode opcode) {
  switch (opcode) {
#define NG_OPCODE(code, id, name, inputs, extra, attributes, micro, can_fail) \
  case Opcode::id: return name; #include "opcodes.inc"
  }
  return "?";
}

const char* name_of(MicroOp op) {
  switch (op) {
#define NG_MICRO_OP(code, id, name, operands, domain, result) \
  case MicroOp::id: return name; #include "opcodes.inc"
  }
  return "?";
}

const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat32: return "float32";
    case DType::kFloat64: return "float64";
    case DType::kInt32: return "int32";
    case DType::kUint8: return "uint8";
    case DType::kBool: return "bool";
  }
  return "?";
}

const char* name_of(BufferKind kind) {
  switch (kind) {
#define NG_BUFFER_KIND(code, id, name) \
  case BufferKind::id: return name; #include "opcodes.inc"
  }
  return "?";
}

std::string shape_text(const View& view) {
  std::string text = "[";
  for (int i = 0; i < view.rank; i++) {
    if (i > 0) text += ", ";
    text += std::to_string(view.shape[i]);
  }
  return text + "]";
}

}  // namespace ng
