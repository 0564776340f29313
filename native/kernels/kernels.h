// The kernels of one instruction set, as a table. Every kernel is serial, allocates nothing and knows neither
// Programs nor threads. The files of this folder are built once per instruction set, each time in a namespace
// of its own (NG_ISA: base, avx2, avx512 or neon); nothing else in the addon is built with their flags.

#ifndef NODEGRAD_KERNELS_KERNELS_H_
#define NODEGRAD_KERNELS_KERNELS_H_

#include "conv.h"
#include "depthwise.h"
#include "dot.h"
#include "gemm.h"
#include "map.h"
#include "move.h"
#include "pool.h"
#include "random.h"
#include "reduce.h"
#include "softmax.h"
#include "variance.h"
#include "winograd.h"

namespace ng {

struct Kernels {
  const char* target;  // "base", "avx2", "avx512" or "neon"
  const ConvKernels* conv;
  const DepthwiseKernels* depthwise;
  const DotKernels* dot;
  const GemmKernels* gemm;
  const MapKernels* map;
  const MoveKernels* move;
  const PoolKernels* pool;
  const RandomKernels* random;
  const ReduceKernels* reduce;
  const SoftmaxKernels* softmax;
  const VarianceKernels* variance;
  const WinogradKernels* winograd;
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_KERNELS_H_
