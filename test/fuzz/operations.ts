/** Valid arguments of the operations, as functions and as methods of tensors. */

import { oneHot, randomState, tensor } from "../../lib/index.js";
import type { Draw } from "../tfjs/fuzz/draw.js";
import { bools, each, floats, images, integers, maybe, shapeOf, some, type Table } from "./given.js";

const dtype = (draw: Draw) => draw.pick(["float32", "int32", "uint8", "bool"]);
const reduceOptions = (draw: Draw, rank: number) =>
  maybe(draw, { axes: draw.truth() ? draw.axes(rank) : 0, keepDims: draw.truth() });
const pair = (draw: Draw, most = 2) =>
  draw.truth() ? draw.integer(1, most) : [draw.integer(1, most), draw.integer(1, most)];
const padding = (draw: Draw) =>
  draw.pick<unknown>([
    "same",
    "valid",
    0,
    1,
    [1, 0],
    [
      [1, 0],
      [0, 1],
    ],
  ]);
const seed = (draw: Draw) => draw.integer(0, 99);
const accuracy = (draw: Draw) => draw.pick(["fast", "strict"]);

const vectors = (draw: Draw) => {
  const shape = shapeOf(draw, draw.integer(1, 3));
  return floats(draw, shape);
};

/** Operations on one tensor that are its methods too. */
const methods: Table = {
  ...each(
    "abs ceil cos erf exp expm1 floor log log1p neg normalCdf reciprocal round rsqrt sign sin sqrt square",
    (d) => [floats(d)],
  ),
  ...each("gelu relu sigmoid silu softplus tanh stopGradient", (d) => [floats(d)]),
  ...each("add sub mul div pow maximum minimum equal greater greaterEqual less lessEqual notEqual", (d) => {
    const [a, b] = [shapeOf(d, 2), d.truth()];
    return [floats(d, a), b ? floats(d, d.narrowed(a)) : d.integer(-2, 2)];
  }),
  ...each("logicalAnd logicalOr logicalXor", (d) => {
    const shape = shapeOf(d);
    return [bools(d, shape), bools(d, shape)];
  }),
  logicalNot: (d) => [bools(d)],
  cast: (d) => [floats(d), dtype(d)],
  clip: (d) => [floats(d), -1, d.truth() ? 1 : floats(d, [])],
  leakyRelu: (d) => [floats(d), 0.1],
  elu: (d) => [floats(d), 1],
  expandDims: (d) => [floats(d, [2, 3]), d.integer(-3, 2)],
  flatten: (d) => [floats(d, [2, 3, 1]), ...maybe(d, { startAxis: d.integer(-3, 2) })],
  reshape: (d) => [floats(d, [2, 6]), d.pick([[12], [3, 4], [-1, 3], [2, 1, 6]])],
  squeeze: (d) => [floats(d, [1, 2, 1]), ...maybe(d, { axes: d.pick<unknown>([0, [0, 2], -1]) })],
  transpose: (d) => [floats(d, [2, 3, 4]), ...(d.truth() ? [d.permutation(3)] : [])],
  flip: (d) => [floats(d, [2, 3]), ...maybe(d, { axes: d.axes(2) })],
  pad: (d) => [
    floats(d, [2, 3]),
    [
      [d.integer(0, 2), 1],
      [0, 1],
    ],
    ...maybe(d, { value: 3 }),
  ],
  slice: (d) => [floats(d, [4, 5]), d.pick<unknown>([[[1, 3]], [null, [0, 4, 2]], [-1], [1, [null, null, -1]]])],
  split: (d) => [floats(d, [4, 6]), d.pick<unknown>([2, [1, 3]]), ...maybe(d, { axis: 0 })],
  broadcastTo: (d) => [floats(d, [1, 3]), [d.integer(1, 3), 2, 3]],
  tile: (d) => [floats(d, [2, 3]), [d.integer(1, 3), 2]],
  ...each("sum mean prod max min logSumExp", (d) => [floats(d, [2, 3, 2]), ...reduceOptions(d, 3)]),
  ...each("all any", (d) => [bools(d, [2, 3]), ...reduceOptions(d, 2)]),
  ...each("argMax argMin", (d) => [floats(d, [2, 3]), ...maybe(d, { axis: d.axis(2), keepDims: d.truth() })]),
  matmul: (d) => {
    const [m, n, k] = shapeOf(d, 3) as [number, number, number];
    return [floats(d, d.truth() ? [m, k] : [2, m, k]), floats(d, [k, n])];
  },
  conv2d: (d) => {
    const options = {
      stride: pair(d),
      padding: padding(d),
      dilation: 1,
      accuracy: accuracy(d),
      groups: 1,
      layout: "NCHW",
    };
    return [
      images(d, 2),
      floats(
        d,
        [2, 2, pair(d, 3), 3].map((n) => (typeof n === "number" ? n : 1)),
      ),
      ...maybe(d, options),
    ];
  },
  ...each("maxPool2d avgPool2d", (d) => [
    images(d),
    { kernel: pair(d, 3), ...some(d, { stride: pair(d), padding: padding(d), layout: "NCHW" }) },
  ]),
  ...each("softmax logSoftmax", (d) => [floats(d, [2, 3]), ...maybe(d, { axis: d.axis(2) })]),
  gather: (d) => [floats(d, [3, 4]), integers(d, shapeOf(d, 2), 0, 2), ...maybe(d, { axis: 0 })],
  takeAlongAxis: (d) => [floats(d, [3, 4]), integers(d, [3, 2], 0, 2), ...maybe(d, { axis: 1 })],
};

/** Those that have an object as `this` where the function has an argument. */
const asMethods = Object.fromEntries(Object.entries(methods).map(([name, args]) => [`Tensor.${name}`, args]));

const options = (d: Draw) => maybe(d, { dtype: dtype(d) });

export const operations: Table = {
  ...methods,
  ...asMethods,
  "Tensor.data": (d) => [floats(d)],
  "Tensor.dataSync": (d) => [floats(d)],
  "Tensor.item": (d) => [floats(d, [1])],
  "Tensor.toArray": (d) => [floats(d)],
  "Tensor.realize": (d) => [floats(d).add(1)],
  "Tensor.dispose": (d) => [floats(d)],
  "Tensor.[Symbol.dispose]": (d) => [floats(d)],
  "Tensor.[nodejs.util.inspect.custom]": (d) => [floats(d)],

  // from nothing
  ...each("zeros ones", (d) => [shapeOf(d), ...options(d)]),
  ...each("zerosLike onesLike", (d) => [floats(d), ...options(d)]),
  full: (d) => [shapeOf(d), d.truth() ? d.integer(0, 1) : d.truth(), ...options(d)],
  arange: (d) => [d.integer(0, 9), ...maybe(d, { start: d.integer(-3, 3), step: d.pick([1, -1]), dtype: "int32" })],
  eye: (d) => [d.integer(0, 5), ...maybe(d, { columns: d.integer(0, 5), dtype: dtype(d) })],
  tensor: (d) => {
    const data = d.pick<unknown>([
      1,
      true,
      [
        [1, 2],
        [3, 4],
      ],
      [true, false],
      Float32Array.of(1, 2),
      [],
      [[1], [0]],
    ]);
    return [data, ...(d.truth() ? [] : [some(d, { dtype: "float32" })])];
  },
  randomUniform: (d) => [shapeOf(d), ...maybe(d, { low: -1, high: 2, seed: seed(d), dtype: "float32" })],
  randomNormal: (d) => [shapeOf(d), ...maybe(d, { mean: 1, std: 2, seed: seed(d), dtype: "float32" })],
  randomInteger: (d) => [shapeOf(d), { high: 9, ...some(d, { low: -1, seed: seed(d) }) }],
  randomBits: (d) => [shapeOf(d), ...maybe(d, { seed: seed(d) })],
  bernoulli: (d) => [shapeOf(d), ...maybe(d, { probability: 0.25, seed: seed(d) })],
  setSeed: (d) => [seed(d)],
  randomState: () => [],
  setRandomState: () => [[...randomState()]],
  withRandomKey: (d) => [integers(d, [2], 0, 9), () => floats(d, [2])],

  // of several tensors
  where: (d) => {
    const shape = shapeOf(d, 2);
    return [bools(d, shape), floats(d, shape), d.truth() ? 1 : floats(d, d.narrowed(shape))];
  },
  concat: (d) => [[floats(d, [2, 3]), floats(d, [1, 3])], ...maybe(d, { axis: d.pick([0, -2]) })],
  stack: (d) => [[floats(d, [2, 3]), floats(d, [2, 3])], ...maybe(d, { axis: d.integer(-3, 2) })],
  scatterAdd: (d) => [floats(d, [4, 2]), integers(d, [3], 0, 3), floats(d, [3, 2]), ...maybe(d, { axis: 0 })],
  oneHot: (d) => [integers(d, shapeOf(d), 0, 2), 3, ...options(d)],

  // images and sequences
  conv1d: (d) => [
    floats(d, [2, 2, 6]),
    floats(d, [2, 2, d.integer(1, 3)]),
    ...maybe(d, {
      stride: 2,
      padding: d.pick<unknown>(["same", "valid", 1, [1, 0]]),
      dilation: 1,
      accuracy: accuracy(d),
    }),
  ],
  convTranspose2d: (d) => [
    images(d, 2),
    floats(d, [2, 1, 2, 2]),
    ...maybe(d, { stride: 2, padding: 0, dilation: pair(d), layout: "NCHW", accuracy: accuracy(d) }),
  ],
  adaptiveAvgPool2d: (d) => [images(d), pair(d, 3), ...maybe(d, { layout: "NCHW" })],
  ...each("globalAvgPool2d globalMaxPool2d", (d) => [images(d), ...maybe(d, { layout: "NCHW", keepDims: d.truth() })]),

  // normalisation
  moments: (d) => [floats(d, [2, 3]), ...reduceOptions(d, 2)],
  batchNorm: (d) => {
    const [mean, variance] = [floats(d, [3]), tensor([1, 2, 3])];
    return [
      vectorsOf(d),
      { mean, variance, ...some(d, { gamma: floats(d, [3]), beta: floats(d, [3]), epsilon: 1e-3, axis: 1 }) },
    ];
  },
  layerNorm: (d) => [
    floats(d, [2, 3]),
    ...maybe(d, { axes: -1, gamma: floats(d, [3]), beta: floats(d, [3]), epsilon: 1e-3 }),
  ],
  dropout: (d) => [vectors(d), ...maybe(d, { rate: 0.5, seed: seed(d) })],
};

const vectorsOf = (draw: Draw) => floats(draw, [draw.integer(1, 3), 3, ...(draw.truth() ? [2, 2] : [])]);

/** Labels as probabilities. */
export const soft = (draw: Draw, rows: number, classes: number) =>
  oneHot(integers(draw, [rows], 0, classes - 1), classes);
