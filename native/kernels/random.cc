// Philox4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.

#include "random.h"

#include <string.h>

#include "../simd/math-inl.h"
#include "../simd/window-inl.h"
#include "../simd/words-inl.h"

namespace ng {
namespace NG_ISA {
namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

NG_INLINE IntVec set_word(uint32_t x) { return set1_int(static_cast<int32_t>(x)); }

// The key of every round.
struct Keys {
  IntVec key0[kRounds], key1[kRounds];

  NG_INLINE Keys(uint32_t k0, uint32_t k1) {
    for (int i = 0; i < kRounds; i++, k0 += kWeyl0, k1 += kWeyl1) {
      key0[i] = set_word(k0);
      key1[i] = set_word(k1);
    }
  }
};

// The state of kLanes / 2 counters: a word of each in the even lanes, where the multiplier wants them, and
// anything in the odd ones.
struct Counters {
  IntVec c0, c1, c2, c3;

  NG_INLINE void mix(IntVec key0, IntVec key1) {
    const IntVec product0 = multiply_even(c0, set_word(kMultiplier0));
    const IntVec product1 = multiply_even(c2, set_word(kMultiplier1));
    c0 = bit_xor(bit_xor(odd_to_even(product1), c1), key0);
    c1 = product1;
    c2 = bit_xor(bit_xor(odd_to_even(product0), c3), key1);
    c3 = product0;
  }
};

// The words of kLanes counters, a vector for each of the four.
struct Words {
  IntVec w[4];
};

NG_INLINE IntVec even_lanes(IntVec a, IntVec b) {
  Vec even, odd;
  split(as_float(a), as_float(b), even, odd);
  return as_int(even);
}

NG_INLINE Words philox(const Keys& keys, uint32_t counter, uint32_t stream) {
  const IntVec numbers = add(set_word(counter), shift_right<1>(lane_numbers()));
  const IntVec c2 = set_word(stream), nothing = set1_int(0);
  Counters a = {numbers, nothing, c2, nothing};
  Counters b = {add(numbers, set1_int(kLanes / 2)), nothing, c2, nothing};
  for (int i = 0; i < kRounds; i++) {
    a.mix(keys.key0[i], keys.key1[i]);
    b.mix(keys.key0[i], keys.key1[i]);
  }
  return {{even_lanes(a.c0, b.c0), even_lanes(a.c1, b.c1), even_lanes(a.c2, b.c2), even_lanes(a.c3, b.c3)}};
}

// The upper 24 bits of a word, of which every value is a float: k for k/2^24.
NG_INLINE IntVec upper_bits(IntVec word) { return bit_and(shift_right<8>(word), set1_int(0xffffff)); }

constexpr float kUnit = 1.0f / (1 << 24);

struct Bits {
  static NG_INLINE void make(const Words& words, Vec (&out)[4]) {
    for (int i = 0; i < 4; i++) out[i] = as_float(words.w[i]);
  }
};

struct Uniform {
  static NG_INLINE void make(const Words& words, Vec (&out)[4]) {
    for (int i = 0; i < 4; i++) out[i] = mul(to_float(upper_bits(words.w[i])), set1(kUnit));
  }
};

struct Normal {
  // Box and Muller's two numbers from two words.
  static NG_INLINE void make_pair(IntVec word0, IntVec word1, Vec& first, Vec& second) {
    const Vec u = mul(to_float(add(upper_bits(word0), set1_int(1))), set1(kUnit));
    const Vec radius = sqrt(mul(set1(-2.0f), log(u)));
    // The angle is k/2^24 turns. The nearest quarter is taken off before it is rounded at all.
    const IntVec turn = upper_bits(word1);
    const IntVec quarter = shift_right<22>(add(turn, set1_int(1 << 21)));
    const IntVec rest = sub(turn, shift_left<22>(quarter));
    const Vec r = mul(to_float(rest), set1(1.57079632679f / (1 << 22)));
    const Vec sine = sine_near_0(r), cosine = cosine_near_0(r);
    const Mask even = eq(bit_and(quarter, set1_int(1)), set1_int(0));
    // Where the quarter is odd the two change places; their signs come from its second bit.
    const IntVec sign0 = shift_left<30>(bit_and(add(quarter, set1_int(1)), set1_int(2)));
    const IntVec sign1 = shift_left<30>(bit_and(quarter, set1_int(2)));
    first = mul(radius, as_float(bit_xor(as_int(select(even, cosine, sine)), sign0)));
    second = mul(radius, as_float(bit_xor(as_int(select(even, sine, cosine)), sign1)));
  }

  static NG_INLINE void make(const Words& words, Vec (&out)[4]) {
    make_pair(words.w[0], words.w[1], out[0], out[1]);
    make_pair(words.w[2], words.w[3], out[2], out[3]);
  }
};

template <typename Kind>
void draw(void* out, int64_t n, uint32_t counter, uint32_t stream, uint32_t key0, uint32_t key1) {
  constexpr int64_t kBlock = 4 * kLanes;
  const Keys keys(key0, key1);
  float* to = static_cast<float*>(out);
  for (int64_t i = 0; i < n; i += kBlock, counter += kLanes) {
    Vec v[4], lo02, hi02, lo13, hi13;
    Kind::make(philox(keys, counter, stream), v);
    join(v[0], v[2], lo02, hi02);
    join(v[1], v[3], lo13, hi13);
    join(lo02, lo13, v[0], v[1]);
    join(hi02, hi13, v[2], v[3]);
    float rest[kBlock];
    float* block = n - i < kBlock ? rest : to + i;
    for (int j = 0; j < 4; j++) store(block + j * kLanes, v[j]);
    if (block == rest) memcpy(to + i, rest, static_cast<size_t>(n - i) * sizeof(float));
  }
}

}  // namespace

extern const RandomKernels random_kernels;
const RandomKernels random_kernels = {draw<Bits>, draw<Uniform>, draw<Normal>};

}  // namespace NG_ISA
}  // namespace ng
