/** Cases of matrix products: lengths around tiles and vectors, layouts, epilogues. */

import type { Tensor } from "../graph/tensor.js";
import * as ng from "../ops/index.js";
import { type Case, f32, ofMagnitudes } from "./case.js";

export const products: Case[] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [1, 67],
    [67, 13],
  ],
  [
    [67, 1],
    [1, 5],
  ],
  [
    [17, 33],
    [33, 65],
  ],
  [
    [64, 64],
    [64, 64],
  ],
  [
    [95, 96],
    [96, 97],
  ],
  [
    [50, 500],
    [500, 10],
  ],
  [
    [130, 70],
    [70, 129],
  ],
  [
    [23, 70],
    [70, 80],
  ],
  [
    [25, 40],
    [40, 160],
  ],
  [
    [300, 100],
    [100, 272],
  ],
  [
    [5, 3000],
    [3000, 6],
  ],
  [
    [16, 600],
    [600, 300],
  ],
  [
    [29, 1100],
    [1100, 70],
  ],
  [
    [130, 520],
    [520, 130],
  ],
  [
    [5, 530],
    [530, 1070],
  ],
  [
    [1, 310],
    [310, 701],
  ],
  [
    [3, 67],
    [67, 2100],
  ],
  [
    [5, 0],
    [0, 4],
  ],
  [
    [0, 4],
    [4, 4],
  ],
  [
    [2, 3, 0],
    [0, 4],
  ],
  [
    [3, 2, 5, 4],
    [2, 4, 6],
  ],
  [
    [7, 3],
    [2, 3, 5],
  ],
].map(([a, b]) => ({
  name: `[${a}] · [${b}]`,
  operands: [f32(...(a as number[])), f32(...(b as number[]))],
  build: (x, y) => ng.matmul(x, y),
  roundings: (a as number[]).at(-1) as number,
  magnitude: ofMagnitudes((x, y) => ng.matmul(x, y)),
}));

for (const [m, k, n] of [
  [33, 20, 47],
  [61, 70, 90],
  [17, 131, 600],
  [2, 400, 350],
] as const) {
  products.push({
    name: `with a bias, a residual and an activation, [${m}, ${k}] · [${k}, ${n}]`,
    operands: [f32(m, k), f32(k, n), f32(n), f32(m, n)],
    build: (x, w, b, r) => ng.relu(ng.add(ng.add(ng.matmul(x, w), b), r)),
    roundings: k + 2,
    magnitude: ofMagnitudes((x, w, b, r) => ng.add(ng.add(ng.matmul(x, w), b), r)),
  });
}

// Columns of A in one piece: read where they lie, or packed.
for (const [a, b] of [
  [
    [70, 23],
    [70, 80],
  ],
  [
    [64, 500],
    [64, 10],
  ],
  [
    [140, 15],
    [140, 520],
  ],
  [
    [31, 517],
    [31, 490],
  ],
] as const) {
  const product = (x: Tensor, y: Tensor) => ng.matmul(ng.transpose(x), y);
  products.push({
    name: `[${a}]ᵀ · [${b}] with an activation`,
    operands: [f32(...a), f32(...b)],
    build: (x, y) => ng.relu(product(x, y)),
    roundings: a[0] + 1,
    magnitude: ofMagnitudes(product),
  });
}

// Rows by rows, which have k side by side: dot products where it is long and the result small.
for (const [a, b] of [
  [
    [7, 500],
    [11, 500],
  ],
  [
    [63, 500],
    [10, 500],
  ],
  [
    [20, 9001],
    [25, 9001],
  ],
  [
    [64, 1025],
    [1, 64, 1025],
  ],
  [
    [3, 33, 600],
    [3, 9, 600],
  ],
  [
    [65, 400],
    [65, 400],
  ],
] as const) {
  const product = (x: Tensor, y: Tensor) => ng.matmul(x, ng.transpose(y));
  products.push(
    {
      name: `[${a}] · [${b}]ᵀ`,
      operands: [f32(...a), f32(...b)],
      build: product,
      roundings: a.at(-1) as number,
      magnitude: ofMagnitudes(product),
    },
    {
      name: `[${a}] · [${b}]ᵀ with an activation`,
      operands: [f32(...a), f32(...b)],
      build: (x, y) => ng.relu(ng.mul(product(x, y), 3)),
      roundings: (a.at(-1) as number) + 1,
      magnitude: ofMagnitudes((x, y) => ng.mul(product(x, y), 3)),
    },
  );
}
