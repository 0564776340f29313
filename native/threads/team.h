// The threads that run Programs: one team per process, whoever runs.
//
// The threads of a run walk its steps together. They claim the chunks of the current step (shares.h); whoever
// finishes a step's last chunk makes the next step the current one, and runs steps that do not pay to share
// by itself on the way. So nobody ever waits for a thread that holds no chunk: a helper that the system has
// put aside delays nothing, not even the end of the run.

#ifndef NODEGRAD_THREADS_TEAM_H_
#define NODEGRAD_THREADS_TEAM_H_

#include <cstddef>
#include <cstdint>

#include "../drivers/driver.h"
#include "shares.h"

namespace ng {

// What a team runs: steps in order, on the memory of one run.
struct Walk {
  const Step* steps;
  size_t count;
  const Run* run;
  char* scratch;  // of thread i at scratch + i * scratch_stride
  int64_t scratch_stride;
  double shared_nanoseconds;  // see shared_nanoseconds()
};

// Serial time of the steps that several threads would share.
double shared_nanoseconds(const Step* steps, size_t count);

// Runs the steps on up to `threads` threads, the calling one included, and returns when all are done, or when
// the run's index fault was raised and the step that raised it is done. Stays on the calling thread when
// waking others does not pay or another run has the team. The results have the same bits either way.
void run_steps(const Walk& walk, int threads);

}  // namespace ng

#endif  // NODEGRAD_THREADS_TEAM_H_
