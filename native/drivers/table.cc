#include "table.h"

namespace ng {

const Prepare kPrepare[] = {
#define NG_OPCODE(code, id, name, inputs, extra, attributes, micro, can_fail) prepare_##id,
#include "../program/opcodes.inc"
};

}  // namespace ng
