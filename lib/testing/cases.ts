/**
 * Test cases of every instruction and micro-op: what to compute, from which operands, and how far two machines may
 * differ. The lists are total, so that a new opcode or micro-op without a case does not compile.
 */

import type { Tensor } from "../graph/tensor.js";
import { type Trace, withTrace } from "../graph/trace.js";
import { labelLosses } from "../ops/cross-entropy.js";
import * as ng from "../ops/index.js";
import type { Opcode } from "../program/opcodes.js";
import type { Shape } from "../shape.js";
import { type Case, f32, i32, pullback } from "./case.js";
import type { Operand } from "./operands.js";
import { products } from "./product-cases.js";
import { reductions } from "./reduction-cases.js";
import { convolutionCases, epilogues, poolGradients, pools } from "./window-cases.js";
import { winogradCases, winogradEpilogues } from "./winograd-cases.js";

export type { Case } from "./case.js";
export { type MicroCase, microCases } from "./micro-cases.js";

// ── map and copy ────────────────────────────────────────────────────────────────────────────────────────────

const chains: Case[] = [[], [1], [0], [3, 0], [511], [512], [513], [3, 5, 7], [2, 3, 2, 3, 2], [40, 67]].map(
  (shape) => ({
    name: `a chain of five on [${shape}]`,
    operands: [{ shape }, { shape }, { shape, dtype: "bool" }],
    build: (x, y, mask) => ng.where(mask, ng.sub(ng.mul(ng.add(x, y), 3), x), ng.neg(y)),
    roundings: 0,
  }),
);

/** A relu becomes one step with the one before it, unless that is read once more. */
const rectified: Case[] = Object.entries({
  "a sum": (x: Tensor, y: Tensor) => ng.relu(ng.add(x, y)),
  "a sum with a number": (x: Tensor) => ng.relu(ng.add(x, 0.25)),
  "a difference": (x: Tensor, y: Tensor) => ng.relu(ng.sub(x, y)),
  "a number less x": (x: Tensor) => ng.relu(ng.sub(0.25, x)),
  "a product": (x: Tensor, y: Tensor) => ng.relu(ng.mul(x, y)),
  "a relu": (x: Tensor, y: Tensor) => ng.relu(ng.relu(ng.mul(x, y))),
  "a sum that is read again": (x: Tensor, y: Tensor) => ng.mul(ng.relu(ng.add(x, y)), ng.add(x, y)),
  "a function": (x: Tensor, y: Tensor) => ng.relu(ng.floor(ng.add(x, y))),
}).map(([what, build]) => ({
  name: `the relu of ${what}`,
  operands: [{ shape: [5, 67] }, { shape: [5, 67] }],
  build,
  roundings: what.endsWith("again") ? 1 : 0,
}));

const maps: Case[] = [
  ...chains,
  ...rectified,
  {
    name: "the relu of a product and a sum",
    operands: [{ shape: [5, 67] }, { shape: [5, 67] }],
    build: (x, y) => ng.relu(ng.add(ng.mul(x, y), x)),
    roundings: 2, // or once, where the two are fused
    magnitude: (x, y) => ng.add(ng.abs(ng.mul(x, y)), ng.abs(x)),
  },
];

const copies: Case[] = [
  ...[
    [4, 6],
    [67, 33],
    [3, 5, 7],
    [1, 1],
    [0, 4],
    [2, 3, 4, 5],
  ].map(
    (shape): Case => ({
      name: `float32 [${shape}] put side by side`,
      operands: [{ shape }, { shape }],
      build: (x, y) => ng.concat([x, y], { axis: -1 }),
      roundings: 0,
    }),
  ),
  ...(["int32", "uint8", "bool"] as const).map(
    (dtype): Case => ({
      name: `${dtype} padded`,
      operands: [{ shape: [5, 67], dtype }],
      build: (x) =>
        ng.pad(
          x,
          [
            [1, 2],
            [3, 0],
          ],
          { value: 1 },
        ),
      roundings: 0,
    }),
  ),
];

// ── softmax ─────────────────────────────────────────────────────────────────────────────────────────────────

const softmaxShapes: readonly (readonly [Shape, number])[] = [
  [[1], 0],
  [[5, 67], 1],
  [[67, 5], 0],
  [[3, 10, 4], 1],
  [[2, 1500], 1],
  [[3, 21, 37], 1],
  [[30, 2, 50], 0],
  [[37, 10], 1],
  [[19, 32], 1],
  [[9, 33], 1],
  [[2, 17, 20], 1],
  [[4, 1], 1],
  [[0, 3], 1],
  [[3, 0], 1],
];

const softmaxes: Case[] = softmaxShapes.flatMap(([shape, axis]) => {
  const along = (x: Tensor) => ng.max(x, { axes: axis, keepDims: true });
  const operands: Operand[] = [{ shape, low: -20, high: 20 }];
  // The exponent x − max is rounded once, which e^x turns into a relative error as large as itself.
  const spread = (x: Tensor) => ng.add(1, ng.sub(along(x), x));
  const roundings = (shape[axis] as number) + 6;
  return [
    {
      name: `of [${shape}] along axis ${axis}`,
      operands,
      build: (x) => ng.softmax(x, { axis }),
      roundings,
      magnitude: (x) => ng.mul(ng.softmax(x, { axis }), spread(x)),
    },
    {
      name: `logarithm of [${shape}] along axis ${axis}`,
      operands,
      build: (x) => ng.logSoftmax(x, { axis }),
      roundings,
      magnitude: (x) => ng.add(spread(x), ng.abs(ng.logSoftmax(x, { axis }))),
    },
  ];
});

const softmaxGradients: Case[] = softmaxShapes.flatMap(([shape, axis]) => {
  const operands: Operand[] = [{ shape, low: -3, high: 3 }, { shape }];
  const options = { axes: axis, keepDims: true };
  const roundings = 3 * (shape[axis] as number) + 16;
  // The difference of x to its maximum is at most 6, and |dy| at most 1.
  const spread = 7;
  return [
    {
      name: `of [${shape}] along axis ${axis}`,
      operands,
      build: pullback((x) => ng.softmax(x, { axis }), 0),
      roundings,
      magnitude: (x, t) => {
        const y = ng.softmax(x, { axis });
        const size = ng.abs(t);
        return ng.mul(ng.mul(y, spread), ng.add(size, ng.sum(ng.mul(size, y), options)));
      },
    },
    {
      name: `of the logarithm of [${shape}] along axis ${axis}`,
      operands,
      build: pullback((x) => ng.logSoftmax(x, { axis }), 0),
      roundings,
      magnitude: (x, t) => {
        const y = ng.softmax(x, { axis });
        const size = ng.abs(t);
        return ng.add(size, ng.mul(ng.mul(y, spread), ng.sum(size, options)));
      },
    },
  ];
});

// ── cross-entropy ───────────────────────────────────────────────────────────────────────────────────────────

const scoreShapes: readonly Shape[] = [[1], [5, 67], [3, 7, 4], [40, 10], [2, 1500], [4, 1], [0, 3], [19, 33, 5]];

const losses = (x: Tensor, labels: Tensor) => labelLosses("crossEntropy", x, labels);

function crossEntropies(build: (x: Tensor, labels: Tensor, dy: Tensor) => Tensor, name: string): Case[] {
  return scoreShapes.flatMap((shape): Case[] => {
    const rows = shape.slice(0, -1);
    const classes = shape.at(-1) as number;
    // The difference of x to its maximum is at most 6.
    const spread = 7;
    const one: Case = {
      name: `${name} [${shape}]`,
      operands: [{ shape, low: -3, high: 3 }, i32(rows, 0, classes), { shape: rows }],
      build,
      roundings: classes + 16,
      magnitude: (x, labels, dy) => {
        if (name === "of") return ng.add(spread, ng.abs(losses(x, labels)));
        const share = ng.add(ng.mul(ng.softmax(x), spread), ng.oneHot(labels, classes, { dtype: "float64" }));
        return ng.mul(ng.expandDims(ng.abs(dy), -1), share);
      },
    };
    // Where a score is not a number, neither is anything in its row.
    const special = (x: Tensor) => ng.log(ng.floor(x));
    const build2: Case["build"] = (x, labels, dy) => build(special(x as Tensor), labels as Tensor, dy as Tensor);
    const magnitude2: Case["build"] = (x, ...others) =>
      (one.magnitude as Case["build"])(special(x as Tensor), ...others);
    return [one, { ...one, name: `${one.name}, on NaN and −∞`, build: build2, magnitude: magnitude2 }];
  });
}

// ── indices ─────────────────────────────────────────────────────────────────────────────────────────────────

const gathers: Case[] = [
  {
    name: "rows",
    operands: [f32(10, 67), i32([13], 0, 10)],
    build: (x, i) => ng.gather(x, i),
    roundings: 0,
  },
  {
    name: "columns by a matrix of indices",
    operands: [f32(3, 9, 2), i32([4, 2], 0, 9)],
    build: (x, i) => ng.gather(x, i, { axis: 1 }),
    roundings: 0,
  },
  {
    name: "elements along the last axis",
    operands: [f32(6, 11), i32([6, 3], 0, 11)],
    build: (x, i) => ng.takeAlongAxis(x, i),
    roundings: 0,
  },
  {
    name: "no rows",
    operands: [f32(4, 3), i32([0], 0, 4)],
    build: (x, i) => ng.gather(x, i),
    roundings: 0,
  },
  ...(["int32", "uint8", "bool"] as const).map(
    (dtype): Case => ({
      name: `of ${dtype}`,
      operands: [{ shape: [7, 5], dtype }, i32([9], 0, 7)],
      build: (x, i) => ng.gather(x, i),
      roundings: 0,
    }),
  ),
];

const scatters: Case[] = [
  {
    name: "rows, repeated ones too",
    operands: [f32(5, 67), i32([40], 0, 5), f32(40, 67)],
    build: (x, i, u) => ng.scatterAdd(x, i, u),
    roundings: 0,
  },
  {
    name: "elements along the middle axis",
    operands: [f32(3, 6, 4), i32([3, 9, 4], 0, 6), f32(3, 9, 4)],
    build: (x, i, u) => ng.scatterAdd(x, i, u, { axis: 1 }),
    roundings: 0,
  },
  {
    name: "counts",
    operands: [i32([10]), i32([500], 0, 10)],
    build: (x, i) => ng.scatterAdd(x, i, 1),
    roundings: 0,
  },
  {
    name: "nothing",
    operands: [f32(4, 3), i32([0], 0, 4), f32(0, 3)],
    build: (x, i, u) => ng.scatterAdd(x, i, u),
    roundings: 0,
  },
];

// ── random numbers ──────────────────────────────────────────────────────────────────────────────────────────

/** The third draw of a function being compiled: the same key as the first two, another stream. */
function thirdDraw(draw: () => Tensor): Tensor {
  const trace: Trace = { name: "draws", updates: new Map(), random: undefined, gradients: new Map() };
  return withTrace(trace, () => [draw(), draw(), draw()][2] as Tensor);
}

const draws: Case[] = [[0], [1], [2], [3], [5], [67], [3, 4, 5], [4099]].flatMap((shape): Case[] => [
  { name: `bits [${shape}]`, operands: [], build: () => ng.randomBits(shape, { seed: 1 }), roundings: 0 },
  { name: `uniform [${shape}]`, operands: [], build: () => ng.randomUniform(shape, { seed: 2 }), roundings: 0 },
  {
    name: `normal [${shape}]`,
    operands: [],
    build: () => ng.randomNormal(shape, { seed: 3 }),
    // Four units in the last place of the native machine, half a one of the reference.
    roundings: 9,
  },
  { name: `third draw [${shape}]`, operands: [], build: () => thirdDraw(() => ng.randomBits(shape)), roundings: 0 },
]);

/** Every instruction has cases: leaving one out does not compile. */
export const opcodeCases: { readonly [K in Opcode]: readonly Case[] } = {
  map: maps,
  reduce: reductions,
  matmul: products,
  conv2d: [...convolutionCases(undefined), ...epilogues, ...winogradCases(undefined), ...winogradEpilogues],
  conv2dGradInput: [...convolutionCases(0), ...winogradCases(0)],
  conv2dGradWeight: [...convolutionCases(1), ...winogradCases(1)],
  pool: pools,
  poolGrad: poolGradients,
  softmax: softmaxes,
  softmaxGrad: softmaxGradients,
  crossEntropy: crossEntropies((x, labels) => losses(x, labels), "of"),
  crossEntropyGrad: crossEntropies((x, labels, dy) => pullback((a) => losses(a, labels), 0)(x, dy), "gradient of"),
  gather: gathers,
  scatterAdd: scatters,
  copy: copies,
  random: draws,
};
