// The most float32 arithmetic this machine does: fused multiply-adds on registers, on THREADS threads.
//
// A contestant like the others: says `ready`, then repeats a fixed amount of work N times on every thread for each
// line `run N` and prints the seconds one floating-point operation took.

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif

// More sums under way than latency × units of any processor of today, and few enough for 16 registers.
#define SUMS 12
#define STEPS 100000L

typedef float Vector __attribute__((vector_size(4 * LANES)));

static long count;

static void* work(void* result) {
  // Converges to 2: neither overflow nor denormal numbers. Each read may differ to the compiler, which so can neither
  // compute ahead nor merge sums.
  volatile float half = 0.5f;
  const Vector scale = half - (Vector){0}, shift = scale + scale;
  Vector sums[SUMS];
  for (int i = 0; i < SUMS; i++) sums[i] = half - (Vector){0};
  for (long step = 0; step < count * STEPS; step++) {
    for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * scale + shift;
  }
  for (int i = 1; i < SUMS; i++) sums[0] += sums[i];
  *(volatile float*)result = sums[0][0];
  return NULL;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(int argc, char** argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 1;
  if (threads < 1 || threads > 256) return 1;
  pthread_t team[256];
  float results[256];
  puts("ready");
  fflush(stdout);
  while (scanf(" run %ld", &count) == 1) {
    const double start = now();
    for (int i = 1; i < threads; i++) pthread_create(&team[i], NULL, work, &results[i]);
    work(&results[0]);
    for (int i = 1; i < threads; i++) pthread_join(team[i], NULL);
    printf("%g\n", (now() - start) / (2.0 * LANES * SUMS * STEPS * count * threads));
    fflush(stdout);
  }
}
