// The vector type kernels are written over, as thin as it can be: every function is one instruction or a few.
// The file of the instruction set being built (NG_ISA) defines, in ng::NG_ISA:
//
//   kLanes              floats of a vector: 4, 8 or 16
//   Vec                 kLanes floats in a register
//   load, store         memory of any alignment
//   load_n, store_n     the first n elements, 0 <= n <= kLanes; memory beyond is not touched; load_n fills
//   with 0 zero, set1          all elements 0, all elements one value add, sub, mul, div  element by element
//   fma(a, b, c)        a * b + c, rounded once; twice where the machine has no such instruction (base)
//   min, max            of elements that are not NaN; with a NaN among them either operand may come out
//   sqrt, abs, neg
//   reduce_add, reduce_max, reduce_min
//                       all lanes in one fixed order
//   transpose(v)        of a kLanes x kLanes block: element j of v[i] becomes element i of v[j]
//
// Everything here is in an unnamed namespace: no symbol may be shared between instruction sets.

#ifndef NODEGRAD_SIMD_SIMD_INL_H_
#define NODEGRAD_SIMD_SIMD_INL_H_

#if defined(_MSC_VER) && !defined(__clang__)
#define NG_INLINE __forceinline
#else
#define NG_INLINE inline __attribute__((always_inline))
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

#endif  // NODEGRAD_SIMD_SIMD_INL_H_
