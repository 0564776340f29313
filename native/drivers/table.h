// The drivers by opcode.

#ifndef NODEGRAD_DRIVERS_TABLE_H_
#define NODEGRAD_DRIVERS_TABLE_H_

#include "driver.h"

namespace ng {

// kPrepare[static_cast<int>(opcode)] prepares an instruction of that opcode.
extern const Prepare kPrepare[];

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_TABLE_H_
