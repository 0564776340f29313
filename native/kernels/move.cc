#include "move.h"

#include <stdint.h>
#include <string.h>

#include "../simd/simd-inl.h"

namespace ng {
namespace NG_ISA {

extern const MoveKernels move_kernels;

namespace {

// From this length on, the call of memcpy is paid for.
constexpr int64_t kLongRow = 64;

constexpr int64_t kLine = 64 / sizeof(float);  // elements of a cache line

// Elements before the next cache line begins.
NG_INLINE int64_t before_line(const float* p) {
  return -static_cast<int64_t>(reinterpret_cast<uintptr_t>(p) / sizeof(float)) & (kLine - 1);
}

// One row of 4-byte elements. Vectors of floats serve for all of them: moves keep every bit.
NG_INLINE void copy_row(uint32_t* out, const uint32_t* in, int64_t n, bool streamed) {
  if (n >= kLongRow && !streamed) {
    memcpy(out, in, static_cast<size_t>(n) * 4);
    return;
  }
  float* to = reinterpret_cast<float*>(out);
  const float* from = reinterpret_cast<const float*>(in);
  int64_t j = 0;
  if (n >= kLongRow) {
    for (; j < before_line(to); j++) out[j] = in[j];
    for (; j + kLine <= n; j += kLine) {
      for (int64_t k = 0; k < kLine; k += kLanes) stream(to + j + k, load(from + j + k));
    }
  }
  for (; j + kLanes <= n; j += kLanes) store(to + j, load(from + j));
  if (j < n) store_n(to + j, load_n(from + j, static_cast<int>(n - j)), static_cast<int>(n - j));
}

NG_INLINE void copy_row(uint8_t* out, const uint8_t* in, int64_t n, bool) {
  memcpy(out, in, static_cast<size_t>(n));
}

// Rows i0 .. i0 + m of the transposed matrix by columns j0 .. j0 + n, through one block of registers.
template <bool kStreamed>
NG_INLINE void transpose_block(const MoveTile& t, float* out, const float* in, int m, int n) {
  Vec v[kLanes];
  for (int j = 0; j < kLanes; j++) {
    v[j] = j >= n ? zero() : m == kLanes ? load(in + j * t.in_col) : load_n(in + j * t.in_col, m);
  }
  transpose(v);
  for (int i = 0; i < kLanes; i++) {
    if (i >= m) break;
    if (kStreamed) {
      stream(out + i * t.out_row, v[i]);
    } else if (n == kLanes) {
      store(out + i * t.out_row, v[i]);
    } else {
      store_n(out + i * t.out_row, v[i], n);
    }
  }
}

// out_col == 1, in_row == 1. Cache lines are streamed where rows begin with one; elsewhere a tile would write
// parts of lines, which is slow past the caches.
void transpose_tile(const MoveTile& t, uint32_t* out, const uint32_t* in) {
  float* to = reinterpret_cast<float*>(out);
  const float* from = reinterpret_cast<const float*>(in);
  const bool streamed = t.streamed && before_line(to) == 0 && t.out_row % kLine == 0;
  const int64_t lines = streamed ? t.cols / kLine * kLine : 0;
  for (int64_t i = 0; i < t.rows; i += kLanes) {
    const int m = static_cast<int>(t.rows - i < kLanes ? t.rows - i : kLanes);
    int64_t j = 0;
    if (m == kLanes) {
      for (; j < lines; j += kLanes) {
        transpose_block<true>(t, to + i * t.out_row + j, from + i + j * t.in_col, kLanes, kLanes);
      }
      for (; j + kLanes <= t.cols; j += kLanes) {
        transpose_block<false>(t, to + i * t.out_row + j, from + i + j * t.in_col, kLanes, kLanes);
      }
    }
    for (; j < t.cols; j += kLanes) {
      const int n = static_cast<int>(t.cols - j < kLanes ? t.cols - j : kLanes);
      transpose_block<false>(t, to + i * t.out_row + j, from + i + j * t.in_col, m, n);
    }
  }
}

// The same with bytes, widened on the way; what fills no block is moved one by one.
void transpose_tile(const MoveTile& t, uint8_t* out, const uint8_t* in) {
  for (int64_t i = 0; i < t.rows; i += kLanes) {
    const int64_t m = t.rows - i < kLanes ? t.rows - i : kLanes;
    for (int64_t j = 0; j < t.cols; j += kLanes) {
      const int64_t n = t.cols - j < kLanes ? t.cols - j : kLanes;
      uint8_t* to = out + i * t.out_row + j;
      const uint8_t* from = in + i + j * t.in_col;
      if (m == kLanes && n == kLanes) {
        Vec v[kLanes];
        for (int k = 0; k < kLanes; k++) v[k] = as_float(load_bytes(from + k * t.in_col));
        transpose(v);
        for (int k = 0; k < kLanes; k++) store_bytes(to + k * t.out_row, as_int(v[k]));
        continue;
      }
      for (int64_t k = 0; k < m; k++) {
        for (int64_t l = 0; l < n; l++) to[k * t.out_row + l] = from[k + l * t.in_col];
      }
    }
  }
}

template <typename T>
void move(const MoveTile& t, T* out, const T* in) {
  if (t.out_col == 1 && t.in_row == 1 && t.in_col != 1 && t.in_col != 0) return transpose_tile(t, out, in);
  for (int64_t i = 0; i < t.rows; i++, out += t.out_row, in += t.in_row) {
    if (t.out_col == 1 && t.in_col == 1) {
      copy_row(out, in, t.cols, t.streamed);
    } else if (t.out_col == 1 && t.in_col == 0) {
      const T value = *in;
      for (int64_t j = 0; j < t.cols; j++) out[j] = value;
    } else if (t.out_col == 1 && t.in_col == -1) {
      for (int64_t j = 0; j < t.cols; j++) out[j] = in[-j];
    } else {
      for (int64_t j = 0; j < t.cols; j++) out[j * t.out_col] = in[j * t.in_col];
    }
  }
}

// Rows from this length on are fetched ahead; over shorter ones the processor looks ahead by itself.
constexpr int64_t kFetchedBytes = 1024;

template <typename T>
void pick(const MovePick& p, T* out, const T* in, const int32_t* index) {
  const auto row = [=](int64_t i)
                       NG_INLINE_LAMBDA { return in + i * p.in_row + index[i * p.index_step] * p.pick; };
  if (p.cols == 1) {
    for (int64_t i = 0; i < p.rows; i++) out[i * p.out_row] = *row(i);
    return;
  }
  constexpr int64_t line = 64 / sizeof(T);
  const int64_t fetched = p.cols * static_cast<int64_t>(sizeof(T)) >= kFetchedBytes ? p.cols : 0;
  for (int64_t i = 0; i < p.rows; i++) {
    const T* next = row(i + 1 < p.rows ? i + 1 : i);
    for (int64_t j = 0; j < fetched; j += line) prefetch(next + j);
    copy_row(out + i * p.out_row, row(i), p.cols, p.streamed);
  }
}

void drain_streams() { drain(); }

}  // namespace

const MoveKernels move_kernels = {move<uint32_t>, move<uint8_t>, pick<uint32_t>, pick<uint8_t>,
                                  drain_streams};

}  // namespace NG_ISA
}  // namespace ng
