// The vector type kernels are written over, as thin as it can be: every function is one instruction or a few.
// The file of the instruction set being built (NG_ISA) defines, in ng::NG_ISA:
//
//   kLanes              floats of a vector: 4, 8 or 16
//   Vec                 kLanes floats in a register
//   load, store         memory of any alignment
//   stream              a store past the caches, to aligned memory; it may come after later stores
//   drain               lets no later store come before what was streamed
//   load_n, store_n     the first n elements, 0 <= n <= kLanes, and no memory beyond; the others load as 0
//   prefetch            asks for a cache line that will be read; any address will do
//   zero, set1          all elements 0, all elements one value
//   add, sub, mul, div  element by element
//   fma(a, b, c)        a * b + c, rounded once; twice where the machine has no such instruction (base)
//   min, max            of elements that are not NaN; a NaN in b comes out, one in a may not
//   sqrt, abs, neg
//   floor, ceil, round  round is half to even; NaN, infinities and the sign of zeros stay
//   reciprocal_estimate
//                       1 / a to 14 bits at least, for a in [2^-100, 2^100], infinities and NaN
//   lookup(table, i)    table[i mod 16] (avx512 only)
//   scale(a, k)         a * 2^k for whole k in [-250, 250]
//   reduce_add, reduce_max
//                       all lanes in one fixed order
//   as_int, as_float    the same bits
//   to_float, truncate, nearest
//                       conversion from and to int32; what does not fit becomes any number
//   eq, ne, lt, le, gt, ge
//                       a Mask; false for NaN, but ne, which is true
//   both, either, invert, any
//                       of Masks
//   select(m, a, b)     a where the mask is set, b elsewhere
//   IntVec              kLanes int32, which wrap: load, store, load_n, store_n, set1_int, add, sub, mul,
//                       min, max, bit_and, bit_or, bit_xor, shift_left<n>, shift_right<n> (of the signed
//                       number), comparisons, select; lane_numbers is 0, 1, 2, ...
//   load_bytes, store_bytes
//                       kLanes uint8 as int32, and the low bytes of int32
//   transpose(v)        of a kLanes x kLanes block: element j of v[i] becomes element i of v[j]
//
// Everything here is in an unnamed namespace: no symbol may be shared between instruction sets.

#ifndef NODEGRAD_SIMD_SIMD_INL_H_
#define NODEGRAD_SIMD_SIMD_INL_H_

#if defined(_MSC_VER) && !defined(__clang__)
#define NG_INLINE __forceinline
#define NG_INLINE_LAMBDA
#else
#define NG_INLINE inline __attribute__((always_inline))
#define NG_INLINE_LAMBDA __attribute__((always_inline))
#endif

// Fetches a cache line that will be written, or read.
#if defined(__GNUC__) || defined(__clang__)
#define NG_PREFETCH(p) __builtin_prefetch(p, 1)
#define NG_FETCH(p) __builtin_prefetch(p)
#else
#define NG_PREFETCH(p) static_cast<void>(p)
#define NG_FETCH(p) static_cast<void>(p)
#endif

// Hides from the compiler what it knows of an address.
#if defined(__GNUC__) || defined(__clang__)
#define NG_OPAQUE(p) __asm__("" : "+r"(p))
#else
#define NG_OPAQUE(p) static_cast<void>(p)
#endif

// Before a loop of a constant number of turns, at most 16, whose values are to stay in registers.
#if defined(__clang__)
#define NG_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define NG_UNROLL _Pragma("GCC unroll 16")
#else
#define NG_UNROLL
#endif

// clang-format off
#if defined(NG_ISA_AVX512)
#include "avx512-inl.h"
#elif defined(NG_ISA_AVX2)
#include "avx2-inl.h"
#elif defined(NG_ISA_NEON)
#include "neon-inl.h"
#else
#include "base-inl.h"
#endif
// clang-format on

namespace ng {
namespace NG_ISA {
namespace {

NG_INLINE void prefetch(const void* p) {
#if defined(__GNUC__)
  __builtin_prefetch(p);
#endif
}

template <typename V>
NG_INLINE Mask ne(V a, V b) {
  return invert(eq(a, b));
}
template <typename V>
NG_INLINE Mask gt(V a, V b) {
  return lt(b, a);
}
NG_INLINE Mask ge(Vec a, Vec b) { return le(b, a); }
NG_INLINE Mask le(IntVec a, IntVec b) { return invert(lt(b, a)); }
NG_INLINE Mask ge(IntVec a, IntVec b) { return invert(lt(a, b)); }
NG_INLINE Mask is_nan(Vec a) { return ne(a, a); }

// a * b - p for p = mul(a, b), exactly unless it is subnormal.
#if defined(NG_ISA_BASE)
NG_INLINE Vec product_error(Vec a, Vec b, Vec p) {
  // Halves of 12 bits, whose products are exact (Dekker).
  const IntVec high = set1_int(~0xfff);
  const Vec ah = as_float(bit_and(as_int(a), high)), al = sub(a, ah);
  const Vec bh = as_float(bit_and(as_int(b), high)), bl = sub(b, bh);
  return add(add(add(sub(mul(ah, bh), p), mul(ah, bl)), mul(al, bh)), mul(al, bl));
}
#else
NG_INLINE Vec product_error(Vec a, Vec b, Vec p) { return fma(a, b, neg(p)); }
#endif

#if !defined(NG_ISA_AVX512)
NG_INLINE Vec reciprocal_estimate(Vec a) { return div(set1(1.0f), a); }

// In two factors: 2^128 is no float, and a subnormal result must be rounded only once.
NG_INLINE Vec scale(Vec a, Vec k) {
  const IntVec whole = nearest(k), half = shift_right<1>(whole), bias = set1_int(127);
  const Vec first = as_float(shift_left<23>(add(half, bias)));
  const Vec second = as_float(shift_left<23>(add(sub(whole, half), bias)));
  return mul(mul(a, first), second);
}
#endif

}  // namespace
}  // namespace NG_ISA
}  // namespace ng

#endif  // NODEGRAD_SIMD_SIMD_INL_H_
