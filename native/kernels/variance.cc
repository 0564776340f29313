// Distances of elements to their mean, see variance.h.

#include "variance.h"

#include "../simd/simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

constexpr int64_t kStrip = 64;  // columns whose sums stay in the L1 cache

// Sums of distances and of their squares, some to a lane.
struct Distances {
  Vec sum, squares;

  NG_INLINE void take(Vec distance) {
    sum = add(sum, distance);
    squares = fma(distance, distance, squares);
  }
};

NG_INLINE Distances join(const Distances& a, const Distances& b) {
  return {add(a.sum, b.sum), add(a.squares, b.squares)};
}

NG_INLINE Distances along_row(const float* p, int64_t n, Vec mean) {
  constexpr int kSums = 4;  // of each kind: an addition may start every half cycle, and takes four
  const Vec zero = set1(0.0f);
  Distances d[kSums] = {{zero, zero}, {zero, zero}, {zero, zero}, {zero, zero}};
  int64_t i = 0;
  for (; i + kSums * kLanes <= n; i += kSums * kLanes) {
    NG_UNROLL
    for (int j = 0; j < kSums; j++) d[j].take(sub(load(p + i + j * kLanes), mean));
  }
  for (; i + kLanes <= n; i += kLanes) d[0].take(sub(load(p + i), mean));
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    d[1].take(select(lt(lane_numbers(), set1_int(rest)), sub(load_n(p + i, rest), mean), zero));
  }
  return join(join(d[0], d[1]), join(d[2], d[3]));
}

NG_INLINE float sum_of_lanes(Vec v) {
  float lanes[kLanes];
  store(lanes, v);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

// Element i of the result is the sum of v[i].
NG_INLINE Vec sums_of_lanes(Vec (&v)[kLanes]) {
  transpose(v);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) v[i] = add(v[i], v[i + half]);
  }
  return v[0];
}

// What the distances to a rounded mean say about elements. Where they are not finite, the sum still is what
// adding gave.
NG_INLINE void correct(const Spread& block, int64_t lane, float mean, float sum, float squares,
                       double count) {
  const double distance = static_cast<double>(sum);
  const bool is_finite = distance - distance == 0;
  block.sums[lane] = count * static_cast<double>(mean) + (is_finite ? distance : 0);
  const double apart = static_cast<double>(squares) - distance * distance / count;
  block.squares[lane] = apart < 0 ? 0 : apart;
}

void rows_spread(const Spread& block, const float* sums, const float* source, int64_t stride, int64_t rows,
                 int64_t n) {
  const double count = static_cast<double>(n);
  const float length = static_cast<float>(n);
  int64_t i = 0;
  for (; i + kLanes <= rows; i += kLanes) {
    Vec totals[kLanes], squares[kLanes];
    for (int j = 0; j < kLanes; j++) {
      const Distances d = along_row(source + (i + j) * stride, n, set1(sums[i + j] / length));
      totals[j] = d.sum;
      squares[j] = d.squares;
    }
    float total[kLanes], square[kLanes];
    store(total, sums_of_lanes(totals));
    store(square, sums_of_lanes(squares));
    for (int j = 0; j < kLanes; j++) correct(block, i + j, sums[i + j] / length, total[j], square[j], count);
  }
  for (; i < rows; i++) {
    const float mean = sums[i] / length;
    const Distances d = along_row(source + i * stride, n, set1(mean));
    correct(block, i, mean, sum_of_lanes(d.sum), sum_of_lanes(d.squares), count);
  }
}

void columns_spread(const Spread& block, const float* sums, const float* source, int64_t stride, int64_t rows,
                    int64_t n) {
  constexpr int64_t kRows = 8;  // read side by side, as in reduce.cc
  const double count = static_cast<double>(rows);
  for (int64_t first = 0; first < n; first += kStrip) {
    const int64_t columns = n - first < kStrip ? n - first : kStrip;
    float means[kStrip], totals[kStrip] = {}, squares[kStrip] = {};
    for (int64_t j = 0; j < columns; j++) means[j] = sums[first + j] / static_cast<float>(rows);
    for (int64_t row = 0; row < rows; row += kRows) {
      const int64_t end = row + kRows < rows ? row + kRows : rows;
      for (int64_t j = 0; j < columns; j += kLanes) {
        const int width = static_cast<int>(columns - j < kLanes ? columns - j : kLanes);
        const Vec mean = load_n(means + j, width);
        Distances d = {load_n(totals + j, width), load_n(squares + j, width)};
        const float* p = source + row * stride + first + j;
        for (int64_t i = row; i < end; i++, p += stride) d.take(sub(load_n(p, width), mean));
        store_n(totals + j, d.sum, width);
        store_n(squares + j, d.squares, width);
      }
    }
    for (int64_t j = 0; j < columns; j++) {
      correct(block, first + j, means[j], totals[j], squares[j], count);
    }
  }
}

void merge(const Spread& total, double before, const Spread& more, double count, int64_t lanes) {
  const double weight = before == 0 ? 0 : before * count / (before + count);
  const double share = before == 0 ? 0 : 1 / before, other_share = 1 / count;
  for (int64_t i = 0; i < lanes; i++) {
    const double apart = more.sums[i] * other_share - total.sums[i] * share;
    const double squares = total.squares[i] + more.squares[i] + (before == 0 ? 0 : apart * apart * weight);
    total.sums[i] += more.sums[i];
    total.squares[i] = squares;
  }
}

}  // namespace

extern const VarianceKernels variance_kernels;
const VarianceKernels variance_kernels = {rows_spread, columns_spread, merge};

}  // namespace NG_ISA
}  // namespace ng
