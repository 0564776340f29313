// The most float32 arithmetic this machine does: fused multiply-adds on registers, on THREADS threads.
//
// A contestant like the others, but for its unit: one floating-point operation.

#include "team.h"

// More sums under way than latency × units of any processor of today, and few enough for 16 registers.
#define SUMS 12
#define STEPS 100000L

static void work(struct Member* member, long count) {
  // Converges to 2: neither overflow nor denormal numbers. Each read may differ to the compiler, which so can
  // neither compute ahead nor merge sums.
  volatile float half = 0.5f;
  const Vector scale = half - (Vector){0}, shift = scale + scale;
  Vector sums[SUMS];
  for (int i = 0; i < SUMS; i++) sums[i] = half - (Vector){0};
  for (long step = 0; step < count * STEPS; step++) {
    for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * scale + shift;
  }
  for (int i = 1; i < SUMS; i++) sums[0] += sums[i];
  member->result = sums[0][0];
}

int main(int argc, char** argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 1;
  return serve_team(threads, work, 2.0 * LANES * SUMS * STEPS * threads);
}
