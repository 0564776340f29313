// What parse_program() demands of one instruction once its words are read. Drivers rely on all of it.

#ifndef NODEGRAD_PROGRAM_CHECK_H_
#define NODEGRAD_PROGRAM_CHECK_H_

#include <string>

#include "program.h"

namespace ng {

// Shapes, attributes and dtypes of the views, by opcode. Returns an empty string, or what is wrong.
std::string check_shapes(const Instruction& instruction);

// Registers and dtypes of the micro-program; after check_shapes().
std::string check_micro(const Instruction& instruction, int32_t scalars);

// Where the instruction writes: no output on read-only memory, no two elements of an output on one address,
// no output over an input except element for element by a micro-program.
std::string check_writes(const Instruction& instruction, const Program& program);

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_CHECK_H_
