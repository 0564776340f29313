// Words for messages.

#ifndef NODEGRAD_PROGRAM_TEXT_H_
#define NODEGRAD_PROGRAM_TEXT_H_

#include <string>

#include "program.h"

namespace ng {

// printf into a string. Messages longer than 400 characters are cut.
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
std::string
format(const char* pattern, ...);

// The names of lib/program/opcodes.ts and lib/dtype.ts.
const char* name_of(Opcode opcode);
const char* name_of(MicroOp op);
const char* name_of(DType dtype);
const char* name_of(BufferKind kind);

// "[32, 784]"
std::string shape_text(const View& view);

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_TEXT_H_
