#include "im2col.h"

#include "../simd/simd-inl.h"

namespace ng {
namespace NG_ISA {

extern const Im2colKernels im2col_kernels;

namespace {

// Copies a run of more than kLanes * (kVectors - 1) and at most kLanes * kVectors floats for every tap: the
// last vector ends with the run and overlaps the one before, which is cheaper than a masked store.
template <int kVectors>
void pack_run(const float* source, const int64_t* offsets, int64_t taps, float* target, int64_t ld,
              int64_t length) {
  const int64_t last = length - kLanes;
  for (int64_t k = 0; k < taps; k++) {
    const float* s = source + offsets[k];
    float* t = target + k * ld;
    for (int v = 0; v < kVectors - 1; v++) store(t + v * kLanes, load(s + v * kLanes));
    store(t + last, load(s + last));
  }
}

void pack_long_run(const float* source, const int64_t* offsets, int64_t taps, float* target, int64_t ld,
                   int64_t length) {
  const int64_t last = length - kLanes;
  for (int64_t k = 0; k < taps; k++) {
    const float* s = source + offsets[k];
    float* t = target + k * ld;
    for (int64_t i = 0; i < last; i += kLanes) store(t + i, load(s + i));
    store(t + last, load(s + last));
  }
}

// A run shorter than a vector. With `room` a whole vector is stored: the runs that follow overwrite the
// zeros.
void pack_short_run(const float* source, const int64_t* offsets, int64_t taps, float* target, int64_t ld,
                    int length, bool room) {
  if (room) {
    for (int64_t k = 0; k < taps; k++) store(target + k * ld, load_n(source + offsets[k], length));
  } else {
    for (int64_t k = 0; k < taps; k++) store_n(target + k * ld, load_n(source + offsets[k], length), length);
  }
}

void pack(const float* source, const int64_t* offsets, int64_t taps, const PixelRun* runs, int64_t run_count,
          float* panel, int64_t ld) {
  for (int64_t i = 0; i < run_count; i++) {
    const PixelRun& run = runs[i];
    const float* s = source + run.source;
    float* t = panel + run.column;
    if (run.length < kLanes) {
      pack_short_run(s, offsets, taps, t, ld, static_cast<int>(run.length), run.column + kLanes <= ld);
    } else if (run.length == kLanes) {
      pack_run<1>(s, offsets, taps, t, ld, run.length);
    } else if (run.length <= 2 * kLanes) {
      pack_run<2>(s, offsets, taps, t, ld, run.length);
    } else if (run.length <= 3 * kLanes) {
      pack_run<3>(s, offsets, taps, t, ld, run.length);
    } else {
      pack_long_run(s, offsets, taps, t, ld, run.length);
    }
  }
}

}  // namespace

const Im2colKernels im2col_kernels = {pack};

}  // namespace NG_ISA
}  // namespace ng
