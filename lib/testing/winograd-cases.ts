/**
 * Test cases of convolutions that a machine may compute by Winograd's algorithm, with an error bound of their own:
 * results differ by at most k·u·Σ|terms| as ever, but the terms are those of the algorithm,
 *
 *   |At| · [(|G|·|g|·|Gt|) ⊙ (|Bt|·|d|·|B|)] · |A|
 *
 * and k counts the roundings on the way of one of them.
 */

import type { Tensor } from "../graph/tensor.js";
import * as ng from "../ops/index.js";
import { type Shape, sizeOf } from "../shape.js";
import { type Case, f32, pullback } from "./case.js";

/** The matrices of F(m×m, 3×3) in magnitude: At `[m, m + 2]`, G `[m + 2, 3]`, Bt `[m + 2, m + 2]`. */
interface Matrices {
  readonly result: readonly number[][];
  readonly weights: readonly number[][];
  readonly source: readonly number[][];
}

/** Coefficients of Π (x − root), lowest first. */
function polynomial(roots: readonly number[]): number[] {
  let coefficients = [1];
  for (const root of roots) {
    coefficients = [...coefficients, 0].map((_, i) => (coefficients[i - 1] ?? 0) - root * (coefficients[i] ?? 0));
  }
  return coefficients;
}

/** The matrices of Winograd's algorithm for finite points and infinity. */
function matricesOf(points: readonly number[]): Matrices {
  const m = points.length - 1;
  const others = points.map((point) => points.filter((other) => other !== point));
  const matrices = {
    result: Array.from({ length: m }, (_, i) => [...points.map((point) => point ** i), i === m - 1 ? 1 : 0]),
    weights: [
      ...points.map((point, k) => {
        const scale = (others[k] as number[]).reduce((product, other) => product * (point - other), 1);
        return [0, 1, 2].map((i) => point ** i / scale);
      }),
      [0, 0, 1],
    ],
    source: [...others.map((roots) => [...polynomial(roots), 0]), polynomial(points)],
  };
  const magnitudes = (rows: number[][]) => rows.map((row) => row.map(Math.abs));
  return {
    result: magnitudes(matrices.result),
    weights: magnitudes(matrices.weights),
    source: magnitudes(matrices.source),
  };
}

const sizes = [matricesOf([0, 1, -1]), matricesOf([0, 3 / 4, -3 / 4, 3 / 2, -3 / 2])];

/** Σ a[i][k]·a[j][l] as a matrix with rows (i, j) and columns (k, l): both sides of a two-dimensional transform. */
function twice(a: readonly number[][]): Tensor {
  const columns = (a[0] as number[]).length;
  const values = a.flatMap((p) => a.map((q) => p.flatMap((x) => q.map((y) => x * y))));
  return ng.tensor(Float64Array.from(values.flat()), { shape: [a.length ** 2, columns ** 2], dtype: "float64" });
}

/** Rows and columns of zeros before and after images `[n, c, h, w]`. */
type Margins = readonly [readonly [number, number], readonly [number, number]];

/** Tiles of images, transformed: `transform` at every position of every tile, `[positions, c, tiles]`. */
function transformTiles(images: Tensor, transform: readonly number[][], stride: number): Tensor {
  const c = images.shape[1] as number;
  const [positions, size] = [transform.length ** 2, (transform[0] as number[]).length];
  const filters = ng.tile(ng.reshape(twice(transform), [positions, 1, size, size]), [c, 1, 1, 1]);
  const tiles = ng.conv2d(images, filters, { stride, groups: c });
  const [n, , rows, columns] = tiles.shape as [number, number, number, number];
  const parts = ng.reshape(tiles, [n, c, positions, rows * columns]);
  return ng.reshape(ng.transpose(parts, [2, 1, 0, 3]), [positions, c, n * rows * columns]);
}

const transposed = (rows: readonly number[][]) =>
  (rows[0] as number[]).map((_, j) => rows.map((row) => row[j] as number));

/** How many rows and columns of outputs there are, and of tiles. */
function countTiles({ result }: Matrices, [h, w]: readonly [number, number], margins: Margins) {
  const m = result.length;
  const [oh, ow] = [h + margins[0][0] + margins[0][1] - 2, w + margins[1][0] + margins[1][1] - 2];
  return { m, oh, ow, rows: Math.ceil(oh / m), columns: Math.ceil(ow / m) };
}

/** Bt · d · B of all tiles that x has for the outputs of a convolution. */
function transformInputs(matrices: Matrices, x: Tensor, margins: Margins): Tensor {
  const [, , h, w] = x.shape as [number, number, number, number];
  const { m, rows, columns } = countTiles(matrices, [h, w], margins);
  const padded = ng.pad(x, [
    [0, 0],
    [0, 0],
    [margins[0][0], rows * m + 2 - h - margins[0][0]],
    [margins[1][0], columns * m + 2 - w - margins[1][0]],
  ]);
  return transformTiles(padded, matrices.source, m);
}

/** Σ|terms| of x ⋆ w by one of the sizes; all are at least 0. */
function termsOf(matrices: Matrices, x: Tensor, w: Tensor, margins: Margins): Tensor {
  const [n, c, h, width] = x.shape as [number, number, number, number];
  const o = w.shape[0] as number;
  const { m, oh, ow, rows, columns } = countTiles(matrices, [h, width], margins);
  const v = transformInputs(matrices, x, margins);
  const u = ng.reshape(ng.matmul(twice(matrices.weights), ng.transpose(ng.reshape(w, [o * c, 9]))), [-1, o, c]);
  const products = ng.reshape(ng.matmul(u, v), [(m + 2) ** 2, o * n * rows * columns]);
  const y = ng.reshape(ng.matmul(twice(matrices.result), products), [m, m, o, n, rows, columns]);
  const images = ng.reshape(ng.transpose(y, [3, 2, 4, 0, 5, 1]), [n, o, rows * m, columns * m]);
  return ng.slice(images, [null, null, [0, oh], [0, ow]]);
}

/** Σ|terms| of the gradient of the weights. */
function weightTermsOf(matrices: Matrices, x: Tensor, dy: Tensor, margins: Margins): Tensor {
  const [, c, h, w] = x.shape as [number, number, number, number];
  const o = dy.shape[1] as number;
  const { m, oh, ow, rows, columns } = countTiles(matrices, [h, w], margins);
  const outputs = ng.pad(dy, [
    [0, 0],
    [0, 0],
    [0, rows * m - oh],
    [0, columns * m - ow],
  ]);
  const d = transformTiles(outputs, transposed(matrices.result), m);
  const sums = ng.matmul(d, ng.transpose(transformInputs(matrices, x, margins), [0, 2, 1]));
  const taps = ng.matmul(twice(transposed(matrices.weights)), ng.reshape(sums, [(m + 2) ** 2, o * c]));
  return ng.reshape(ng.transpose(taps), [o, c, 3, 3]);
}

/** The most that any size needs, for the magnitudes of two operands. */
function winogradTerms(terms: typeof termsOf, a: Tensor, b: Tensor, margins: Margins): Tensor {
  const [two, four] = sizes.map((size) => terms(size, ng.abs(a), ng.abs(b), margins)) as [Tensor, Tensor];
  return ng.maximum(two, four);
}

/**
 * Roundings of a term: two passes over inputs with up to 4 each (multiplications and additions rounded apart), over
 * weights with 5 (one for the constant), over results with 5; and the sum over channels, or over tiles in at most 16
 * parts.
 */
const roundingsOf = (terms: number) => terms + 16 + 2 * (4 + 5 + 5) + 1;

const convolutions: readonly (readonly [name: string, x: Shape, w: Shape, padding: Margins, layout?: "NHWC"])[] = [
  ["padded", [1, 16, 9, 11], [17, 16, 3, 3], margins(1)],
  ["not padded", [2, 33, 15, 9], [40, 33, 3, 3], margins(0)],
  ["padded twice", [5, 20, 6, 5], [24, 20, 3, 3], margins(2)],
  [
    "padded unevenly",
    [1, 67, 13, 14],
    [65, 67, 3, 3],
    [
      [2, 0],
      [1, 2],
    ],
  ],
  ["NHWC", [3, 24, 12, 10], [31, 24, 3, 3], margins(2), "NHWC"],
  ["in many blocks", [4, 40, 31, 18], [64, 40, 3, 3], margins(1)],
  ["in many blocks, NHWC", [3, 64, 29, 17], [48, 64, 3, 3], margins(1), "NHWC"],
  ["of small images", [40, 32, 4, 3], [32, 32, 3, 3], margins(1)],
  ["one tile", [1, 67, 4, 4], [67, 67, 3, 3], margins(1)],
];

function margins(all: number): Margins {
  return [
    [all, all],
    [all, all],
  ];
}

const nchw = (x: Tensor, layout: string | undefined) => (layout === "NHWC" ? ng.transpose(x, [0, 3, 1, 2]) : x);
const back = (x: Tensor, layout: string | undefined) => (layout === "NHWC" ? ng.transpose(x, [0, 2, 3, 1]) : x);

/** Cases of y = x ⋆ w, or of its derivative with respect to operand `input`. */
export function winogradCases(input: 0 | 1 | undefined): Case[] {
  return convolutions.map(([name, x, w, padding, layout]) => {
    const options = { padding, accuracy: "fast", ...(layout === undefined ? {} : { layout }) } as const;
    const convolve = (a: Tensor, b: Tensor) => ng.conv2d(a, b, options);
    const images = f32(...(layout === "NHWC" ? [0, 2, 3, 1].map((axis) => x[axis] as number) : x));
    const y = convolve(ng.zeros(images.shape), ng.zeros(w)).shape;
    const mirrored = (filters: Tensor) => ng.flip(ng.transpose(filters, [1, 0, 2, 3]), { axes: [2, 3] });
    const outer = padding.map(([before, after]) => [2 - before, 2 - after]) as unknown as Margins;
    const terms = (a: Tensor, b: Tensor, t: Tensor): Tensor => {
      if (input === 1) return winogradTerms(weightTermsOf, nchw(a, layout), nchw(t, layout), padding);
      const [source, filters, margins] = input === 0 ? [t, mirrored(b), outer] : [a, b, padding];
      return back(winogradTerms(termsOf, nchw(source, layout), filters, margins), layout);
    };
    return {
      name: `fast, ${name}`,
      operands: input === undefined ? [images, f32(...w)] : [images, f32(...w), f32(...y)],
      build: (input === undefined ? convolve : pullback(convolve as never, input)) as Case["build"],
      roundings: roundingsOf(
        input === undefined ? (w[1] as number) : input === 0 ? (w[0] as number) : sizeOf(y) / (w[0] as number),
      ),
      magnitude: (a, b, t) => terms(a as Tensor, b as Tensor, t as Tensor),
      specials: [], // they reach all of their tile
    };
  });
}

/** A fast convolution with what follows it in the same instruction. */
export const winogradEpilogues: Case[] = (["NCHW", "NHWC"] as const).map((layout) => ({
  name: `fast, with a bias, a sum and an activation, ${layout}`,
  operands: [f32(2, ...(layout === "NHWC" ? [9, 10, 33] : [33, 9, 10])), f32(33, 33, 3, 3), f32(33)],
  build: (x, w, b) => ng.relu(afterwards(x, ng.conv2d(x, w, { padding: 1, layout, accuracy: "fast" }), b, layout)),
  roundings: roundingsOf(33) + 2,
  magnitude: (x, w, b) =>
    afterwards(ng.abs(x), back(winogradTerms(termsOf, nchw(x, layout), w, margins(1)), layout), ng.abs(b), layout),
  specials: [2],
}));

function afterwards(x: Tensor, y: Tensor, bias: Tensor, layout: string): Tensor {
  return ng.add(ng.add(y, layout === "NHWC" ? bias : ng.reshape(bias, [-1, 1, 1])), x);
}
