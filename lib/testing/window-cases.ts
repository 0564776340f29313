/** Test cases of convolution and pooling. */

import { jvp } from "../autodiff/index.js";
import type { Tensor } from "../graph/tensor.js";
import * as ng from "../ops/index.js";
import { type Shape, sizeOf } from "../shape.js";
import { type Case, f32, ofMagnitudes, pullback } from "./case.js";
import type { Operand } from "./operands.js";

// ── convolutions ────────────────────────────────────────────────────────────────────────────────────────────

const convolutions: readonly (readonly [name: string, x: Shape, w: Shape, options: ng.Conv2dOptions])[] = [
  ["3×3", [2, 3, 9, 8], [5, 3, 3, 3], { padding: 1 }],
  ["3×3, many channels", [1, 33, 7, 9], [40, 33, 3, 3], {}],
  ["1×1", [2, 17, 5, 6], [9, 17, 1, 1], {}],
  ["1×1, one image", [1, 17, 9, 6], [9, 17, 1, 1], {}],
  ["1×1, one column", [2, 9, 6, 1], [8, 9, 1, 1], {}],
  ["1×1, padded", [1, 9, 4, 5], [8, 9, 1, 1], { padding: 1 }],
  ["1×1, NHWC, a batch", [3, 7, 7, 17], [9, 17, 1, 1], { layout: "NHWC" }],
  ["1×1 with a stride", [1, 8, 7, 7], [4, 8, 1, 1], { stride: 2 }],
  ["5×4 with strides", [2, 2, 11, 13], [3, 2, 5, 4], { stride: [2, 3], padding: [2, 1] }],
  ["dilated", [1, 3, 12, 12], [2, 3, 3, 3], { dilation: [3, 2], padding: "same" }],
  ["in groups", [2, 6, 6, 7], [9, 2, 3, 3], { groups: 3, padding: 1 }],
  ["depthwise", [2, 19, 8, 8], [19, 1, 3, 3], { groups: 19, padding: 1 }],
  ["depthwise with a multiplier", [1, 5, 6, 6], [10, 1, 3, 3], { groups: 5, stride: 2 }],
  [
    "uneven padding",
    [1, 2, 5, 5],
    [3, 2, 4, 2],
    {
      padding: [
        [0, 3],
        [1, 0],
      ],
    },
  ],
  ["as large as the image", [3, 4, 5, 6], [7, 4, 5, 6], {}],
  ["one pixel", [1, 1, 1, 1], [1, 1, 3, 3], { padding: 1 }],
  ["2×1, NHWC", [1, 5, 4, 1], [3, 1, 2, 1], { layout: "NHWC" }],
  ["1×3, NHWC", [1, 5, 4, 2], [3, 2, 1, 3], { layout: "NHWC" }],
  ["NHWC", [2, 9, 8, 5], [6, 5, 3, 3], { layout: "NHWC", padding: 1 }],
  ["NHWC in groups", [2, 6, 7, 8], [4, 2, 3, 2], { layout: "NHWC", groups: 4, stride: 2 }],
  ["no images", [0, 3, 5, 5], [2, 3, 3, 3], {}],
  ["no output channels", [1, 34, 5, 6], [0, 17, 3, 3], { groups: 2, padding: 1 }],
  ["rows of pixels left over, many channels", [1, 6, 3, 31], [70, 6, 3, 3], { padding: 1 }],
  ["rows of pixels left over, many channels, NHWC", [2, 3, 19, 5], [37, 5, 2, 3], { layout: "NHWC", padding: 1 }],
  [
    "many channels, dilated with strides, NHWC",
    [1, 9, 23, 4],
    [33, 4, 3, 3],
    { layout: "NHWC", stride: 2, dilation: 2 },
  ],
  ["long rows, few channels", [2, 3, 4, 75], [17, 3, 3, 3], { padding: 1 }],
  ["long rows, few channels, with strides", [1, 2, 9, 83], [3, 2, 5, 5], { stride: [2, 3], padding: 2 }],
  ["long rows, few channels, NHWC", [1, 5, 66, 3], [2, 3, 3, 3], { layout: "NHWC", padding: 1, dilation: [1, 2] }],
  ["depthwise, NHWC", [2, 7, 9, 37], [37, 1, 3, 3], { layout: "NHWC", groups: 37, padding: 1 }],
  [
    "depthwise, NHWC with strides",
    [1, 9, 12, 16],
    [16, 1, 3, 5],
    { layout: "NHWC", groups: 16, stride: [2, 3], padding: 2 },
  ],
  [
    "depthwise, NHWC dilated with a multiplier",
    [1, 9, 9, 6],
    [18, 1, 3, 3],
    { layout: "NHWC", groups: 6, dilation: 2 },
  ],
  ["a batch", [30, 3, 6, 5], [3, 3, 3, 3], { padding: 1 }],
  ["a batch, 3×4 dilated with strides", [32, 2, 9, 8], [2, 2, 3, 4], { stride: [2, 3], dilation: [1, 2], padding: 2 }],
  ["a batch, NHWC in groups", [32, 5, 6, 6], [4, 3, 3, 3], { layout: "NHWC", groups: 2, padding: 1 }],
];

type Convolution = (x: Tensor, w: Tensor) => Tensor;

/** Cases of y = x ⋆ w as the sums that define it, or of a derivative of it with respect to operand `input`. */
export function convolutionCases(input: 0 | 1 | undefined): Case[] {
  return convolutions.map(([name, x, w, options]) => {
    const convolve: Convolution = (a, b) => ng.conv2d(a, b, { ...options, accuracy: "strict" });
    const y = convolve(ng.zeros(x), ng.zeros(w)).shape;
    const build = (input === undefined ? convolve : pullback(convolve as never, input)) as Case["build"];
    const [patch, perChannel] = [sizeOf(w.slice(1)), sizeOf(w) / (w[1] as number)];
    // A sum over a patch; over the filters and places that reach an element; over all places of all images.
    const terms = input === undefined ? patch : input === 0 ? perChannel : sizeOf(y) / (w[0] as number);
    return {
      name,
      operands: input === undefined ? [f32(...x), f32(...w)] : [f32(...x), f32(...w), f32(...y)],
      build,
      roundings: terms + 1,
      magnitude: ofMagnitudes(build),
      specials: input === 0 ? [2] : [0],
    };
  });
}

/** Convolutions with what follows them in the same instruction: name, x, w, bias, options. */
const ended: readonly (readonly [name: string, x: Shape, w: Shape, bias: Shape, options: ng.Conv2dOptions])[] = [
  ["", [2, 3, 6, 7], [8, 3, 3, 3], [8, 1, 1], { padding: 1 }],
  [", NHWC", [2, 6, 7, 3], [8, 3, 3, 3], [8], { layout: "NHWC", padding: 1 }],
  [", many channels", [2, 9, 6, 14], [35, 9, 3, 3], [35, 1, 1], { padding: 1 }],
  [", many channels, NHWC", [2, 6, 14, 9], [35, 9, 3, 3], [35], { layout: "NHWC", padding: 1 }],
  [", a batch", [32, 3, 5, 4], [5, 3, 3, 3], [5, 1, 1], {}],
  [", depthwise", [1, 20, 6, 9], [20, 1, 3, 3], [20, 1, 1], { groups: 20 }],
  [", depthwise, NHWC", [1, 6, 9, 20], [20, 1, 3, 3], [20], { layout: "NHWC", groups: 20, padding: 1 }],
  [", 1×1", [2, 9, 6, 7], [12, 9, 1, 1], [12, 1, 1], {}],
  [", 1×1, NHWC", [2, 6, 7, 9], [12, 9, 1, 1], [12], { layout: "NHWC" }],
];

export const epilogues: Case[] = ended.map(([name, x, w, bias, options]) => {
  const sum: Case["build"] = (a, b, c) =>
    ng.add(ng.conv2d(a as Tensor, b as Tensor, { ...options, accuracy: "strict" }), c as Tensor);
  return {
    name: `with a bias and an activation${name}`,
    operands: [f32(...x), f32(...w), f32(...bias)],
    build: (a, b, c) => ng.relu(sum(a as Tensor, b as Tensor, c as Tensor)),
    roundings: sizeOf(w.slice(1)) + 2,
    magnitude: ofMagnitudes(sum),
    specials: [0, 2],
  };
});

// ── pooling ─────────────────────────────────────────────────────────────────────────────────────────────────

const poolings: readonly (readonly [name: string, x: Shape, options: ng.Pool2dOptions])[] = [
  ["2×2", [2, 3, 6, 8], { kernel: 2 }],
  ["overlapping 3×3", [2, 3, 9, 7], { kernel: 3, stride: 2, padding: 1 }],
  ["2×3 with strides", [1, 5, 7, 9], { kernel: [2, 3], stride: [1, 2], padding: "same" }],
  ["rows left over", [1, 2, 7, 67], { kernel: 3 }],
  ["one pixel", [1, 1, 1, 1], { kernel: 2, padding: 1 }],
  ["NHWC", [2, 6, 7, 19], { kernel: 3, stride: 2, padding: 1, layout: "NHWC" }],
  ["whole images", [2, 3, 5, 4], { kernel: [5, 4] }],
  ["no images", [0, 3, 4, 4], { kernel: 2 }],
  ["2×2, rows and columns left over", [2, 3, 7, 71], { kernel: 2 }],
  ["several blocks of rows", [3, 7, 70, 21], { kernel: 3, padding: 1, stride: 1 }],
  ["apart", [2, 3, 11, 9], { kernel: 2, stride: 3 }],
  ["NHWC, side by side", [2, 9, 7, 35], { kernel: 2, layout: "NHWC" }],
  ["NHWC, several blocks of rows", [1, 40, 21, 67], { kernel: 3, padding: 1, stride: 1, layout: "NHWC" }],
];

/** Numbers that come again and again, NaN and −∞: what a maximum makes of them must have the same bits everywhere. */
const special = (x: Tensor) => ng.log(ng.floor(ng.mul(x, 3)));

/** A case, and the same on such numbers. */
const bothKinds = (one: Case): Case[] => {
  const { magnitude } = one;
  const build: Case["build"] = (x, ...others) => one.build(special(x as Tensor), ...others);
  const onSpecial = { ...one, name: `${one.name}, on NaN and −∞`, build };
  if (magnitude === undefined) return [one, onSpecial];
  return [one, { ...onSpecial, magnitude: (x, ...others) => magnitude(special(x as Tensor), ...others) }];
};

interface PoolingRow {
  readonly name: string;
  readonly x: Operand;
  readonly y: Operand;
  readonly roundings: number;
  /** max, or average with and without padding. */
  readonly maximum: (x: Tensor) => Tensor;
  readonly averages: readonly (readonly [string, (x: Tensor) => Tensor])[];
}

const poolingRows: PoolingRow[] = poolings.map(([name, shape, options]) => {
  const kernel = [options.kernel].flat() as number[];
  const maximum = (x: Tensor) => ng.maxPool2d(x, options);
  return {
    name,
    x: { shape },
    y: { shape: maximum(ng.zeros(shape)).shape },
    roundings: (kernel[0] as number) * (kernel.at(-1) as number) + 2,
    maximum,
    averages: [true, false].map((countIncludePadding) => [
      countIncludePadding ? "" : ", padding left out",
      (x) => ng.avgPool2d(x, { ...options, countIncludePadding }),
    ]),
  };
});

/** Maxima, selections and averages. */
export const pools: Case[] = poolingRows.flatMap(({ name, x, roundings, maximum, averages }) => [
  ...bothKinds({ name: `maximum, ${name}`, operands: [x], build: (a) => maximum(a), roundings: 0 }),
  ...bothKinds({
    name: `selection, ${name}`,
    operands: [x, x],
    build: (a, t) => jvp((p) => maximum(p), [a], [t]).tangents[0] as Tensor,
    roundings: 0,
  }),
  ...averages.map(
    ([suffix, average]): Case => ({
      name: `average, ${name}${suffix}`,
      operands: [x],
      build: (a) => average(a),
      roundings,
      magnitude: ofMagnitudes((a) => average(a)),
    }),
  ),
]);

/** Gradients of maxima and averages. */
export const poolGradients: Case[] = poolingRows.flatMap(({ name, x, y, roundings, maximum, averages }) => [
  ...bothKinds({
    name: `of the maximum, ${name}`,
    operands: [x, y],
    build: pullback((a) => maximum(a), 0),
    roundings,
    magnitude: (a, t) => pullback((p) => maximum(p), 0)(a, ng.abs(t)),
  }),
  ...averages.map(
    ([suffix, average]): Case => ({
      name: `of the average, ${name}${suffix}`,
      operands: [x, y],
      build: pullback((a) => average(a), 0),
      roundings,
      magnitude: ofMagnitudes(pullback((a) => average(a), 0)),
    }),
  ),
]);
