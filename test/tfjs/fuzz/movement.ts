/** Cases of kernels that move elements, make tensors, or pick and place by index. */

import { slice_util } from "@tensorflow/tfjs-core";
import { type Draw, type DType, type Given, sizeOf, vector } from "./draw.js";
import type { Generators } from "./elementwise.js";

const all: readonly DType[] = ["float32", "int32", "bool", "complex64", "string"];
const numeric: readonly DType[] = ["float32", "int32", "bool"];
/** What cpu moves: most kernels take no complex numbers there. */
const uncomplex: readonly DType[] = [...numeric, "string"];

const anything = (draw: Draw, shape: readonly number[], dtypes = all): Given =>
  draw.tensor(shape, draw.pick(dtypes), "any");

const reshaping: Generators = {
  Identity: (draw) => ({ inputs: { x: anything(draw, draw.shape()) } }),
  Reshape: (draw) => {
    const shape = draw.shape();
    const turned = draw.permutation(shape.length).map((axis) => shape[axis] as number);
    const flat = draw.pick([turned, [sizeOf(shape)], [-1], [1, ...turned], [sizeOf(shape) + 1]]);
    return { inputs: { x: anything(draw, shape) }, attributes: { shape: flat } };
  },
  ExpandDims: (draw) => {
    const shape = draw.shape(0, 5);
    return { inputs: { input: anything(draw, shape) }, attributes: { dim: draw.axis(shape.length + 1) } };
  },
  Transpose: (draw) => {
    const shape = draw.shape();
    return { inputs: { x: anything(draw, shape, uncomplex) }, attributes: { perm: draw.permutation(shape.length) } };
  },
  Reverse: (draw) => {
    const shape = draw.shape();
    return { inputs: { x: anything(draw, shape, uncomplex) }, attributes: { dims: draw.axes(shape.length) } };
  },
  FlipLeftRight: (draw) => ({ inputs: { image: anything(draw, draw.shape(4, 4), numeric) } }),
  DepthToSpace: (draw) => {
    const [blockSize, n, h, w, c] = [
      draw.integer(2, 3),
      draw.length(3),
      draw.length(5),
      draw.length(5),
      draw.integer(1, 3),
    ];
    // cpu takes no NCHW, and moves floats only.
    const x = anything(draw, [n, h, w, c * blockSize ** 2], ["float32"]);
    return { inputs: { x }, attributes: { blockSize, dataFormat: "NHWC" } };
  },
  BatchToSpaceND: (draw) => {
    const { blockShape, inner, rest } = blocks(draw);
    const x = anything(draw, [sizeOf(blockShape) * draw.integer(1, 3), ...inner, ...rest], numeric);
    const crops = inner.map((length, i) => {
      const start = draw.integer(0, Math.min(2, length * (blockShape[i] as number) - 1));
      return [start, draw.integer(0, Math.min(2, length * (blockShape[i] as number) - 1 - start))];
    });
    return { inputs: { x }, attributes: { blockShape, crops } };
  },
  SpaceToBatchND: (draw) => {
    const { blockShape, inner, rest } = blocks(draw);
    const paddings = inner.map((length, i) => {
      const [block, before] = [blockShape[i] as number, draw.integer(0, 3)];
      return [before, (block - ((length + before) % block)) % block];
    });
    const x = anything(draw, [draw.integer(1, 3), ...inner, ...rest], numeric);
    return { inputs: { x }, attributes: { blockShape, paddings } };
  },
};

function blocks(draw: Draw) {
  const count = draw.integer(1, 2);
  const blockShape = draw.list(count, () => draw.integer(1, 3));
  const inner = draw.list(count, () => draw.integer(1, 5));
  return { blockShape, inner, rest: draw.list(draw.integer(0, 1), () => draw.length(5)) };
}

const parts: Generators = {
  // The core slices no scalars.
  Slice: (draw) => {
    const shape = draw.shape(1);
    const begin = shape.map((length) => draw.integer(0, length));
    const size = shape.map((length, i) => (draw.once(5) ? -1 : draw.integer(0, length - (begin[i] as number))));
    if (draw.once(30) && shape.length > 0) size[0] = (shape[0] as number) + 1;
    return { inputs: { x: anything(draw, shape, uncomplex) }, attributes: { begin, size } };
  },
  StridedSlice: (draw) => {
    const shape = draw.shape(1, 5);
    const mask = () => (draw.once(3) ? draw.integer(0, 2 ** shape.length - 1) : 0);
    const bound = (length: number) => draw.integer(-length - 1, length + 1);
    const attributes = {
      begin: shape.map(bound),
      end: shape.map(bound),
      strides: shape.map(() => draw.pick([1, 1, 2, 3, -1, -2])),
      beginMask: mask(),
      endMask: mask(),
      ellipsisMask: draw.once(4) ? 2 ** draw.integer(0, shape.length - 1) : 0,
      newAxisMask: draw.once(4) ? 2 ** draw.integer(0, shape.length - 1) : 0,
      shrinkAxisMask: draw.once(4) ? 2 ** draw.integer(0, shape.length - 1) : 0,
    };
    // cpu takes the steps of other axes where one is added or goes away, and fails where nothing is left.
    if (attributes.newAxisMask + attributes.shrinkAxisMask > 0) attributes.strides.fill(1);
    const { begin, end, strides, ...masks } = attributes;
    const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = masks;
    const info = () =>
      slice_util.sliceInfo(shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
    const whole = {
      begin: [],
      end: [],
      strides: [],
      beginMask: 0,
      endMask: 0,
      ellipsisMask: 0,
      newAxisMask: 0,
      shrinkAxisMask: 0,
    };
    return { inputs: { x: anything(draw, shape, numeric) }, attributes: isEmpty(info) ? whole : attributes };
  },
  SplitV: (draw) => {
    const shape = draw.shape(1);
    const axis = draw.axis(shape.length);
    const along = (axis + shape.length) % shape.length;
    const sizes = draw.list(draw.integer(1, 4), () => draw.integer(0, 5));
    shape[along] = sizes.reduce((sum, size) => sum + size, 0);
    if (sizes.length > 1 && draw.once(3)) sizes[draw.integer(0, sizes.length - 1)] = -1;
    return { inputs: { x: anything(draw, shape, uncomplex) }, attributes: { numOrSizeSplits: sizes, axis } };
  },
  Unpack: (draw) => {
    const shape = draw.shape(1);
    return { inputs: { value: anything(draw, shape, uncomplex) }, attributes: { axis: draw.axis(shape.length) } };
  },
};

/** Whether a slice has no elements; of what is no slice both backends have to say so. */
function isEmpty(info: () => { finalShape: number[] }): boolean {
  try {
    return sizeOf(info().finalShape) === 0;
  } catch {
    return false;
  }
}

/** cpu joins no complex numbers where there are none. */
const isTaken = (tensors: readonly Given[]) =>
  tensors.every(({ dtype, shape }) => dtype !== "complex64" || sizeOf(shape) > 0);

const wholes: Generators = {
  Concat: (draw) => {
    const [shape, dtype] = [draw.shape(1), draw.pick(all)];
    const axis = draw.axis(shape.length);
    const along = (axis + shape.length) % shape.length;
    const tensors = draw.list(draw.integer(1, 4), (i) => {
      const part = shape.map((length, j) => (j === along ? draw.length(5) : length));
      if (i > 0 && draw.once(60)) part.push(1);
      return draw.tensor(part, dtype, "any");
    });
    draw.require(isTaken(tensors));
    return { inputs: tensors, attributes: { axis } };
  },
  Pack: (draw) => {
    const [shape, dtype] = [draw.shape(0, 5), draw.pick(all)];
    const tensors = draw.list(draw.integer(1, 4), () => draw.tensor(shape, dtype, "any"));
    draw.require(isTaken(tensors));
    return { inputs: tensors, attributes: { axis: draw.integer(0, shape.length) } };
  },
  Tile: (draw) => {
    const shape = draw.shape();
    return {
      inputs: { x: anything(draw, shape, uncomplex) },
      attributes: { reps: shape.map(() => draw.pick([1, 1, 2, 3])) },
    };
  },
  PadV2: (draw) => {
    const shape = draw.shape();
    const paddings = shape.map(() => [draw.pick([0, 1, 2, 5]), draw.pick([0, 1, 3])]);
    const x = anything(draw, shape, numeric);
    const constantValue = x.dtype === "bool" ? draw.integer(0, 1) : draw.integer(-3, 3);
    return { inputs: { x }, attributes: { paddings, constantValue } };
  },
  MirrorPad: (draw) => {
    const shape = draw.list(draw.integer(1, 4), () => draw.integer(2, 6));
    const mode = draw.pick(["reflect", "symmetric"]);
    const most = (length: number) => (mode === "reflect" ? length - 1 : length);
    const paddings = shape.map((length) => [draw.integer(0, most(length)), draw.integer(0, most(length))]);
    return { inputs: { x: anything(draw, shape, numeric) }, attributes: { paddings, mode } };
  },
  BroadcastArgs: (draw) => {
    const [a, b] = draw.pair();
    return { inputs: { s0: vector(a), s1: vector(b) } };
  },
};

const makers: Generators = {
  // cpu knows no zeros of strings.
  ZerosLike: (draw) => ({ inputs: { x: anything(draw, draw.shape(), [...numeric, "complex64"]) } }),
  OnesLike: (draw) => ({ inputs: { x: anything(draw, draw.shape()) } }),
  Fill: (draw) => {
    const dtype = draw.pick(["float32", "int32", "bool", "string"] as const);
    const value =
      dtype === "string" ? draw.pick(["", "ä"]) : dtype === "bool" ? draw.integer(0, 1) : draw.integer(-9, 9);
    return { inputs: {}, attributes: { shape: draw.shape(), value, dtype } };
  },
  Range: (draw) => {
    const dtype = draw.pick(["float32", "int32"] as const);
    const [start, stop] = [draw.integer(-20, 20), draw.integer(-20, 20)];
    // Against a fractional step cpu goes away from where it should stop.
    const step = draw.pick(dtype === "int32" || stop < start ? [1, 2, 3, -1, -2] : [1, 0.5, 0.75, 3, -1, -2]);
    return { inputs: {}, attributes: { start, stop, step, dtype } };
  },
  // cpu adds the step again and again, with a rounding each time.
  LinSpace: (draw) => {
    const [start, stop] = [draw.float(-5, 5), draw.float(-5, 5)];
    const attributes = { start, stop, num: draw.integer(1, 70) };
    const bound = 2 * (attributes.num + 4) * 2 ** -24 * Math.max(Math.abs(start), Math.abs(stop));
    return { inputs: {}, attributes, tolerance: { bound: () => [bound] } };
  },
  OneHot: (draw) => {
    const depth = draw.integer(1, 9);
    const attributes = {
      depth,
      onValue: draw.integer(-2, 5),
      offValue: draw.integer(-2, 5),
      dtype: draw.pick(["float32", "int32"]),
    };
    return { inputs: { indices: draw.integers(draw.shape(0, 4), -1, depth) }, attributes };
  },
  Diag: (draw) => ({
    inputs: {
      x: draw.tensor(
        draw.list(draw.integer(1, 3), () => draw.length(5)),
        draw.pick(["float32", "int32"]),
        "any",
      ),
    },
  }),
};

const indexing: Generators = {
  GatherV2: (draw) => {
    const shape = draw.shape(1, 4).map((length) => Math.max(1, length));
    const batchDims = draw.once(2) ? draw.integer(0, shape.length - 1) : 0;
    const axis = draw.integer(batchDims, shape.length - 1);
    const length = shape[axis] as number;
    const outside = draw.once(20) ? 1 : 0;
    const indices = draw.integers([...shape.slice(0, batchDims), ...draw.shape(0, 2)], 0, length - 1 + outside);
    return { inputs: { x: anything(draw, shape, numeric), indices }, attributes: { axis, batchDims } };
  },
  GatherNd: (draw) => {
    const shape = draw.shape(1, 4).map((length) => Math.max(1, length));
    const depth = draw.integer(1, shape.length);
    const indices = points(draw, draw.shape(0, 2), shape.slice(0, depth), draw.once(20));
    return { inputs: { params: anything(draw, shape, ["float32", "int32", "bool"]), indices } };
  },
  ScatterNd: (draw) => {
    const { shape, indices, updates } = scattered(draw, false);
    return {
      inputs: { indices, updates: draw.tensor(updates, draw.pick(["float32", "int32"])) },
      attributes: { shape },
      tolerance: { bound: () => [64 * 2 ** -24 * 64 * 2] },
    };
  },
  TensorScatterUpdate: (draw) => {
    const { shape, indices, updates } = scattered(draw, true);
    const dtype = draw.pick(["float32", "int32", "bool"] as const);
    return {
      inputs: { tensor: draw.tensor(shape, dtype, "any"), indices, updates: draw.tensor(updates, dtype, "any") },
    };
  },
  SparseToDense: (draw) => {
    const { shape, indices, updates } = scattered(draw, true, true);
    const dtype = draw.pick(["float32", "int32", "bool", "string"] as const);
    const defaultValue = draw.tensor([], dtype, "any");
    const inputs = { sparseIndices: indices, sparseValues: draw.tensor(updates, dtype, "any"), defaultValue };
    return { inputs, attributes: { outputShape: shape } };
  },
  UnsortedSegmentSum: (draw) => {
    const shape = draw.shape(1, 4);
    const numSegments = draw.integer(1, 5);
    const segmentIds = draw.integers(shape.slice(0, 1), -1, numSegments);
    return { inputs: { x: draw.tensor(shape), segmentIds }, attributes: { numSegments }, tolerance: { sums: 140 } };
  },
};

/** Points in the first axes of a shape, or one of them outside. */
function points(draw: Draw, shape: readonly number[], lengths: readonly number[], isOutside = false): Given {
  const count = sizeOf(shape);
  const values = draw.list(count, () => lengths.map((length) => draw.integer(0, length - 1))).flat();
  if (isOutside && values.length > 0) values[0] = (lengths[0] as number) + 1;
  return { shape: [...shape, lengths.length], dtype: "int32", values: Int32Array.from(values) };
}

function scattered(draw: Draw, areDifferent: boolean, isWhole = false) {
  const shape = draw.list(draw.integer(1, 3), () => draw.integer(1, 6));
  const depth = isWhole ? shape.length : draw.integer(1, shape.length);
  const count = draw.integer(1, 9);
  const indices = points(draw, [count], shape.slice(0, depth), draw.once(20));
  if (areDifferent && draw.truth()) indices.values.fill(0 as never);
  return { shape, indices, updates: [count, ...shape.slice(depth)] };
}

export const movement: Generators = { ...reshaping, ...parts, ...wholes, ...makers, ...indexing };
