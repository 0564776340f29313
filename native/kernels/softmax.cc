#include "softmax.h"

#include <math.h>
#include <stdint.h>

#include "../simd/math-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

// Elements whose float32 sum is folded into the float64 total: keeps the error of long rows small.
constexpr int64_t kPart = 64 * kLanes;

constexpr int64_t kLine = 64 / sizeof(float);  // elements of a cache line

NG_INLINE Vec nan_max(Vec a, Vec b) { return select(is_nan(a), a, max(a, b)); }

// Lanes [n, kLanes) become `filler`.
NG_INLINE Vec fill_from(Vec v, int n, float filler) {
  return select(lt(lane_numbers(), set1_int(n)), v, set1(filler));
}

// Fetches the cache line that element i of a row begins, if it does.
NG_INLINE void fetch(const float* row, int64_t i) {
  if (i % kLine == 0) prefetch(row + i);
}

// The largest element; NaN if there is one.
NG_INLINE float row_max(const float* x, int64_t n) {
  Vec m[4];
  for (Vec& v : m) v = set1(-INFINITY);
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    for (int j = 0; j < 4; j++) m[j] = nan_max(m[j], load(x + i + j * kLanes));
  }
  for (; i + kLanes <= n; i += kLanes) m[0] = nan_max(m[0], load(x + i));
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    m[1] = nan_max(m[1], fill_from(load_n(x + i, rest), rest, -INFINITY));
  }
  const Vec all = nan_max(nan_max(m[0], m[1]), nan_max(m[2], m[3]));
  return any(is_nan(all)) ? NAN : reduce_max(all);
}

// Σ f(i, rest) over vectors of a row; f gives a vector for element i, of which `rest` lanes count (the others
// are 0). Two sums run side by side.
template <typename F>
NG_INLINE double sum_vectors(int64_t n, const F& f) {
  double total = 0;
  for (int64_t part = 0; part < n; part += kPart) {
    const int64_t end = part + kPart < n ? part + kPart : n;
    Vec even = zero(), odd = zero();
    int64_t i = part;
    for (; i + 2 * kLanes <= end; i += 2 * kLanes) {
      even = add(even, f(i, kLanes));
      odd = add(odd, f(i + kLanes, kLanes));
    }
    for (; i < end; i += kLanes)
      even = add(even, f(i, end - i < kLanes ? static_cast<int>(end - i) : kLanes));
    total += static_cast<double>(reduce_add(add(even, odd)));
  }
  return total;
}

NG_INLINE Vec load_some(const float* p, int n) { return n == kLanes ? load(p) : load_n(p, n); }
NG_INLINE void store_some(float* p, Vec v, int n) {
  if (n == kLanes) {
    store(p, v);
  } else {
    store_n(p, v, n);
  }
}

// y[i] = f(i, lanes) over a row, past the caches if asked.
template <typename F>
NG_INLINE void map_row(float* y, int64_t n, bool streamed, const F& f) {
  int64_t i = 0;
  if (streamed) {
    const auto misplaced = static_cast<int64_t>(reinterpret_cast<uintptr_t>(y) / sizeof(float) % kLanes);
    i = misplaced == 0 ? 0 : kLanes - misplaced;
    if (i > n) i = n;
    if (i > 0) store_n(y, f(0, static_cast<int>(i)), static_cast<int>(i));
    for (; i + kLanes <= n; i += kLanes) stream(y + i, f(i, kLanes));
  }
  for (; i + kLanes <= n; i += kLanes) store(y + i, f(i, kLanes));
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    store_n(y + i, f(i, rest), rest);
  }
}

// e^x for x <= 0, and NaN.
NG_INLINE Vec exp_below_one(Vec x) { return exp_within(max(set1(-104.0f), x)); }

// y = e^(x - top); returns the sum. The exponentials leave memory idle, so `next`, what will be read after x,
// is fetched meanwhile.
NG_INLINE double exponentials(float* y, const float* x, const float* next, int64_t n, Vec top) {
  return sum_vectors(n, [=](int64_t i, int lanes) {
    fetch(next, i);
    const Vec e = exp_below_one(sub(load_some(x + i, lanes), top));
    store_some(y + i, e, lanes);
    return lanes == kLanes ? e : fill_from(e, lanes, 0.0f);
  });
}

// The sum alone.
NG_INLINE double sum_exponentials(const float* x, const float* next, int64_t n, Vec top) {
  return sum_vectors(n, [=](int64_t i, int lanes) {
    fetch(next, i);
    const Vec e = exp_below_one(sub(load_some(x + i, lanes), top));
    return lanes == kLanes ? e : fill_from(e, lanes, 0.0f);
  });
}

// y = e * factor.
NG_INLINE void scale_row(float* y, const float* e, int64_t n, bool streamed, float factor) {
  const Vec scale = set1(factor);
  map_row(y, n, streamed, [=](int64_t i, int lanes) { return mul(load_some(e + i, lanes), scale); });
}

// ---- Short rows, as many at a time as a vector has lanes: each in a lane of its own.

constexpr int64_t kShortRow = 32;
constexpr int64_t kMaxColumns = (kShortRow + kLanes - 1) / kLanes * kLanes;

// columns[j] = element j of up to kLanes rows.
NG_INLINE void load_columns(Vec* columns, const SoftmaxRows& from, int64_t row, int64_t rows, int64_t n) {
  for (int64_t j = 0; j < n; j += kLanes) {
    const int width = n - j < kLanes ? static_cast<int>(n - j) : kLanes;
    Vec v[kLanes];
    for (int i = 0; i < kLanes; i++) v[i] = i < rows ? load_some(from.at(row + i) + j, width) : zero();
    transpose(v);
    for (int i = 0; i < kLanes; i++) columns[j + i] = v[i];
  }
}

NG_INLINE void store_columns(const SoftmaxRows& to, Vec* columns, int64_t row, int64_t rows, int64_t n) {
  for (int64_t j = 0; j < n; j += kLanes) {
    const int width = n - j < kLanes ? static_cast<int>(n - j) : kLanes;
    Vec v[kLanes];
    for (int i = 0; i < kLanes; i++) v[i] = columns[j + i];
    transpose(v);
    for (int i = 0; i < kLanes && i < rows; i++) store_some(to.at(row + i) + j, v[i], width);
  }
}

template <bool kLog>
void softmax_short(const SoftmaxRows* operands, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; row += kLanes) {
    const int64_t lanes = rows - row < kLanes ? rows - row : kLanes;
    Vec columns[kMaxColumns];
    load_columns(columns, operands[1], row, lanes, n);
    Vec top = columns[0], total = zero();
    for (int64_t j = 1; j < n; j++) top = nan_max(top, columns[j]);
    for (int64_t j = 0; j < n; j++) {
      const Vec shifted = sub(columns[j], top), e = exp_below_one(shifted);
      total = add(total, e);
      columns[j] = kLog ? shifted : e;
    }
    const Vec last = kLog ? log(total) : div(set1(1.0f), total);
    for (int64_t j = 0; j < n; j++) columns[j] = kLog ? sub(columns[j], last) : mul(columns[j], last);
    store_columns(operands[0], columns, row, lanes, n);
  }
}

void softmax(const SoftmaxRows* operands, int64_t rows, int64_t n, float* aside) {
  if (n <= kShortRow && rows > 1) return softmax_short<false>(operands, rows, n);
  for (int64_t row = 0; row < rows; row++) {
    float* y = operands[0].at(row);
    const float* x = operands[1].at(row);
    float* e = aside != nullptr ? aside : y;
    const double total = exponentials(e, x, operands[1].at(row + 1), n, set1(row_max(x, n)));
    scale_row(y, e, n, aside != nullptr, static_cast<float>(1.0 / total));
  }
}

void log_softmax(const SoftmaxRows* operands, int64_t rows, int64_t n, float* aside) {
  if (n <= kShortRow && rows > 1) return softmax_short<true>(operands, rows, n);
  for (int64_t row = 0; row < rows; row++) {
    float* y = operands[0].at(row);
    const float* x = operands[1].at(row);
    const Vec top = set1(row_max(x, n));
    const Vec log_total =
        set1(static_cast<float>(::log(sum_exponentials(x, operands[1].at(row + 1), n, top))));
    map_row(y, n, aside != nullptr,
            [=](int64_t i, int lanes) { return sub(sub(load_some(x + i, lanes), top), log_total); });
  }
}

void softmax_grad(const SoftmaxRows* operands, int64_t rows, int64_t n, float* aside) {
  for (int64_t row = 0; row < rows; row++) {
    const float *dy = operands[1].at(row), *y = operands[2].at(row);
    const double total = sum_vectors(
        n, [=](int64_t i, int lanes) { return mul(load_some(dy + i, lanes), load_some(y + i, lanes)); });
    const Vec dot = set1(static_cast<float>(total));
    map_row(operands[0].at(row), n, aside != nullptr, [=](int64_t i, int lanes) {
      return mul(load_some(y + i, lanes), sub(load_some(dy + i, lanes), dot));
    });
  }
}

void log_softmax_grad(const SoftmaxRows* operands, int64_t rows, int64_t n, float* aside) {
  for (int64_t row = 0; row < rows; row++) {
    const float *dy = operands[1].at(row), *y = operands[2].at(row);
    const double total = sum_vectors(n, [=](int64_t i, int lanes) { return load_some(dy + i, lanes); });
    const Vec sum = set1(static_cast<float>(total));
    map_row(operands[0].at(row), n, aside != nullptr, [=](int64_t i, int lanes) {
      return sub(load_some(dy + i, lanes), mul(exp(load_some(y + i, lanes)), sum));
    });
  }
}

NG_INLINE int32_t label_of(const SoftmaxRows& labels, int64_t row) {
  return reinterpret_cast<const int32_t*>(labels.data)[row * labels.stride];
}

void cross_entropy(const SoftmaxRows* operands, int64_t rows, int64_t n, float*) {
  for (int64_t row = 0; row < rows; row++) {
    const float* x = operands[1].at(row);
    const float top = row_max(x, n);
    const double log_total = ::log(sum_exponentials(x, operands[1].at(row + 1), n, set1(top)));
    const double shifted = static_cast<double>(x[label_of(operands[2], row)]) - static_cast<double>(top);
    *operands[0].at(row) = static_cast<float>(log_total - shifted);
  }
}

// The softmax, scaled by dy in the same pass, and dy · (softmax - 1) where the label is.
void cross_entropy_grad(const SoftmaxRows* operands, int64_t rows, int64_t n, float*) {
  for (int64_t row = 0; row < rows; row++) {
    float* dx = operands[0].at(row);
    const float dy = *operands[1].at(row);
    const float* x = operands[2].at(row);
    const double total = exponentials(dx, x, operands[2].at(row + 1), n, set1(row_max(x, n)));
    float* labelled = dx + label_of(operands[3], row);
    const double share = static_cast<double>(*labelled) / total;
    scale_row(dx, dx, n, false, static_cast<float>(static_cast<double>(dy) / total));
    *labelled = static_cast<float>(static_cast<double>(dy) * (share - 1));
  }
}

}  // namespace

extern const SoftmaxKernels softmax_kernels;
const SoftmaxKernels softmax_kernels = {softmax,          log_softmax,   softmax_grad,
                                        log_softmax_grad, cross_entropy, cross_entropy_grad};

}  // namespace NG_ISA
}  // namespace ng
