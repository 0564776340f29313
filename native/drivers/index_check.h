// Indices that come with the data of a run.

#ifndef NODEGRAD_DRIVERS_INDEX_CHECK_H_
#define NODEGRAD_DRIVERS_INDEX_CHECK_H_

#include <cstdint>

#include "driver.h"

namespace ng {

// Adds the step that ends the run on an index outside [0, limit), before anything is read or written through
// one.
void add_index_check(const View& indices, int64_t limit, Builder& builder);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_INDEX_CHECK_H_
