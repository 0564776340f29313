// Reductions along rows and down columns, see reduce.h.

#include "reduce.h"

#include <math.h>

#include "../simd/simd-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

enum Kind : int {
#define NG_REDUCE_KIND(code, id, name) id = code,
#include "../program/opcodes.inc"
};

// What is reduced: element and vector types, the operation on both and its identity.

struct FloatLanes {
  using Element = float;
  using Vector = Vec;
  static NG_INLINE Vec broadcast(float x) { return set1(x); }
};
struct IntLanes {
  using Element = int32_t;
  using Vector = IntVec;
  static NG_INLINE IntVec broadcast(int32_t x) { return set1_int(x); }
};

struct FloatSum : FloatLanes {
  static constexpr float kIdentity = 0.0f;
  static NG_INLINE Vec combine(Vec a, Vec b) { return add(a, b); }
  static NG_INLINE float combine(float a, float b) { return a + b; }
};
struct FloatProd : FloatLanes {
  static constexpr float kIdentity = 1.0f;
  static NG_INLINE Vec combine(Vec a, Vec b) { return mul(a, b); }
  static NG_INLINE float combine(float a, float b) { return a * b; }
};
// A NaN on either side stays; max and min themselves let only one on the right through.
struct FloatMax : FloatLanes {
  static constexpr float kIdentity = -INFINITY;
  static NG_INLINE Vec combine(Vec a, Vec b) { return select(is_nan(a), a, max(a, b)); }
  static NG_INLINE float combine(float a, float b) { return a > b || a != a ? a : b; }
};
struct FloatMin : FloatLanes {
  static constexpr float kIdentity = INFINITY;
  static NG_INLINE Vec combine(Vec a, Vec b) { return select(is_nan(a), a, min(a, b)); }
  static NG_INLINE float combine(float a, float b) { return a < b || a != a ? a : b; }
};

NG_INLINE int32_t wrap(uint32_t x) { return static_cast<int32_t>(x); }

struct IntSum : IntLanes {
  static constexpr int32_t kIdentity = 0;
  static NG_INLINE IntVec combine(IntVec a, IntVec b) { return add(a, b); }
  static NG_INLINE int32_t combine(int32_t a, int32_t b) {
    return wrap(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
};
struct IntProd : IntLanes {
  static constexpr int32_t kIdentity = 1;
  static NG_INLINE IntVec combine(IntVec a, IntVec b) { return mul(a, b); }
  static NG_INLINE int32_t combine(int32_t a, int32_t b) {
    return wrap(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
  }
};
struct IntMax : IntLanes {
  static constexpr int32_t kIdentity = INT32_MIN;
  static NG_INLINE IntVec combine(IntVec a, IntVec b) { return max(a, b); }
  static NG_INLINE int32_t combine(int32_t a, int32_t b) { return a > b ? a : b; }
};
struct IntMin : IntLanes {
  static constexpr int32_t kIdentity = INT32_MAX;
  static NG_INLINE IntVec combine(IntVec a, IntVec b) { return min(a, b); }
  static NG_INLINE int32_t combine(int32_t a, int32_t b) { return a < b ? a : b; }
};

// The first n elements, the identity beyond.
template <typename R>
NG_INLINE typename R::Vector load_part(const typename R::Element* p, int n) {
  return select(lt(lane_numbers(), set1_int(n)), load_n(p, n), R::broadcast(R::kIdentity));
}

// All lanes combined, halves first.
template <typename R>
NG_INLINE typename R::Element combine_lanes(typename R::Vector v) {
  typename R::Element lanes[kLanes];
  store(lanes, v);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] = R::combine(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}

// Vectors combined, halves first. The number is a constant, so that they stay in registers.
template <typename R, int kCount>
NG_INLINE typename R::Vector combine_vectors(typename R::Vector (&v)[kCount]) {
  if constexpr (kCount == 1) {
    return v[0];
  } else {
    typename R::Vector half[kCount / 2];
    for (int i = 0; i < kCount / 2; i++) half[i] = R::combine(v[i], v[i + kCount / 2]);
    return combine_vectors<R>(half);
  }
}

// A row in one vector: element i combines some of the row's.
template <typename R>
NG_INLINE typename R::Vector reduce_to_vector(const typename R::Element* p, int64_t n) {
  constexpr int kSums = 8;  // two additions may start every cycle, and each takes four
  auto sum = R::broadcast(R::kIdentity);
  int64_t i = 0;
  if (n >= kSums * kLanes) {
    typename R::Vector sums[kSums];
    for (int j = 0; j < kSums; j++) sums[j] = load(p + j * kLanes);
    for (i = kSums * kLanes; i + kSums * kLanes <= n; i += kSums * kLanes) {
      for (int j = 0; j < kSums; j++) sums[j] = R::combine(sums[j], load(p + i + j * kLanes));
    }
    sum = combine_vectors<R>(sums);
  }
  for (; i + kLanes <= n; i += kLanes) sum = R::combine(sum, load(p + i));
  if (i < n) sum = R::combine(sum, load_part<R>(p + i, static_cast<int>(n - i)));
  return sum;
}

template <typename R>
NG_INLINE typename R::Element reduce_row(const typename R::Element* p, int64_t n) {
  return combine_lanes<R>(reduce_to_vector<R>(p, n));
}

NG_INLINE Vec as_vec(Vec v) { return v; }
NG_INLINE Vec as_vec(IntVec v) { return as_float(v); }
NG_INLINE void from_vec(Vec v, Vec* to) { *to = v; }
NG_INLINE void from_vec(Vec v, IntVec* to) { *to = as_int(v); }

// kLanes rows: element i of the result is that of row i. Combining across rows takes a fraction of what
// combining within each would.
template <typename R>
NG_INLINE typename R::Vector reduce_abreast(const typename R::Element* p, int64_t stride, int64_t n) {
  Vec turned[kLanes];
  for (int i = 0; i < kLanes; i++) turned[i] = as_vec(reduce_to_vector<R>(p + i * stride, n));
  transpose(turned);
  typename R::Vector sums[kLanes];
  for (int i = 0; i < kLanes; i++) from_vec(turned[i], &sums[i]);
  return combine_vectors<R>(sums);
}

template <typename R>
void reduce_rows(void* acc, const void* source, int64_t stride, int64_t rows, int64_t n) {
  auto* to = static_cast<typename R::Element*>(acc);
  const auto* from = static_cast<const typename R::Element*>(source);
  int64_t i = 0;
  for (; i + kLanes <= rows; i += kLanes) {
    store(to + i, R::combine(load(to + i), reduce_abreast<R>(from + i * stride, stride, n)));
  }
  for (; i < rows; i++) to[i] = R::combine(to[i], reduce_row<R>(from + i * stride, n));
}

// A vector of columns, four rows at a time: pairs first, which is also kinder to float sums.
template <typename R, typename Load>
NG_INLINE typename R::Vector reduce_strip(typename R::Vector sum, const typename R::Element* p,
                                          int64_t stride, int64_t rows, const Load& load_row) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4, p += 4 * stride) {
    const auto pair = R::combine(load_row(p), load_row(p + stride));
    const auto next = R::combine(load_row(p + 2 * stride), load_row(p + 3 * stride));
    sum = R::combine(sum, R::combine(pair, next));
  }
  for (; i < rows; i++, p += stride) sum = R::combine(sum, load_row(p));
  return sum;
}

template <typename R>
void reduce_columns(void* acc, const void* source, int64_t stride, int64_t rows, int64_t n) {
  using Element = typename R::Element;
  constexpr int64_t kRows = 8;  // read side by side: more streams than a prefetcher follows gain nothing
  auto* to = static_cast<Element*>(acc);
  const auto whole = [](const Element* p) { return load(p); };
  for (int64_t row = 0; row < rows; row += kRows) {
    const auto* from = static_cast<const Element*>(source) + row * stride;
    const int64_t count = rows - row < kRows ? rows - row : kRows;
    int64_t j = 0;
    for (; j + kLanes <= n; j += kLanes) {
      store(to + j, reduce_strip<R>(load(to + j), from + j, stride, count, whole));
    }
    if (j < n) {
      const int rest = static_cast<int>(n - j);
      const auto part = [rest](const Element* p) { return load_n(p, rest); };
      store_n(to + j, reduce_strip<R>(load_n(to + j, rest), from + j, stride, count, part), rest);
    }
  }
}

// Positions of extrema.

template <typename R>
struct Beyond;
template <>
struct Beyond<FloatMax> {
  static NG_INLINE Mask of(Vec x, Vec best) { return either(gt(x, best), both(is_nan(x), eq(best, best))); }
  static NG_INLINE bool of(float x, float best) { return x > best || (x != x && best == best); }
};
template <>
struct Beyond<FloatMin> {
  static NG_INLINE Mask of(Vec x, Vec best) { return either(lt(x, best), both(is_nan(x), eq(best, best))); }
  static NG_INLINE bool of(float x, float best) { return x < best || (x != x && best == best); }
};
template <>
struct Beyond<IntMax> {
  static NG_INLINE Mask of(IntVec x, IntVec best) { return gt(x, best); }
  static NG_INLINE bool of(int32_t x, int32_t best) { return x > best; }
};
template <>
struct Beyond<IntMin> {
  static NG_INLINE Mask of(IntVec x, IntVec best) { return lt(x, best); }
  static NG_INLINE bool of(int32_t x, int32_t best) { return x < best; }
};

NG_INLINE bool same(float a, float b) { return a == b || (a != a && b != b); }
NG_INLINE bool same(int32_t a, int32_t b) { return a == b; }
NG_INLINE Mask same(Vec a, Vec b) { return either(eq(a, b), both(is_nan(a), is_nan(b))); }
NG_INLINE Mask same(IntVec a, IntVec b) { return eq(a, b); }

// First element of a row that is `value`, which is there.
template <typename R>
NG_INLINE int64_t find_first(const typename R::Element* p, int64_t n, typename R::Element value) {
  const auto wanted = R::broadcast(value);
  int64_t i = 0;
  while (i + kLanes <= n && !any(same(load(p + i), wanted))) i += kLanes;
  while (i + 1 < n && !same(p[i], value)) i++;
  return i;
}

template <typename R>
void arg_rows(void* best, int32_t* where, const void* source, int64_t stride, int64_t rows, int64_t n,
              int64_t index) {
  auto* to = static_cast<typename R::Element*>(best);
  const auto* from = static_cast<const typename R::Element*>(source);
  for (int64_t i = 0; i < rows; i++, from += stride) {
    const auto value = reduce_row<R>(from, n);
    if (!Beyond<R>::of(value, to[i])) continue;
    to[i] = value;
    where[i] = static_cast<int32_t>(index + find_first<R>(from, n, value));
  }
}

template <typename R>
void arg_columns(void* best, int32_t* where, const void* source, int64_t stride, int64_t rows, int64_t n,
                 int64_t index) {
  auto* to = static_cast<typename R::Element*>(best);
  const auto* from = static_cast<const typename R::Element*>(source);
  for (int64_t i = 0; i < rows; i++, from += stride) {
    const auto row = static_cast<int32_t>(index + i);
    int64_t j = 0;
    for (; j + kLanes <= n; j += kLanes) {
      const auto x = load(from + j), now = load(to + j);
      const Mask m = Beyond<R>::of(x, now);
      store(to + j, select(m, x, now));
      store(where + j, select(m, set1_int(row), load(where + j)));
    }
    for (; j < n; j++) {
      if (!Beyond<R>::of(from[j], to[j])) continue;
      to[j] = from[j];
      where[j] = row;
    }
  }
}

ReduceFn find_rows(int kind, Lane lane) {
  const bool is_float = lane == Lane::kFloat;
  switch (kind) {
    case kSum: return is_float ? reduce_rows<FloatSum> : reduce_rows<IntSum>;
    case kProd: return is_float ? reduce_rows<FloatProd> : reduce_rows<IntProd>;
    case kMax: return is_float ? reduce_rows<FloatMax> : reduce_rows<IntMax>;
    default: return is_float ? reduce_rows<FloatMin> : reduce_rows<IntMin>;
  }
}

ReduceFn find_columns(int kind, Lane lane) {
  const bool is_float = lane == Lane::kFloat;
  switch (kind) {
    case kSum: return is_float ? reduce_columns<FloatSum> : reduce_columns<IntSum>;
    case kProd: return is_float ? reduce_columns<FloatProd> : reduce_columns<IntProd>;
    case kMax: return is_float ? reduce_columns<FloatMax> : reduce_columns<IntMax>;
    default: return is_float ? reduce_columns<FloatMin> : reduce_columns<IntMin>;
  }
}

ArgReduceFn find_arg_rows(int kind, Lane lane) {
  if (kind == kArgMax) return lane == Lane::kFloat ? arg_rows<FloatMax> : arg_rows<IntMax>;
  return lane == Lane::kFloat ? arg_rows<FloatMin> : arg_rows<IntMin>;
}

ArgReduceFn find_arg_columns(int kind, Lane lane) {
  if (kind == kArgMax) return lane == Lane::kFloat ? arg_columns<FloatMax> : arg_columns<IntMax>;
  return lane == Lane::kFloat ? arg_columns<FloatMin> : arg_columns<IntMin>;
}

void add_to_double(double* total, const float* part, int64_t n) {
  for (int64_t i = 0; i < n; i++) total[i] += static_cast<double>(part[i]);
}

void mul_to_double(double* total, const float* part, int64_t n) {
  for (int64_t i = 0; i < n; i++) total[i] *= static_cast<double>(part[i]);
}

}  // namespace

extern const ReduceKernels reduce_kernels;
const ReduceKernels reduce_kernels = {find_rows,        find_columns,  find_arg_rows,
                                      find_arg_columns, add_to_double, mul_to_double};

}  // namespace NG_ISA
}  // namespace ng
