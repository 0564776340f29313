#include "depthwise.h"

#include "../simd/simd-inl.h"

namespace ng {
namespace NG_ISA {

extern const DepthwiseKernels depthwise_kernels;

namespace {

NG_INLINE Vec load_lanes(const float* p, int n) { return n == kLanes ? load(p) : load_n(p, n); }

// P neighbouring pixels, all channels.
template <int P>
NG_INLINE void pixels_of(const DepthwiseWindow& t, const float* x, const float* w, float* y,
                         int64_t channels) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int lanes = static_cast<int>(channels - c < kLanes ? channels - c : kLanes);
    Vec sums[P];
    NG_UNROLL
    for (int p = 0; p < P; p++) sums[p] = zero();
    NG_UNROLL
    for (int p = 0; p < P; p++) NG_FETCH(x + c + t.rows * t.x_row + p * t.x_pixel);
    for (int64_t i = 0; i < t.rows; i++) {
      for (int64_t j = 0; j < t.cols; j++) {
        const float* at = x + c + i * t.x_row + j * t.x_col;
        const Vec weight = load_lanes(w + c + i * t.w_row + j * t.w_col, lanes);
        NG_UNROLL
        for (int p = 0; p < P; p++) sums[p] = fma(load_lanes(at + p * t.x_pixel, lanes), weight, sums[p]);
      }
    }
    NG_UNROLL
    for (int p = 0; p < P; p++) {
      if (lanes == kLanes) {
        store(y + c + p * t.y_pixel, sums[p]);
      } else {
        store_n(y + c + p * t.y_pixel, sums[p], lanes);
      }
    }
  }
}

void row(const DepthwiseWindow& t, const float* x, const float* w, float* y, int64_t pixels,
         int64_t channels) {
  int64_t p = 0;
  for (; p + 8 <= pixels; p += 8) pixels_of<8>(t, x + p * t.x_pixel, w, y + p * t.y_pixel, channels);
  for (; p + 4 <= pixels; p += 4) pixels_of<4>(t, x + p * t.x_pixel, w, y + p * t.y_pixel, channels);
  for (; p < pixels; p++) pixels_of<1>(t, x + p * t.x_pixel, w, y + p * t.y_pixel, channels);
}

// Taps of a row and vectors of channels summed at once: as many sums as fit the registers.
constexpr int kTaps = 5;
#if defined(NG_ISA_AVX512) || defined(NG_ISA_NEON)
constexpr int kVectors = 4;
#else
constexpr int kVectors = 2;
#endif

// J taps of a row, V vectors of channels, the last of them with `last` lanes.
template <int J, int V>
void taps_of(const DepthwiseWindow& t, const float* x, float* w, const float* y, int64_t pixels, int last) {
  Vec sums[J][V];
  NG_UNROLL
  for (int j = 0; j < J; j++) {
    NG_UNROLL
    for (int v = 0; v < V; v++) sums[j][v] = load(w + j * t.w_col + v * kLanes);
  }
  for (int64_t p = 0; p < pixels; p++) {
    Vec dy[V];
    NG_UNROLL
    for (int v = 0; v < V; v++) dy[v] = load_lanes(y + v * kLanes, v < V - 1 ? kLanes : last);
    NG_UNROLL
    for (int j = 0; j < J; j++) {
      NG_UNROLL
      for (int v = 0; v < V; v++) {
        const Vec at = load_lanes(x + j * t.x_col + v * kLanes, v < V - 1 ? kLanes : last);
        sums[j][v] = fma(at, dy[v], sums[j][v]);
      }
    }
    x += t.x_pixel;
    y += t.y_pixel;
  }
  NG_UNROLL
  for (int j = 0; j < J; j++) {
    NG_UNROLL
    for (int v = 0; v < V; v++) store(w + j * t.w_col + v * kLanes, sums[j][v]);
  }
}

using TapsFn = void (*)(const DepthwiseWindow& t, const float* x, float* w, const float* y, int64_t pixels,
                        int last);

const TapsFn kWhole[kTaps] = {taps_of<1, kVectors>, taps_of<2, kVectors>, taps_of<3, kVectors>,
                              taps_of<4, kVectors>, taps_of<5, kVectors>};
const TapsFn kSingle[kTaps] = {taps_of<1, 1>, taps_of<2, 1>, taps_of<3, 1>, taps_of<4, 1>, taps_of<5, 1>};

void weights(const DepthwiseWindow& t, const float* x, float* w, const float* y, int64_t pixels,
             int64_t channels) {
  for (int64_t i = 0; i < t.rows; i++) {
    for (int64_t j = 0; j < t.cols; j += kTaps) {
      const int64_t taps = t.cols - j < kTaps ? t.cols - j : kTaps;
      const float* at = x + i * t.x_row + j * t.x_col;
      float* sums = w + i * t.w_row + j * t.w_col;
      int64_t c = 0;
      for (; c + kVectors * kLanes <= channels; c += kVectors * kLanes) {
        kWhole[taps - 1](t, at + c, sums + c, y + c, pixels, kLanes);
      }
      for (; c < channels; c += kLanes) {
        const int last = static_cast<int>(channels - c < kLanes ? channels - c : kLanes);
        kSingle[taps - 1](t, at + c, sums + c, y + c, pixels, last);
      }
    }
  }
}

}  // namespace

const DepthwiseKernels depthwise_kernels = {row, weights};

}  // namespace NG_ISA
}  // namespace ng
