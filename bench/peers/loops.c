// Loops over arrays as somebody would write them by hand, left to the compiler and OpenMP.
//
//     fused CHAIN SIZE      y = a chain of operations on a and b, by its number in
//     bench/cases/kernels/fused.ts momentum SIZE         z = 0.9 · z + b, y = y - 0.01 · z

#include <omp.h>

#include "protocol.h"

typedef void Loop(long size, const float* restrict a, const float* restrict b, float* restrict y,
                  float* restrict z);

// Threads where there is work for them, as the hand would have it.
#define FOR_ALL _Pragma("omp parallel for simd if (size > 50000)") for (long i = 0; i < size; i++)

static void multiply_add(long size, const float* restrict a, const float* restrict b, float* restrict y,
                         float* restrict z) {
  FOR_ALL y[i] = a[i] * b[i] + a[i];
}

static void add_relu(long size, const float* restrict a, const float* restrict b, float* restrict y,
                     float* restrict z) {
  FOR_ALL y[i] = fmaxf(a[i] + b[i], 0);
}

static void four_operations(long size, const float* restrict a, const float* restrict b, float* restrict y,
                            float* restrict z) {
  FOR_ALL y[i] = fmaxf((a[i] - b[i]) * 1.5f + a[i], 0);
}

static void gate(long size, const float* restrict a, const float* restrict b, float* restrict y,
                 float* restrict z) {
  FOR_ALL y[i] = a[i] / (1 + expf(-b[i]));
}

static void momentum(long size, const float* restrict a, const float* restrict b, float* restrict y,
                     float* restrict z) {
  FOR_ALL {
    z[i] = 0.9f * z[i] + b[i];
    y[i] -= 0.01f * z[i];
  }
}

struct Work {
  Loop* loop;
  long size;
  float *a, *b, *y, *z;
};

static void run_loop(void* state) {
  const struct Work* work = (const struct Work*)state;
  work->loop(work->size, work->a, work->b, work->y, work->z);
}

int main(int argc, char** argv) {
  static Loop* const chains[] = {multiply_add, add_relu, four_operations, gate};
  if (argc < 4) return 1;
  omp_set_num_threads(atoi(argv[1]));
  const long size = atol(argv[argc - 1]);
  struct Work work = {momentum, size, numbers(size, 1), numbers(size, 2), numbers(size, 3), numbers(size, 4)};
  if (strcmp(argv[2], "momentum") == 0) return serve(__VERSION__, run_loop, &work, (struct Result){NULL, 0});
  const int chain = atoi(argv[3]);
  if (chain < 0 || chain > 3) return 1;
  work.loop = chains[chain];
  return serve(__VERSION__, run_loop, &work, (struct Result){work.y, size});
}
