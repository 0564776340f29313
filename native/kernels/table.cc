// The table of the instruction set being built.

#include "kernels.h"

#define NG_NAME_OF(isa) #isa
#define NG_NAME(isa) NG_NAME_OF(isa)

namespace ng {
namespace NG_ISA {

extern const ConvKernels conv_kernels;
extern const DepthwiseKernels depthwise_kernels;
extern const DotKernels dot_kernels;
extern const GemmKernels gemm_kernels;
extern const MapKernels map_kernels;
extern const MoveKernels move_kernels;
extern const PoolKernels pool_kernels;
extern const RandomKernels random_kernels;
extern const ReduceKernels reduce_kernels;
extern const SoftmaxKernels softmax_kernels;
extern const VarianceKernels variance_kernels;
extern const WinogradKernels winograd_kernels;

extern const Kernels kernels;
const Kernels kernels = {
    NG_NAME(NG_ISA),  &conv_kernels,     &depthwise_kernels, &dot_kernels,    &gemm_kernels,
    &map_kernels,     &move_kernels,     &pool_kernels,      &random_kernels, &reduce_kernels,
    &softmax_kernels, &variance_kernels, &winograd_kernels,
};

}  // namespace NG_ISA
}  // namespace ng
