/** Cases of kernels whose results depend on values: searching and counting, sparse and ragged tensors, strings. */

import { type Draw, type Given, vector } from "./draw.js";
import type { Generator, Generators } from "./elementwise.js";

const scalar = (value: number, dtype: "float32" | "int32" = "int32"): Given => ({
  shape: [],
  dtype,
  values: dtype === "int32" ? Int32Array.of(value) : Float32Array.of(value),
});

const search: Generators = {
  // Without sorting, any order will do.
  TopK: (draw) => {
    const shape = draw.shape(1, 4);
    const length = shape.at(-1) as number;
    const x = draw.tensor(shape, draw.pick(["float32", "int32"]), draw.pick(["ties", "moderate"]));
    return { inputs: { x }, attributes: { k: draw.integer(0, length), sorted: true } };
  },
  Unique: (draw) => {
    const shape = draw.shape(1, 3);
    const x = draw.tensor(shape, draw.pick(["float32", "int32", "bool", "string"]), "ties");
    return { inputs: { x }, attributes: { axis: draw.axis(shape.length) } };
  },
  SearchSorted: (draw) => {
    const [rows, length, count] = [draw.integer(1, 4), draw.integer(1, 20), draw.integer(1, 9)];
    const sortedSequence = draw.tensor([rows, length], draw.pick(["float32", "int32"]), "ties");
    for (let row = 0; row < rows; row++)
      (sortedSequence.values as Float32Array).subarray(row * length, (row + 1) * length).sort();
    const values = draw.tensor([rows, count], sortedSequence.dtype, "ties");
    return { inputs: { sortedSequence, values }, attributes: { side: draw.pick(["left", "right"]) } };
  },
  Bincount: (draw) => {
    const count = draw.integer(0, 40);
    const x = draw.integers([count], draw.once(20) ? -1 : 0, 9);
    const weights = draw.pick([
      draw.tensor([count], "float32", "ties"),
      draw.tensor([0], "float32"),
      draw.tensor([count], "int32"),
    ]);
    return { inputs: { x, weights }, attributes: { size: draw.integer(1, 12) } };
  },
  DenseBincount: (draw) => {
    const shape = draw.shape(1, 2);
    const x = draw.integers(shape, draw.once(20) ? -1 : 0, 9);
    const weights = draw.pick([
      draw.tensor(shape, "float32", "ties"),
      draw.tensor([0], "float32"),
      draw.tensor(shape, "int32"),
    ]);
    return { inputs: { x, weights }, attributes: { size: draw.integer(1, 12), binaryOutput: draw.truth() } };
  },
  // Draws have another generator: what both can be asked is the shape, and that certain outcomes are certain.
  Multinomial: (draw) => {
    const [rows, classes] = [draw.integer(1, 4), draw.integer(1, 6)];
    const values = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) values[row * classes + draw.integer(0, classes - 1)] = 1;
    const attributes = { numSamples: draw.integer(1, 9), seed: draw.integer(1, 999), normalized: true };
    return { inputs: { logits: { shape: [rows, classes], dtype: "float32", values } }, attributes };
  },
};

const sparse: Generators = {
  SparseFillEmptyRows: (draw) => {
    const [rows, columns] = [draw.integer(0, 6), draw.integer(1, 5)];
    const count = draw.integer(0, 8);
    const places = draw.list(count, () => [
      draw.integer(0, rows - (draw.once(40) ? 0 : 1)),
      draw.integer(0, columns - 1),
    ]);
    places.sort(([a = 0], [b = 0]) => (draw.once(1) ? a - b : 0));
    const indices: Given = { shape: [count, 2], dtype: "int32", values: Int32Array.from(places.flat()) };
    const dtype = draw.pick(["float32", "int32"] as const);
    const inputs = {
      indices,
      values: draw.tensor([count], dtype),
      denseShape: vector([rows, columns]),
      defaultValue: draw.tensor([], dtype),
    };
    return { inputs };
  },
  SparseReshape: (draw) => {
    const shape = [draw.integer(1, 4), draw.integer(1, 6), draw.integer(1, 4)];
    const count = draw.integer(0, 6);
    const values = draw.list(count, () => shape.map((length) => draw.integer(0, length - 1))).flat();
    const [a, b, c] = shape as [number, number, number];
    const target = draw.pick([
      [a * b, c],
      [-1],
      [c, -1],
      [a, b * c],
      [a * b * c, 1],
      [-1, -1],
      [7, -1],
      [a * b * c + 1],
    ]);
    const inputIndices: Given = { shape: [count, 3], dtype: "int32", values: Int32Array.from(values) };
    return { inputs: { inputIndices, inputShape: vector(shape), newShape: vector(target) } };
  },
  SparseSegmentSum: segments,
  SparseSegmentMean: segments,
};

/** Sums of at most 9 rows of at most 2; cpu keeps each partial sum as a float. */
function segments(draw: Draw): ReturnType<Generator> {
  const [rows, width, count] = [draw.integer(1, 6), draw.length(5), draw.integer(0, 9)];
  const ids = draw.list(count, () => draw.integer(0, 5)).sort();
  if (draw.once(20)) ids.reverse();
  const indices = draw.integers([count], 0, rows - (draw.once(30) ? 0 : 1));
  const inputs = { data: draw.tensor(draw.truth() ? [rows, width] : [rows]), indices, segmentIds: vector(ids) };
  return { inputs, tolerance: { bound: () => [2 * 10 * 2 ** -24 * 20] } };
}

/** Ascending positions from 0 to a size. */
function splits(draw: Draw, size: number, rows: number): Given {
  const inner = draw.list(Math.max(0, rows - 1), () => draw.integer(0, size)).sort((a, b) => a - b);
  return vector([0, ...inner, size]);
}

const ragged: Generators = {
  RaggedGather: (draw) => {
    const [rows, size] = [draw.integer(1, 5), draw.integer(0, 9)];
    const levels = [splits(draw, size, rows)];
    if (draw.once(2)) levels.unshift(splits(draw, rows, draw.integer(1, 3)));
    if (draw.once(20)) (levels[0] as Given).values[0] = 9;
    const outer = (levels[0] as Given).values.length - 1;
    const indices = draw.integers(draw.shape(0, 2), 0, outer - (draw.once(20) ? 0 : 1));
    const paramsDenseValues = draw.tensor(
      [size, ...draw.list(draw.integer(0, 1), () => draw.integer(1, 3))],
      draw.pick(["float32", "int32"]),
    );
    const inputs = { paramsNestedSplits: levels, paramsDenseValues, indices };
    return { inputs, attributes: { outputRaggedRank: levels.length + indices.shape.length - 1 } };
  },
  RaggedRange: (draw) => {
    const [rows, dtype] = [draw.integer(1, 5), draw.pick(["float32", "int32"] as const)];
    const part = (low: number, high: number) => {
      if (draw.once(2)) return scalar(draw.integer(low, high), dtype);
      const values = draw.list(rows, () => draw.integer(low, high));
      return { shape: [rows], dtype, values: dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values) };
    };
    const deltas = part(-3, 3);
    if (!draw.once(10)) (deltas.values as Int32Array).set((deltas.values as Int32Array).map((delta) => delta || 1));
    return { inputs: { starts: part(-9, 9), limits: part(-9, 9), deltas } };
  },
  RaggedTensorToTensor: (draw) => {
    const [rows, size] = [draw.integer(1, 5), draw.integer(1, 9)];
    const dtype = draw.pick(["float32", "int32"] as const);
    const inputs = {
      // The core takes an axis for a length where values have several axes.
      shape: vector([draw.pick([-1, rows, rows + 2, 1]), draw.pick([-1, 2, 5])]),
      values: draw.tensor([size], dtype),
      // cpu copies default values of more than one number to nowhere.
      defaultValue: draw.tensor([], dtype),
    };
    if (draw.truth()) {
      return {
        inputs: { ...inputs, rowPartitionTensors: [splits(draw, size, rows)] },
        attributes: { rowPartitionTypes: ["ROW_SPLITS"] },
      };
    }
    const ids = draw.list(size, () => draw.integer(0, rows - 1)).sort();
    const partitions = [scalar(rows), vector(ids)].map((given) => ({
      ...given,
      shape: given.shape.length === 0 ? [1] : given.shape,
    }));
    return {
      inputs: { ...inputs, rowPartitionTensors: partitions },
      attributes: { rowPartitionTypes: ["FIRST_DIM_SIZE", "VALUE_ROWIDS"] },
    };
  },
};

const strings: Generators = {
  StringNGrams: (draw) => {
    const size = draw.integer(0, 8);
    const attributes = {
      separator: draw.pick(["", "|", "ä"]),
      nGramWidths: draw.list(draw.integer(1, 3), () => draw.integer(1, 4)),
      leftPad: draw.pick(["", "L"]),
      rightPad: draw.pick(["", "RR"]),
      padWidth: draw.integer(-1, 3),
      preserveShortSequences: draw.truth(),
    };
    return {
      inputs: { data: draw.tensor([size], "string"), dataSplits: splits(draw, size, draw.integer(1, 4)) },
      attributes,
    };
  },
  StringSplit: (draw) => {
    const delimiter: Given = { shape: [], dtype: "string", values: [draw.pick(["", " ", ",", ",; ", "a"])] };
    return {
      inputs: { input: draw.tensor([draw.integer(0, 6)], "string"), delimiter },
      attributes: { skipEmpty: draw.truth() },
    };
  },
  StringToHashBucketFast: (draw) => ({
    inputs: { input: draw.tensor(draw.shape(0, 3), "string") },
    attributes: { numBuckets: draw.pick([1, 7, 1000, 2 ** 31 - 1, 0]) },
  }),
  StaticRegexReplace: (draw) => ({
    inputs: { x: draw.tensor(draw.shape(0, 3), "string") },
    attributes: {
      pattern: draw.pick(["a", "[a-c]", "(.)b", "ä"]),
      rewrite: draw.pick(["", "x", "$1$1"]),
      replaceGlobal: draw.truth(),
    },
  }),
};

export const host: Generators = { ...search, ...sparse, ...ragged, ...strings };
