/**
 * BLAS in float32 on typed arrays that belong to the caller, with the names and arguments of CBLAS and of @stdlib/blas: for
 * libraries that manage their own memory.
 *
 * ```ts
 * import { sgemm } from "nodegrad/blas";
 * sgemm("row-major", "no-transpose", "transpose", m, n, k, 1, a, k, b, k, 0, c, n); // c = a · bᵀ
 * ```
 *
 * Every routine checks all sizes, increments and leading dimensions against the arrays. Options are strings or the numbers of
 * CBLAS (`101`, `111`, …). `routine.ndarray` takes strides and offsets in place of the order and leading dimensions. What is
 * small is computed in JavaScript; the rest by the backend in use, which is native where the addon loads.
 *
 * @packageDocumentation
 */

export type { Diagonal, Order, Side, TransposeOperation, Triangle } from "./arguments.js";
export { sgemm, sgemv, sger } from "./general.js";
export {
  avgPool2d,
  type Conv2dOptions,
  conv2d,
  type Im2colOptions,
  im2col,
  maxPool2d,
  type Pool2dOptions,
  type SoftmaxOptions,
  softmax,
  type WindowOptions,
} from "./images.js";
export { dsdot, isamax, sasum, sdot, sdsdot, snrm2 } from "./sums.js";
export { ssymm, ssymv, ssyr, ssyr2, ssyr2k, ssyrk } from "./symmetric.js";
export {
  strmm,
  strmv,
  strsm,
  strsv,
  type TriangleAndMatrix,
  type TriangleAndVector,
} from "./triangular.js";
export { saxpy, scopy, srot, srotg, srotm, sscal, sswap } from "./updates.js";
