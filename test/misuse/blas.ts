/** One misuse of each public function of `nodegrad/blas`, and the error it gives. */

import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import { blas, type Misuses } from "./given.js";

const f = (length: number) => new Float32Array(length);

export const blasMisuses: Misuses = {
  sgemm: [
    () => blas.sgemm("rows", 111, 111, 2, 2, 2, 1, f(4), 2, f(4), 2, 0, f(4), 2),
    OptionError,
    'sgemm: order must be "row-major" (101) or "column-major" (102), got "rows"',
  ],
  "sgemm.ndarray": [
    () => blas.sgemm.ndarray(111, 111, 2, 2, 2, 1, f(4), 2, 1, -1, f(4), 2, 1, 0, 0, f(4), 2, 1, 0),
    ShapeError,
    "sgemm: a reaches outside its array: elements -1 to 2 of 4",
  ],
  sgemv: [
    () => blas.sgemv(101, 110, 2, 2, 1, f(4), 2, f(2), 1, 0, f(2), 1),
    OptionError,
    'sgemv: trans must be "no-transpose" (111), "transpose" (112) or "conjugate-transpose" (113), got 110',
  ],
  "sgemv.ndarray": [
    () => blas.sgemv.ndarray(111, 2, 2, 1, f(4), 2, 1, 0, f(2), 1, 0, 0, f(2), 0, 0),
    ShapeError,
    "sgemv: y has several elements at one address: 2 × 1 with strides 0, 1",
  ],
  sger: [
    () => blas.sger(101, 2, 3, 1, f(2), 1, f(3), 1, f(5), 3),
    ShapeError,
    "sger: a reaches outside its array: elements 0 to 5 of 5",
  ],
  "sger.ndarray": [
    () => blas.sger.ndarray(2, 3, 1, f(2), 1, 0, f(3), 1, 0, f(6), 3, 0.5, 0),
    OptionError,
    "sger: stride of a must be an integer, got 0.5",
  ],
  sasum: [() => blas.sasum(3, f(2), 1), ShapeError, "sasum: x reaches outside its array: elements 0 to 2 of 2"],
  "sasum.ndarray": [
    () => blas.sasum.ndarray(-1, f(2), 1, 0),
    OptionError,
    "sasum: n must be a non-negative integer below 2³¹, got -1",
  ],
  snrm2: [() => blas.snrm2(2, [3, 4], 1), DTypeError, "snrm2: x must be a Float32Array, got [3, 4]"],
  "snrm2.ndarray": [
    () => blas.snrm2.ndarray(2, f(2), "1", 0),
    OptionError,
    'snrm2: stride of x must be an integer, got "1"',
  ],
  isamax: [() => blas.isamax(1.5, f(2), 1), OptionError, "isamax: n must be a non-negative integer below 2³¹, got 1.5"],
  "isamax.ndarray": [
    () => blas.isamax.ndarray(2, f(2), 1, 1),
    ShapeError,
    "isamax: x reaches outside its array: elements 1 to 2 of 2",
  ],
  sdot: [
    () => blas.sdot(2, new Int32Array(2), 1, f(2), 1),
    DTypeError,
    "sdot: x must be a Float32Array, got Int32Array(2)",
  ],
  "sdot.ndarray": [
    () => blas.sdot.ndarray(2, f(2), 1, 0, f(2), 1, -1),
    ShapeError,
    "sdot: y reaches outside its array: elements -1 to 0 of 2",
  ],
  dsdot: [() => blas.dsdot(2, f(2), 1, null, 1), DTypeError, "dsdot: y must be a Float32Array, got null"],
  "dsdot.ndarray": [
    () => blas.dsdot.ndarray(2, f(2), 1, Number.NaN, f(2), 1, 0),
    OptionError,
    "dsdot: offset of x must be an integer, got NaN",
  ],
  sdsdot: [() => blas.sdsdot(2, "0", f(2), 1, f(2), 1), OptionError, 'sdsdot: b must be a number, got "0"'],
  "sdsdot.ndarray": [
    () => blas.sdsdot.ndarray(2, 0, f(2), 2, 0, f(2), 1, 0),
    ShapeError,
    "sdsdot: x reaches outside its array: elements 0 to 2 of 2",
  ],
  ssymv: [
    () => blas.ssymv(101, 121, 3, 1, f(9), 2, f(3), 1, 0, f(3), 1),
    OptionError,
    "ssymv: lda must be an integer of at least 3, the columns of a, got 2",
  ],
  "ssymv.ndarray": [
    () => blas.ssymv.ndarray("up", 2, 1, f(4), 2, 1, 0, f(2), 1, 0, 0, f(2), 1, 0),
    OptionError,
    'ssymv: uplo must be "upper" (121) or "lower" (122), got "up"',
  ],
  ssyr: [
    () => blas.ssyr(101, 122, 2, 1, f(1), 1, f(4), 2),
    ShapeError,
    "ssyr: x reaches outside its array: elements 0 to 1 of 1",
  ],
  "ssyr.ndarray": [
    () => blas.ssyr.ndarray(121, 2, 1, f(2), 1, 0, f(4), 1, 1, 0),
    ShapeError,
    "ssyr: a has several elements at one address: 2 × 2 with strides 1, 1",
  ],
  ssyr2: [
    () => blas.ssyr2(101, true, 2, 1, f(2), 1, f(2), 1, f(4), 2),
    OptionError,
    'ssyr2: uplo must be "upper" (121) or "lower" (122), got true',
  ],
  "ssyr2.ndarray": [
    () => blas.ssyr2.ndarray(121, 2, 1n, f(2), 1, 0, f(2), 1, 0, f(4), 2, 1, 0),
    OptionError,
    "ssyr2: alpha must be a number, got 1n",
  ],
  ssymm: [
    () => blas.ssymm(101, 140, 121, 2, 2, 1, f(4), 2, f(4), 2, 0, f(4), 2),
    OptionError,
    'ssymm: side must be "left" (141) or "right" (142), got 140',
  ],
  "ssymm.ndarray": [
    () => blas.ssymm.ndarray(141, 121, 2, 2, 1, f(3), 2, 1, 0, f(4), 2, 1, 0, 0, f(4), 2, 1, 0),
    ShapeError,
    "ssymm: a reaches outside its array: elements 0 to 3 of 3",
  ],
  ssyrk: [
    () => blas.ssyrk(101, "up", 111, 2, 2, 1, f(4), 2, 0, f(4), 2),
    OptionError,
    'ssyrk: uplo must be "upper" (121) or "lower" (122), got "up"',
  ],
  "ssyrk.ndarray": [
    () => blas.ssyrk.ndarray(121, 111, 2, -2, 1, f(4), 2, 1, 0, 0, f(4), 2, 1, 0),
    OptionError,
    "ssyrk: k must be a non-negative integer below 2³¹, got -2",
  ],
  ssyr2k: [
    () => blas.ssyr2k(101, 121, 111, 2, 2, 1, f(4), 1, f(4), 2, 0, f(4), 2),
    OptionError,
    "ssyr2k: lda must be an integer of at least 2, the columns of a, got 1",
  ],
  "ssyr2k.ndarray": [
    () => blas.ssyr2k.ndarray(121, 111, 2, 2, 1, f(4), 2, 1, 0, f(4), 2, 1, 1, 0, f(4), 2, 1, 0),
    ShapeError,
    "ssyr2k: b reaches outside its array: elements 1 to 4 of 4",
  ],
  strmv: [
    () => blas.strmv(101, 121, 111, 130, 2, f(4), 2, f(2), 1),
    OptionError,
    'strmv: diag must be "non-unit" (131) or "unit" (132), got 130',
  ],
  "strmv.ndarray": [
    () => blas.strmv.ndarray(121, 111, 131, 2, f(4), 2, 1, 0, f(2), 0, 0),
    ShapeError,
    "strmv: x has several elements at one address: 2 × 1 with strides 0, 1",
  ],
  strsv: [
    () => blas.strsv(101, 121, 111, 131, 2, f(4), 2, f(1), 1),
    ShapeError,
    "strsv: x reaches outside its array: elements 0 to 1 of 1",
  ],
  "strsv.ndarray": [
    () => blas.strsv.ndarray(121, 111, 131, 2 ** 31, f(4), 2, 1, 0, f(2), 1, 0),
    OptionError,
    "strsv: n must be a non-negative integer below 2³¹, got 2147483648",
  ],
  strmm: [
    () => blas.strmm(101, 141, 121, 111, 131, 2, 2, 1, f(4), 2, f(4), 1),
    OptionError,
    "strmm: ldb must be an integer of at least 2, the columns of b, got 1",
  ],
  "strmm.ndarray": [
    () => blas.strmm.ndarray(141, 121, 111, 131, 2, 2, 1, f(4), 2, 1, 0, f(4), 0, 1, 0),
    ShapeError,
    "strmm: b has several elements at one address: 2 × 2 with strides 0, 1",
  ],
  strsm: [
    () => blas.strsm(101, 141, 121, 111, true, 2, 2, 1, f(4), 2, f(4), 2),
    OptionError,
    'strsm: diag must be "non-unit" (131) or "unit" (132), got true',
  ],
  "strsm.ndarray": [
    () => blas.strsm.ndarray(142, 121, 111, 131, 2, 3, 1, f(4), 3, 1, 0, f(6), 3, 1, 0),
    ShapeError,
    "strsm: a reaches outside its array: elements 0 to 8 of 4",
  ],
  saxpy: [
    () => blas.saxpy(4, 1, f(4), 1, f(4), 2),
    ShapeError,
    "saxpy: y reaches outside its array: elements 0 to 6 of 4",
  ],
  "saxpy.ndarray": [
    () => blas.saxpy.ndarray(4, 1, f(4), 1, Number.NaN, f(4), 1, 0),
    OptionError,
    "saxpy: offset of x must be an integer, got NaN",
  ],
  scopy: [() => blas.scopy(1, f(1), 1, undefined, 1), DTypeError, "scopy: y must be a Float32Array, got undefined"],
  "scopy.ndarray": [
    () => blas.scopy.ndarray(2, f(1), 1, 0, f(2), 1, 0),
    ShapeError,
    "scopy: x reaches outside its array: elements 0 to 1 of 1",
  ],
  sswap: [
    () => blas.sswap(3, f(2), 1, f(3), 1),
    ShapeError,
    "sswap: x reaches outside its array: elements 0 to 2 of 2",
  ],
  "sswap.ndarray": [
    () => blas.sswap.ndarray(2, f(2), 1, 0, new Float64Array(2), 1, 0),
    DTypeError,
    "sswap: y must be a Float32Array, got Float64Array(2)",
  ],
  sscal: [() => blas.sscal(2, null, f(2), 1), OptionError, "sscal: alpha must be a number, got null"],
  "sscal.ndarray": [
    () => blas.sscal.ndarray(3, 1, f(2), 1, 0),
    ShapeError,
    "sscal: x reaches outside its array: elements 0 to 2 of 2",
  ],
  srot: [() => blas.srot(2, f(2), 1, f(2), 1, "0", 1), OptionError, 'srot: c must be a number, got "0"'],
  "srot.ndarray": [
    () => blas.srot.ndarray(2, f(2), 1, 0, f(2), 2, 0, 0, 1),
    ShapeError,
    "srot: y reaches outside its array: elements 0 to 2 of 2",
  ],
  srotg: [() => blas.srotg("1", 2), OptionError, 'srotg: a must be a number, got "1"'],
  srotm: [
    () => blas.srotm(1, f(1), 1, f(1), 1, Float32Array.of(2, 0, 0, 0, 0)),
    OptionError,
    "srotm: param[0] must be −2, −1, 0 or 1, got 2",
  ],
  "srotm.ndarray": [
    () => blas.srotm.ndarray(1, f(1), 1, 0, f(1), 1, 0, f(4)),
    ShapeError,
    "srotm: param reaches outside its array: elements 0 to 4 of 4",
  ],
  conv2d: [
    () => blas.conv2d(f(16), [1, 1, 4, 4], f(9), [1, 1, 3, 3], f(3)),
    ShapeError,
    "conv2d: out is too short: 3 elements, [1, 1, 2, 2] takes 4",
  ],
  maxPool2d: [
    () => blas.maxPool2d(f(16), [1, 4, 4], f(4), { kernel: 2 }),
    ShapeError,
    "maxPool2d: x must have 4 axes [n, c, h, w], got [1, 4, 4]",
  ],
  avgPool2d: [
    () => blas.avgPool2d(f(16), [1, 1, 4, 4], f(4), { kernel: 5 }),
    ShapeError,
    "avgPool2d: kernel is larger than the padded input: 5×5 over 4×4",
  ],
  im2col: [
    () => blas.im2col(f(15), [1, 1, 4, 4], f(36), { kernel: 2 }),
    ShapeError,
    "im2col: x is too short: 15 elements, [1, 1, 4, 4] takes 16",
  ],
  softmax: [
    () => blas.softmax(f(4), [2, 2], f(4), { axis: 2 }),
    OptionError,
    'softmax: option "axis" must be an axis of [2, 2], got 2',
  ],
};
