// The side of the protocol described in README.md that programs in C and C++ speak.

#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// What a contestant computes into, for others to compare with; of size 0 where there is nothing to compare.
struct Result {
  const float* values;
  long size;
};

static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

// Number i of the random sequence `seed`, uniform in [-0.5, 0.5). The same in all languages: see README.md.
static inline float number(uint32_t i, uint32_t seed) {
  uint32_t bits = i * 0x9e3779b1u + seed * 0x85ebca77u;
  bits = (bits ^ (bits >> 16)) * 0x85ebca6bu;
  bits = (bits ^ (bits >> 13)) * 0xc2b2ae35u;
  bits ^= bits >> 16;
  return (bits >> 8) * 0x1p-24f - 0.5f;
}

// The first numbers of the sequence `seed`, in memory aligned to cache lines.
static inline float* numbers(long size, uint32_t seed) {
  float* values = (float*)aligned_alloc(64, (size * sizeof(float) + 63) / 64 * 64);
  if (values == NULL) exit(1);
  for (long i = 0; i < size; i++) values[i] = number(i, seed);
  return values;
}

// What shows whether two results are the same: their sum weighted by the sequence 0, and their norm.
static inline void print_check(struct Result result) {
  double sum = 0, squares = 0;
  for (long i = 0; i < result.size; i++) {
    const double value = result.values[i];
    sum += value * number(i, 0);
    squares += value * value;
  }
  printf(result.size > 0 ? "%.9g %.9g\n" : "nothing\n", sum, sqrt(squares));
}

// Says that this contestant, of this version, is ready, and calls `run(state, N)` for every line `run N`,
// which does the work N times; a piece of work is so many units. A line `check` asks what the work results
// in.
static inline int serve_counted(const char* version, void (*run)(void* state, long count), void* state,
                                double units, struct Result result) {
  char line[64];
  printf("ready %s\n", version);
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strncmp(line, "check", 5) == 0) {
      if (result.size > 0) run(state, 1);
      print_check(result);
    } else {
      const long count = atol(line + 4);
      const double start = now();
      run(state, count);
      printf("%.9g\n", (now() - start) / (count * units));
    }
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
static inline int serve(const char* version, void (*work)(void* state), void* state, struct Result result) {
  struct Repeated repeated = {work, state};
  return serve_counted(version, repeat, &repeated, 1, result);
}

#endif
