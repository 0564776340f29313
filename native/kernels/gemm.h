// Matrix product kernels: C = A · B, or C += A · B, for float32, A [m, k], B [k, n], C [m, n].
//
// The micro-kernels compute one tile of C of at most mr x nr elements with all of its sums in registers. They
// are fastest on panels: copies of a few rows of A or columns of B in the order in which they are read.
//
//   panel of A   [k][mr]: element (i, p) of the rows is at [p * mr + i], 0 <= i < mr
//   panel of B   [k][nr]: element (p, j) of the columns is at [p * nr + j], 0 <= j < nr
//
// The last panel of a matrix may have fewer rows or columns; it keeps the same layout. What lies at rows
// beyond is never read; at columns beyond, up to the next multiple of `lanes`, there must be readable memory,
// and it should be zeros (a tile is stored without these columns, so they cost time at worst: denormals).
// Panels and matrices need no alignment; panels of B that start at multiples of 64 bytes are read fastest.
//
// Sums: each element of C is one chain of fused multiply-adds in the order of p (of a multiply and an add in
// the base set), started at 0 and then added to C: |error| <= k * 2^-24 * sum |a| |b|, about. The chain does
// not depend on the kind of kernel, on rows or on cols. NaN and infinities behave as in that chain.
//
// Sizes and strides count elements. Strides may be 0 or negative unless stated. C must not overlap A or B.

#ifndef NODEGRAD_KERNELS_GEMM_H_
#define NODEGRAD_KERNELS_GEMM_H_

#include <stdint.h>

namespace ng {

struct GemmKernels {
  int mr;     // most rows of a tile
  int nr;     // most columns of a tile, a multiple of lanes
  int lanes;  // floats of a vector
  int kc;     // depth to pack at most at once, so that a panel of A stays in the L1 cache

  // A row of tiles from a panel of A and panels of B: C [rows, cols] with row stride ldc and unit column
  // stride, 1 <= rows <= mr, k >= 0. Adds to C if `accumulate`, otherwise overwrites it (with zeros if k is
  // 0).
  void (*kernel)(int64_t k, const float* a_panel, const float* b_panels, float* c, int64_t ldc, int rows,
                 int64_t cols, bool accumulate);

  // One tile, cols <= nr, from `segments` of depth k each, their products in one chain: segment s of A is a
  // panel at a_panel + s * a_segment, of B it starts at b + s * b_segment and has row stride b_row. What is
  // read of a row of B ends at a multiple of `lanes`, as in a panel.
  void (*kernel_segments)(int64_t segments, int64_t k, const float* a_panel, int64_t a_segment,
                          const float* b, int64_t b_row, int64_t b_segment, float* c, int64_t ldc, int rows,
                          int cols, bool accumulate);

  // C [m, n] (+)= A [m, k] · B [k, n] from operands where they lie: A with any strides, B with row stride
  // b_row and unit column stride. Nothing beyond column n of B is read.
  void (*kernel_in_place)(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col,
                          const float* b, int64_t b_row, float* c, int64_t ldc, bool accumulate);

  // The same with B in panels.
  void (*kernel_b_panels)(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col,
                          const float* b_panels, float* c, int64_t ldc, bool accumulate);

  // Packs A [m, k] of any strides into ceil(m / mr) panels, panel number r at panels + r * mr * k.
  void (*pack_a)(int64_t m, int64_t k, const float* a, int64_t a_row, int64_t a_col, float* panels);

  // Packs B [k, n] of any strides into ceil(n / nr) panels, panel number r at panels + r * nr * k. Fills the
  // columns beyond n with zeros.
  void (*pack_b)(int64_t k, int64_t n, const float* b, int64_t b_row, int64_t b_col, float* panels);

  // C [rows, n] (+)= A [rows, k] · B [k, n] for 1 <= rows <= 4, where reading B takes most of the time: B
  // with row stride b_row and unit column stride, A with any strides. Chains as in `kernel`, but started at
  // C.
  void (*skinny)(int64_t rows, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col,
                 const float* b, int64_t b_row, float* c, int64_t ldc, bool accumulate);

  // C [rows, n] = A [rows, k] · B [k, n] for 1 <= rows <= 4 where B has unit row stride and column stride
  // b_col: dot products, each in lanes partial sums per `lanes` elements of k, combined in a fixed order. A
  // has row stride a_row and unit column stride.
  void (*dots)(int64_t rows, int64_t n, int64_t k, const float* a, int64_t a_row, const float* b,
               int64_t b_col, float* c, int64_t ldc);

  // out[i] = parts[i] + parts[i + stride] + … over `count` >= 1 parts, added in this order, 0 <= i < n.
  void (*sum_parts)(int64_t n, int64_t count, const float* parts, int64_t stride, float* out);

  // Copies a tile [rows, cols] of row stride ld to C of any strides.
  void (*store_tile)(int64_t rows, int64_t cols, const float* tile, int64_t ld, float* c, int64_t c_row,
                     int64_t c_col);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_GEMM_H_
