// The side of the protocol described in README.md that programs in C and C++ speak.

#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdio.h>
#include <time.h>

static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

// Says that this contestant, of this version, is ready, and calls `run(state, N)` for every line `run N`,
// which does the work N times; a piece of work is so many units.
static inline int serve_counted(const char* version, void (*run)(void* state, long count), void* state,
                                double units) {
  long count;
  printf("ready %s\n", version);
  fflush(stdout);
  while (scanf(" run %ld", &count) == 1) {
    const double start = now();
    run(state, count);
    printf("%.9g\n", (now() - start) / (count * units));
    fflush(stdout);
  }
  return 0;
}

struct Repeated {
  void (*work)(void* state);
  void* state;
};

static inline void repeat(void* repeated, long count) {
  const struct Repeated* self = (const struct Repeated*)repeated;
  for (long i = 0; i < count; i++) self->work(self->state);
}

// The same for `work(state)` that is done once in a call and is one unit.
static inline int serve(const char* version, void (*work)(void* state), void* state) {
  struct Repeated repeated = {work, state};
  return serve_counted(version, repeat, &repeated, 1);
}

#endif
