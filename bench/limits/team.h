// Threads that do the same at the same time, and the protocol of bench/peers/README.md around them.

#ifndef TEAM_H
#define TEAM_H

#include <pthread.h>
#include <stdlib.h>

#include "../peers/protocol.h"

#define MAX_THREADS 256

// The widest vector there is.
#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
typedef float Vector __attribute__((vector_size(4 * LANES)));

struct Member {
  int index;
  int threads;
  long count;
  void (*work)(struct Member* member, long count);
  volatile float result;  // keeps the compiler from dropping the work
};

static void* enter(void* member) {
  struct Member* self = (struct Member*)member;
  self->work(self, self->count);
  return NULL;
}

struct Team {
  int threads;
  struct Member members[MAX_THREADS];
};

// Threads are made anew for every line `run N`: they are nothing beside a turn, and none spins meanwhile.
static void run_team(void* state, long count) {
  struct Team* team = (struct Team*)state;
  pthread_t handles[MAX_THREADS];
  for (int i = 0; i < team->threads; i++) team->members[i].count = count;
  for (int i = 1; i < team->threads; i++) pthread_create(&handles[i], NULL, enter, &team->members[i]);
  enter(&team->members[0]);
  for (int i = 1; i < team->threads; i++) pthread_join(handles[i], NULL);
}

// Serves with `work(member, N)` on every thread; a unit of work is a `units`-th of what the threads do in one
// of the N.
static int serve_team(int threads, void (*work)(struct Member* member, long count), double units) {
  static struct Team team;
  if (threads < 1 || threads > MAX_THREADS) return 1;
  team.threads = threads;
  for (int i = 0; i < threads; i++)
    team.members[i] = (struct Member){.index = i, .threads = threads, .work = work};
  return serve_counted("1", run_team, &team, units, (struct Result){NULL, 0});
}

#endif
