#include "im2col.h"

#include "../simd/merge-inl.h"
#include "../simd/simd-inl.h"

#if defined(_MSC_VER) && !defined(__clang__)
#define NG_NOINLINE __declspec(noinline)
#else
#define NG_NOINLINE __attribute__((noinline))
#endif

namespace ng {
namespace NG_ISA {

extern const Im2colKernels im2col_kernels;

namespace {

// What a run gives to a vector of columns: lanes [begin, end), lane i from source[offset of the tap + i].
struct Piece {
  const float* source;
  int begin, end;
};

// One vector of columns, for every tap. The masks of the pieces stay in registers; not inlined, so that the
// few registers there are for masks and addresses are those of one loop.
template <int kPieces>
NG_NOINLINE void pack_vector(const Piece* pieces, const int64_t* offsets, int64_t taps, float* target,
                             int64_t ld) {
  Piece piece[kPieces];
  for (int i = 0; i < kPieces; i++) piece[i] = pieces[i];
  for (int64_t k = 0; k < taps; k++) {
    Vec v = zero();
    for (int i = 0; i < kPieces; i++)
      v = merge(v, piece[i].source + offsets[k], piece[i].begin, piece[i].end);
    store(target + k * ld, v);
  }
}

NG_NOINLINE void pack_many_pieces(const Piece* pieces, int count, const int64_t* offsets, int64_t taps,
                                  float* target, int64_t ld) {
  for (int64_t k = 0; k < taps; k++) {
    Vec v = zero();
    for (int i = 0; i < count; i++)
      v = merge(v, pieces[i].source + offsets[k], pieces[i].begin, pieces[i].end);
    store(target + k * ld, v);
  }
}

NG_NOINLINE void pack_whole_vector(const float* source, const int64_t* offsets, int64_t taps, float* target,
                                   int64_t ld) {
  for (int64_t k = 0; k < taps; k++) store(target + k * ld, load(source + offsets[k]));
}

void pack(const float* source, const int64_t* offsets, int64_t taps, const PixelRun* runs, int64_t run_count,
          float* panel, int64_t ld) {
  const int64_t columns = runs[run_count - 1].column + runs[run_count - 1].length;
  const PixelRun* run = runs;
  for (int64_t column = 0; column < columns; column += kLanes) {
    Piece pieces[kLanes];
    int count = 0;
    for (;; run++) {  // the runs that overlap [column, column + kLanes)
      const int64_t begin = run->column - column, end = begin + run->length;
      pieces[count++] = {source + run->source - begin, static_cast<int>(begin > 0 ? begin : 0),
                         static_cast<int>(end < kLanes ? end : kLanes)};
      if (end >= kLanes || run == runs + run_count - 1) break;
    }
    if (run->column + run->length == column + kLanes) run++;  // used up
    float* target = panel + column;
    const bool whole = count == 1 && pieces[0].end - pieces[0].begin == kLanes;
    switch (whole ? 0 : count) {
      case 0: pack_whole_vector(pieces[0].source, offsets, taps, target, ld); break;
      case 1: pack_vector<1>(pieces, offsets, taps, target, ld); break;
      case 2: pack_vector<2>(pieces, offsets, taps, target, ld); break;
      case 3: pack_vector<3>(pieces, offsets, taps, target, ld); break;
      default: pack_many_pieces(pieces, count, offsets, taps, target, ld);
    }
  }
}

}  // namespace

const Im2colKernels im2col_kernels = {pack};

}  // namespace NG_ISA
}  // namespace ng
