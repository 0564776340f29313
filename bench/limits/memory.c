// The most memory this machine sweeps over: memory THREADS read|copy|stream BYTES.
//
// `read` reads all the bytes, `copy` copies one half of them to the other, `stream` does so with stores that
// pass the caches by. Every thread has its own share of the bytes and sweeps over it again and again, without
// waiting for the others. A contestant like the others, but for its unit: one byte read or written.

#include <stdint.h>
#include <string.h>

#include "team.h"

#if defined(__SSE__)
#include <immintrin.h>
#endif

// Vectors in flight: enough for the latency of a load or an addition.
#define UNROLL 8
#define BLOCK (UNROLL * sizeof(Vector))
// Places that a sweep reads at once, or streams to: beyond the caches several get more out of memory than
// one. A copy that leaves its lines in the caches is the faster the plainer.
#define PLACES 4

static char* memory;
static size_t share;  // bytes of a thread, for each half a multiple of PLACES blocks

// Ends what the compiler may move or merge: a copy stays the loop it is, and every sweep reads again.
static inline void barrier(void) { __asm__ volatile("" ::: "memory"); }

static inline void store_past_caches(Vector* to, Vector value) {
#if defined(__clang__)
  __builtin_nontemporal_store(value, to);
#elif defined(__AVX512F__)
  _mm512_stream_ps((float*)to, (__m512)value);
#elif defined(__AVX__)
  _mm256_stream_ps((float*)to, (__m256)value);
#elif defined(__SSE__)
  _mm_stream_ps((float*)to, (__m128)value);
#else
  *to = value;
#endif
}

static void read_sweeps(struct Member* member, long count) {
  const char* from = memory + member->index * share;
  const size_t part = share / PLACES;
  Vector sums[UNROLL] = {{0}};
  for (long sweep = 0; sweep < count; sweep++) {
    for (size_t at = 0; at < part; at += BLOCK) {
      for (int place = 0; place < PLACES; place++) {
        const Vector* block = (const Vector*)(from + place * part + at);
        for (int i = 0; i < UNROLL; i++) sums[i] += block[i];
      }
    }
    barrier();
  }
  for (int i = 1; i < UNROLL; i++) sums[0] += sums[i];
  member->result = sums[0][0];
}

static void copy_sweeps(struct Member* member, long count) {
  const char* from = memory + member->index * share;
  char* to = memory + member->index * share + share / 2;
  for (long sweep = 0; sweep < count; sweep++) {
    for (size_t at = 0; at < share / 2; at += BLOCK) {
      const Vector* source = (const Vector*)(from + at);
      Vector* target = (Vector*)(to + at);
      for (int i = 0; i < UNROLL; i++) target[i] = source[i];
      barrier();
    }
  }
}

static void stream_sweeps(struct Member* member, long count) {
  const char* from = memory + member->index * share;
  char* to = memory + member->index * share + share / 2;
  const size_t part = share / 2 / PLACES;
  for (long sweep = 0; sweep < count; sweep++) {
    for (size_t at = 0; at < part; at += BLOCK) {
      for (int place = 0; place < PLACES; place++) {
        const Vector* source = (const Vector*)(from + place * part + at);
        Vector* target = (Vector*)(to + place * part + at);
        for (int i = 0; i < UNROLL; i++) store_past_caches(target + i, source[i]);
      }
    }
  }
#if defined(__SSE__)
  _mm_sfence();
#endif
}

int main(int argc, char** argv) {
  if (argc != 4) return 1;
  const int threads = atoi(argv[1]);
  if (threads < 1 || threads > MAX_THREADS) return 1;
  const size_t smallest = 2 * PLACES * BLOCK;
  const size_t wanted = strtoull(argv[3], NULL, 10) / threads / smallest;
  share = (wanted > 0 ? wanted : 1) * smallest;
  memory = (char*)aligned_alloc(4096, (threads * share + 4095) / 4096 * 4096);
  if (memory == NULL) return 1;
  memset(memory, 0, threads * share);
  void (*const sweeps)(struct Member*, long) = strcmp(argv[2], "read") == 0   ? read_sweeps
                                               : strcmp(argv[2], "copy") == 0 ? copy_sweeps
                                                                              : stream_sweeps;
  return serve_team(threads, sweeps, (double)threads * share);
}
