/** Operands for test cases: drawn from a domain, in every awkward layout. */

import type { Random } from "../data/index.js";
import { allocate, type DType, type TypedArray } from "../dtype.js";
import type { Tensor } from "../graph/tensor.js";
import { broadcastTo, flip, slice, tensor, transpose } from "../ops/index.js";
import { type Shape, sizeOf } from "../shape.js";

/** What an operand is drawn from: uniform numbers in [low, high), integers for integer dtypes. */
export interface Domain {
  /** Default float32. */
  readonly dtype?: DType;
  /** Default −1, or −100 for int32 and 0 for bytes. */
  readonly low?: number;
  /** Default 1, or 100 for int32, 256 for uint8 and 2 for bool. */
  readonly high?: number;
}

/** An operand of a given shape. */
export interface Operand extends Domain {
  readonly shape: Shape;
}

const ranges = {
  float32: [-1, 1],
  float64: [-1, 1],
  int32: [-100, 100],
  uint8: [0, 256],
  bool: [0, 2],
} as const;

function draw(
  { dtype = "float32", low = ranges[dtype][0], high = ranges[dtype][1] }: Domain,
  n: number,
  random: Random,
) {
  const values = allocate(dtype, n);
  const isFloat = dtype === "float32" || dtype === "float64";
  for (let i = 0; i < n; i++) values[i] = isFloat ? random.uniform(low, high) : low + random.below(high - low);
  return values;
}

function whole(operand: Operand, shape: Shape, random: Random): Tensor {
  const dtype = operand.dtype ?? "float32";
  return tensor(draw(operand, sizeOf(shape), random), { shape, dtype });
}

/** Ways for elements to lie in memory. Each gives a tensor of the operand's shape. */
export const layouts: Readonly<Record<string, (operand: Operand, random: Random) => Tensor>> = {
  contiguous: (operand, random) => whole(operand, operand.shape, random),
  transposed: (operand, random) => {
    const reversed = [...operand.shape].reverse();
    return transpose(whole(operand, reversed, random), [...reversed.keys()].reverse());
  },
  "first axes last": (operand, random) => {
    const half = operand.shape.length >> 1;
    const turned = [...operand.shape.slice(half), ...operand.shape.slice(0, half)];
    const axes = operand.shape.map((_, axis) => (axis + operand.shape.length - half) % operand.shape.length);
    return transpose(whole(operand, turned, random), axes);
  },
  stepped: (operand, random) => {
    const wide = operand.shape.map((length) => 2 * length + 1);
    return slice(
      whole(operand, wide, random),
      operand.shape.map((length) => [1, 2 * length, 2]),
    );
  },
  backwards: (operand, random) => flip(whole(operand, operand.shape, random)),
  "in wider rows": (operand, random) => {
    const last = operand.shape.length - 1;
    const wide = operand.shape.map((length, axis) => (axis === last ? length + 3 : length));
    return slice(
      whole(operand, wide, random),
      operand.shape.map((length, axis) => (axis === last ? [2, length + 2] : null)),
    );
  },
  "broadcast along the first axis": (operand, random) => {
    const [length, ...rest] = operand.shape;
    if (!length) return whole(operand, operand.shape, random);
    return broadcastTo(whole(operand, [1, ...rest], random), operand.shape);
  },
  "broadcast along the last axis": (operand, random) => {
    const shape = operand.shape.slice(0, -1);
    if (!operand.shape.at(-1)) return whole(operand, operand.shape, random);
    return broadcastTo(whole(operand, [...shape, 1], random), operand.shape);
  },
};

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  127.5,
  256,
  300,
  -300,
  2 ** 23 + 1,
  2 ** 31,
  -(2 ** 31),
  1e10,
  1e-45,
  -1e-40,
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  Infinity,
  -Infinity,
  NaN,
];
const integers = [0, 1, -1, 2, 255, 256, -300, 2 ** 16 + 1, 2 ** 24 + 1, 2 ** 31 - 1, -(2 ** 31)];

/** Values at the edges of a dtype. */
const edges: { readonly [D in DType]: TypedArray } = {
  float32: Float32Array.from(floats),
  float64: Float64Array.from(floats),
  int32: Int32Array.from(integers),
  uint8: Uint8Array.of(0, 1, 2, 127, 128, 255),
  bool: Uint8Array.of(0, 1),
};

/** Every combination of edge values, one element each: a tensor per operand. */
export function edgeOperands(domains: readonly Domain[]): Tensor[] {
  const lists = domains.map(({ dtype = "float32" }) => edges[dtype]);
  const count = lists.reduce((product, list) => product * list.length, 1);
  let period = count;
  return domains.map(({ dtype = "float32" }, k) => {
    const list = lists[k] as TypedArray;
    period /= list.length;
    const every = period;
    const values = allocate(dtype, count);
    for (let i = 0; i < count; i++) values[i] = list[Math.floor(i / every) % list.length] as number;
    return tensor(values, { dtype });
  });
}

/** What arithmetic treats in its own way, each with a place of its own among ordinary numbers. */
const specials = [NaN, Infinity, -Infinity, 2 ** -149, -1e-40, 2 ** -126, -0];

/** Operands as they come, but for special values at random places of one of them. */
export function specialOperands(operands: readonly Operand[], which: number, random: Random): Tensor[] {
  return operands.map((operand, i) => {
    const values = draw(operand, sizeOf(operand.shape), random);
    if (i === which && values.length > 0) for (const special of specials) values[random.below(values.length)] = special;
    return tensor(values, { shape: operand.shape, dtype: operand.dtype ?? "float32" });
  });
}
