/**
 * Test cases of convolutions that a machine may compute by Winograd's algorithm, with an error bound of their own:
 * results differ by at most k·u·Σ|terms| as ever, but the terms are those of the algorithm,
 *
 *   |At| · [(|G|·|g|·|Gt|) ⊙ (|Bt|·|d|·|B|)] · |A|
 *
 * and k counts the roundings on the way of one of them.
 */

import type { Tensor } from "../../lib/graph/tensor.js";
import * as ng from "../../lib/ops/index.js";
import type { Shape } from "../../lib/shape.js";
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

/** Σ|terms| of x ⋆ w by one of the sizes; all are at least 0. */
function termsOf({ result, weights, source }: Matrices, x: Tensor, w: Tensor, margins: Margins): Tensor {
  const m = result.length;
  const [n, c, h, width] = x.shape as [number, number, number, number];
  const [o] = w.shape as [number];
  const [oh, ow] = [h + margins[0][0] + margins[0][1] - 2, width + margins[1][0] + margins[1][1] - 2];
  const [rows, columns] = [Math.ceil(oh / m), Math.ceil(ow / m)];
  const tiles = n * rows * columns;
  const padded = ng.pad(x, [
    [0, 0],
    [0, 0],
    [margins[0][0], rows * m + 2 - h - margins[0][0]],
    [margins[1][0], columns * m + 2 - width - margins[1][0]],
  ]);
  const positions = (m + 2) ** 2;
  // Every tile of every channel, under each position of a tile.
  const filters = ng.tile(ng.reshape(twice(source), [positions, 1, m + 2, m + 2]), [c, 1, 1, 1]);
  const inputs = ng.reshape(ng.conv2d(padded, filters, { stride: m, groups: c }), [n, c, positions, rows * columns]);
  const v = ng.reshape(ng.transpose(inputs, [2, 1, 0, 3]), [positions, c, tiles]);
  const u = ng.reshape(ng.matmul(twice(weights), ng.transpose(ng.reshape(w, [o * c, 9]))), [positions, o, c]);
  const products = ng.reshape(ng.matmul(u, v), [positions, o * tiles]);
  const y = ng.reshape(ng.matmul(twice(result), products), [m, m, o, n, rows, columns]);
  const images = ng.reshape(ng.transpose(y, [3, 2, 4, 0, 5, 1]), [n, o, rows * m, columns * m]);
  return ng.slice(images, [null, null, [0, oh], [0, ow]]);
}

/** The most that any size needs, for |x| ⋆ |w|. */
function winogradTerms(x: Tensor, w: Tensor, margins: Margins): Tensor {
  const [two, four] = sizes.map((size) => termsOf(size, ng.abs(x), ng.abs(w), margins)) as [Tensor, Tensor];
  return ng.maximum(two, four);
}

/**
 * Roundings of a term: two passes over inputs with up to 4 each (multiplications and additions rounded apart), over
 * weights with 5 (one for the constant), over results with 5; and the sum over channels.
 */
const roundingsOf = (channels: number) => channels + 1 + 2 * (4 + 5 + 5) + 1;

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

/** Cases of y = x ⋆ w, or of its derivative with respect to x. */
export function winogradCases(gradient: boolean): Case[] {
  return convolutions.map(([name, x, w, padding, layout]) => {
    const options = { padding, accuracy: "fast", ...(layout === undefined ? {} : { layout }) } as const;
    const convolve = (a: Tensor, b: Tensor) => ng.conv2d(a, b, options);
    const place = (shape: Shape) => (layout === "NHWC" ? [0, 2, 3, 1].map((axis) => shape[axis] as number) : shape);
    const images = f32(...place(x));
    const y = f32(...convolve(ng.zeros(images.shape), ng.zeros(w)).shape);
    const mirrored = (filters: Tensor) => ng.flip(ng.transpose(filters, [1, 0, 2, 3]), { axes: [2, 3] });
    const outer = padding.map(([before, after]) => [2 - before, 2 - after]) as unknown as Margins;
    return {
      name: `fast, ${name}`,
      operands: gradient ? [images, f32(...w), y] : [images, f32(...w)],
      build: gradient ? (pullback(convolve as never, 0) as Case["build"]) : convolve,
      roundings: roundingsOf(w[gradient ? 0 : 1] as number),
      magnitude: (a, b, t) =>
        back(
          gradient
            ? winogradTerms(nchw(t as Tensor, layout), mirrored(b as Tensor), outer)
            : winogradTerms(nchw(a as Tensor, layout), b as Tensor, padding),
          layout,
        ),
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
    afterwards(ng.abs(x), back(winogradTerms(nchw(x, layout), w, margins(1)), layout), ng.abs(b), layout),
}));

function afterwards(x: Tensor, y: Tensor, bias: Tensor, layout: string): Tensor {
  return ng.add(ng.add(y, layout === "NHWC" ? bias : ng.reshape(bias, [-1, 1, 1])), x);
}
