/** Cases of kernels that make one element of many: sums, products, extrema, scans, normalisation, products of matrices. */

import { type Result, run, UNIT } from "./differential.js";
import { type Draw, type DType, type Given, sizeOf } from "./draw.js";
import type { Generator, Generators } from "./elementwise.js";

/** Axes of a reduction, in any order; now and then all, or none. */
const axesOf = (draw: Draw, shape: readonly number[]) =>
  draw.once(4) ? shape.map((_, i) => i) : draw.axes(shape.length).sort();

/** Values of what is added up: without the huge ones, of which partial sums in float32 could overflow. */
const SUMMED = ["moderate", "special"] as const;

/** A reduction; the core has its axes moved to the end, or not, as the kernel likes. */
function reduction(dtypes: readonly DType[], kind: "any" | "sum", sums?: number, name = "axis"): Generator {
  return (draw) => {
    const shape = draw.shape();
    const attributes = { [name]: axesOf(draw, shape), keepDims: draw.truth() };
    const x = draw.tensor(shape, draw.pick(dtypes), kind === "sum" ? draw.pick(SUMMED) : kind);
    return { inputs: { x }, attributes, ...(sums !== undefined && { tolerance: { sums } }) };
  };
}

/** Cases whose input has elements. */
function ofSome(generator: Generator): Generator {
  return (draw) => {
    const drawn = generator(draw);
    draw.require(sizeOf((drawn.inputs as { x: Given }).x.shape) > 0);
    return drawn;
  };
}

/** cpu divides each element before it adds them: n + 1 roundings, and 141 of nodegrad, of a mean magnitude of at most 9. */
function mean(draw: Draw) {
  const shape = draw.shape();
  const axis = axesOf(draw, shape);
  const terms = sizeOf(axis.map((i) => shape[i] as number));
  const bound = (terms + 1 + 141) * UNIT * 9;
  const x = draw.tensor(shape, draw.pick(["float32", "int32", "bool"]), draw.pick(SUMMED));
  return { inputs: { x }, attributes: { axis, keepDims: draw.truth() }, tolerance: { bound: () => [bound] } };
}

function position(draw: Draw) {
  const shape = draw.shape(1);
  const axis = draw.integer(0, shape.length - 1);
  shape[axis] = Math.max(1, shape[axis] as number);
  const x = draw.tensor(shape, draw.pick(["float32", "int32"]), draw.pick(["any", "ties"]));
  // cpu starts with the first element, and finds none better than NaN.
  if (x.dtype === "float32")
    (x.values as Float32Array).set((x.values as Float32Array).map((y) => (Number.isNaN(y) ? 5 : y)));
  return { inputs: { x }, attributes: { axis } };
}

/** Relative errors of products: of n factors n roundings, on either side. */
function product(draw: Draw) {
  const shape = draw.shape();
  const axis = axesOf(draw, shape);
  const terms = sizeOf(axis.map((i) => shape[i] as number));
  const isFloat = draw.truth();
  const x = isFloat
    ? draw.tensor(shape, "float32", "unit")
    : draw.integers(shape, terms > 12 ? -1 : -3, terms > 12 ? 1 : 3);
  return { inputs: { x }, attributes: { axis, keepDims: draw.truth() }, tolerance: { ulps: 4 * terms + 1 } };
}

const reductions: Generators = {
  Sum: reduction(["float32", "int32", "bool"], "sum", 140),
  // Of nothing cpu knows none of these.
  Mean: ofSome(mean),
  Max: ofSome(reduction(["float32", "int32"], "any", undefined, "reductionIndices")),
  Min: ofSome(reduction(["float32", "int32"], "any")),
  All: ofSome(reduction(["bool"], "any")),
  Any: reduction(["bool"], "any"),
  Prod: product,
  ArgMax: position,
  ArgMin: position,
};

/** Running sums: each goes through as many roundings as it has terms. */
function scan(isProduct: boolean): Generator {
  return (draw) => {
    const shape = draw.shape(1, 4);
    // The core brings the axis to the end.
    const axis = shape.length - 1;
    const [length, isFloat] = [shape[axis] as number, draw.truth()];
    const attributes = { axis, exclusive: draw.truth(), reverse: draw.truth() };
    if (!isFloat) return { inputs: { x: draw.integers(shape, -1, isProduct ? 1 : 9) }, attributes };
    const x = draw.tensor(shape, "float32", isProduct ? "unit" : draw.pick(SUMMED));
    return { inputs: { x }, attributes, tolerance: isProduct ? { ulps: 4 * length + 1 } : { sums: length } };
  };
}

/** eˣ / Σ eˣ: see docs/numerics.md for its (n + 6)·u, times 1 + max x − x. */
function softmax(draw: Draw) {
  const shape = draw.shape(1);
  const logits = draw.tensor(shape, "float32", draw.pick(SUMMED));
  const factor = 2 * ((shape.at(-1) as number) + 6) * UNIT * (1 + 4);
  const bound = (results: readonly Result[]) =>
    results.map(({ values }) => Float64Array.from(values as Float32Array, (y) => factor * y + 2 ** -148));
  return { inputs: { logits }, attributes: { dim: shape.length - 1 }, tolerance: { bound } };
}

/** (x − mean)·scale/√(variance + ε) + offset in any order: some roundings of the largest of its parts. */
function batchNorm(draw: Draw) {
  const shape = draw.shape(1, 4);
  const channels = draw.truth() ? shape.slice(-1) : shape;
  const varianceEpsilon = draw.pick([0.001, 0.1]);
  const inputs: Record<string, Given> = {
    x: draw.tensor(shape, "float32", draw.pick(SUMMED)),
    mean: draw.tensor(channels, "float32", draw.pick(SUMMED)),
    variance: draw.tensor(channels, "float32", "unit"),
    ...(draw.truth() && { offset: draw.tensor(channels) }),
    ...(draw.truth() && { scale: draw.tensor(channels) }),
  };
  // |x|, |mean|, |offset|, |scale| ≤ 2 and variance ≥ 0.01.
  const largest = (4 * 2) / Math.sqrt(0.01) + 2;
  return { inputs, attributes: { varianceEpsilon }, tolerance: { bound: () => [12 * UNIT * largest] } };
}

function localResponse(draw: Draw) {
  const shape = draw.list(4, () => draw.length(7));
  const depthRadius = draw.integer(0, 6);
  const attributes = { depthRadius, bias: draw.float(0.5, 2), alpha: draw.float(0.1, 1), beta: draw.float(0.2, 1.5) };
  return { shape, attributes };
}

const normalisation: Generators = {
  Softmax: softmax,
  FusedBatchNorm: batchNorm,
  // All terms are positive: 2r + 1 sums and a few roundings, to the power of β ≤ 1.5.
  LRN: (draw) => {
    const { shape, attributes } = localResponse(draw);
    return { inputs: { x: draw.tensor(shape) }, attributes, tolerance: { ulps: 3 * (2 * attributes.depthRadius + 5) } };
  },
  // A sum over at most 13 channels of 2αβ·x·y·dy·norm, of which |x|, |dy| ≤ 2 and norm^(−β−1) ≤ 0.5^(−2.5).
  LRNGrad: (draw) => {
    const { shape, attributes } = localResponse(draw);
    const x = draw.tensor(shape);
    const outcome = run("cpu", "LRN", { x }, attributes);
    const [y] = "results" in outcome ? outcome.results : [];
    const inputs = { x, y: { ...x, values: y?.values as Float32Array }, dy: draw.tensor(shape) };
    const largest = 0.5 ** -2.5 * (2 + 13 * 2 * 1.5 * 8);
    return { inputs, attributes, tolerance: { bound: () => [40 * UNIT * largest] } };
  },
};

/** Shapes of factors, with batches that broadcast. */
function factors(draw: Draw) {
  const [m, k, n] = [draw.length(33), draw.length(65), draw.length(33)];
  const batch = draw.list(draw.integer(0, 2), () => draw.integer(1, 3));
  const [transposeA, transposeB] = [draw.truth(), draw.truth()];
  // cpu counts batches round and round, which is right only where all of them broadcast.
  const a = [...draw.pick([batch, batch.map(() => 1), []]), ...(transposeA ? [k, m] : [m, k])];
  const b = [...batch, ...(transposeB ? [n, k] : [k, n])];
  return { a, b, m, n, k, batch, attributes: { transposeA, transposeB } };
}

/** The core gives both factors the same rank, three at least. */
function asBatches(shape: readonly number[], rank: number): number[] {
  return [...new Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape];
}

const products: Generators = {
  BatchMatMul: (draw) => {
    const { a, b, attributes } = factors(draw);
    const rank = Math.max(3, a.length, b.length);
    const shapes = [asBatches(a, rank), asBatches(b, rank)] as const;
    if (draw.once(5))
      return { inputs: { a: draw.tensor(shapes[0], "int32"), b: draw.tensor(shapes[1], "int32") }, attributes };
    const [left, right] = shapes.map((shape) => draw.tensor(shape, "float32", draw.pick(SUMMED))) as [Given, Given];
    return { inputs: { a: left, b: right }, attributes, tolerance: { sums: 1 } };
  },
  _FusedMatMul: (draw) => {
    const { a, b, k, n, attributes } = factors(draw);
    const rank = Math.max(3, a.length, b.length);
    const { activation, parameters } = activationOf(draw, [n]);
    const [left, right] = [a, b].map((shape) => draw.tensor(asBatches(shape, rank), "float32", draw.pick(SUMMED))) as [
      Given,
      Given,
    ];
    const inputs = { a: left, b: right, ...parameters };
    return { inputs, attributes: { ...attributes, ...activation }, tolerance: { bound: () => [activated(k, 4)] } };
  },
  Einsum: (draw) => {
    // cpu keeps an axis of 1 of what is summed away in steps.
    const equations = [
      "ij,jk->ik",
      "ij->ji",
      "bij,bjk->bik",
      "ij,ij->",
      "i,j->ij",
      "abc,cd->abd",
      "ijk->k",
      "ii->i",
      "ii",
      "ij,jk,kl->il",
      "bqhd,bkhd->bhqk",
      "i,i->i",
    ];
    const equation = draw.pick(equations);
    const lengths = new Map([..."abcdhijklq"].map((name) => [name, draw.length(9)]));
    const names = (equation.split("->")[0] as string).split(",");
    const tensors = names.map((axes) => draw.tensor([...axes].map((name) => lengths.get(name) as number)));
    return { inputs: tensors, attributes: { equation }, tolerance: { sums: 4 } };
  },
};

/** A bias and an activation of results with these channels. */
export function activationOf(draw: Draw, channels: readonly number[]) {
  const activation = draw.pick(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"]);
  return {
    activation: { activation, leakyreluAlpha: draw.pick([0.2, 0.5]) },
    parameters: {
      ...((draw.truth() || activation === "prelu") && { bias: draw.tensor(channels) }),
      ...(activation === "prelu" && { preluActivationWeights: draw.tensor(channels) }),
    },
  };
}

/** What an activation of a sum of n terms of at most `largest` and a bias of 2 is off by: slopes are at most 2. */
export function activated(terms: number, largest: number): number {
  return 2 * 2 * (terms + 4) * UNIT * (terms * largest + 2);
}

/** A transform of n numbers of at most 2√2 is off by some roundings in each of its passes. */
function fourier(): Generator {
  return (draw) => {
    // cpu has none of nothing.
    const shape = draw.list(draw.integer(1, 3), () => Math.max(1, draw.length(17)));
    const n = Math.max(1, shape.at(-1) as number);
    // Lengths that are no power of two take three transforms of more than twice the length.
    const passes = 3 * Math.ceil(Math.log2(4 * n));
    const bound = 8 * passes * UNIT * n * 4;
    return { inputs: { input: draw.tensor(shape, "complex64") }, tolerance: { bound: () => [bound] } };
  };
}

export const reducing: Generators = {
  ...reductions,
  ...normalisation,
  ...products,
  Cumsum: scan(false),
  Cumprod: scan(true),
  FFT: fourier(),
  IFFT: fourier(),
};
