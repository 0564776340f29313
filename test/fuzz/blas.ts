/** Valid arguments of `nodegrad/blas`: every size is 2. */

import type { Draw } from "../tfjs/fuzz/draw.js";
import { maybe, some, type Table } from "./given.js";

const floats = (d: Draw, length: number) => Float32Array.from({ length }, () => d.float(-2, 2));

/** What a letter of a signature stands for. */
const LETTERS: Readonly<Record<string, (d: Draw) => unknown>> = {
  o: (d) => d.pick(["row-major", "column-major", 101, 102]),
  t: (d) => d.pick(["no-transpose", "transpose", 111, 112]),
  u: (d) => d.pick(["upper", "lower", 121, 122]),
  s: (d) => d.pick(["left", "right", 141, 142]),
  d: (d) => d.pick(["non-unit", "unit", 131, 132]),
  n: () => 2,
  f: (d) => d.pick([0, 1, 1.5]),
  M: (d) => floats(d, 4),
  V: (d) => floats(d, 2),
  P: () => Float32Array.of(-1, 1, 0, 0, 1),
  l: () => 2,
  i: (d) => d.pick([1, -1]),
  1: () => 1,
  2: () => 2,
  0: () => 0,
};

/** The arguments of CBLAS, in order: o(rder) t(ranspose) u(plo) s(ide) d(iag) n f(loat) M(atrix) l(da) V(ector) i(ncrement). */
const SIGNATURES: Readonly<Record<string, string>> = {
  sgemm: "ottnnnfMlMlfMl",
  sgemv: "otnnfMlVifVi",
  sger: "onnfViViMl",
  sasum: "nVi",
  snrm2: "nVi",
  isamax: "nVi",
  sdot: "nViVi",
  dsdot: "nViVi",
  sdsdot: "nfViVi",
  ssymv: "ounfMlVifVi",
  ssyr: "ounfViMl",
  ssyr2: "ounfViViMl",
  ssymm: "osunnfMlMlfMl",
  ssyrk: "outnnfMlfMl",
  ssyr2k: "outnnfMlMlfMl",
  strmv: "outdnMlVi",
  strsv: "outdnMlVi",
  strmm: "osutdnnfMlMl",
  strsm: "osutdnnfMlMl",
  saxpy: "nfViVi",
  scopy: "nViVi",
  sswap: "nViVi",
  sscal: "nfVi",
  srot: "nViViff",
  srotm: "nViViP",
};

const drawn = (signature: string) => (d: Draw) => [...signature].map((letter) => LETTERS[letter]?.(d));

/** `ndarray` takes strides and an offset in place of the order and of leading dimensions and increments. */
const withStrides = (signature: string) => signature.replace("o", "").replaceAll("Ml", "M210").replaceAll("Vi", "V10");

const routines = Object.entries(SIGNATURES).flatMap(([name, signature]) => [
  [name, drawn(signature)] as const,
  [`${name}.ndarray`, drawn(withStrides(signature))] as const,
]);

const windows = (d: Draw) =>
  some(d, { stride: d.pick<unknown>([1, [2, 1]]), padding: d.pick<unknown>(["same", 1]), layout: "NCHW" });
const image = [1, 2, 4, 4];

export const routinesAndImages: Table = {
  ...Object.fromEntries(routines),
  srotg: drawn("ff"),
  conv2d: (d) => {
    const options = maybe(d, { dilation: 1, groups: 1, bias: floats(d, 3), stride: 1, padding: "same" });
    return [floats(d, 32), image, floats(d, 54), [3, 2, 3, 3], new Float32Array(48), ...options];
  },
  maxPool2d: (d) => [floats(d, 32), image, new Float32Array(100), { kernel: 2, ...windows(d) }],
  avgPool2d: (d) => [
    floats(d, 32),
    image,
    new Float32Array(100),
    { kernel: [2, 1], ...windows(d), ...some(d, { countIncludePadding: true }) },
  ],
  im2col: (d) => [
    floats(d, 32),
    image,
    new Float32Array(600),
    { kernel: 2, ...windows(d), ...some(d, { dilation: 1 }) },
  ],
  softmax: (d) => [floats(d, 32), image, new Float32Array(32), ...maybe(d, { axis: d.axis(4), log: d.truth() })],
};
