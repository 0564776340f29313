/** Random inputs of kernels: lengths, shapes, attributes, values. All of it follows from fast-check's seed. */

import * as fc from "fast-check";
import { Random } from "../../../lib/data/index.js";

export type DType = "float32" | "int32" | "bool" | "complex64" | "string";

/** An input of a kernel: what both backends make their tensor of. */
export interface Given {
  readonly shape: number[];
  readonly dtype: DType;
  /** Complex numbers are interleaved. */
  readonly values: Float32Array | Int32Array | Uint8Array | string[];
}

/** Which values elements have. */
export type Kind =
  /** All there are: NaN, infinities, signed zeros, subnormal and huge ones among moderate ones. */
  | "any"
  /** In [−2, 2). */
  | "moderate"
  /** The same, and now and then NaN or an infinity. */
  | "special"
  /** Few integers, so that many are equal. */
  | "ties"
  /** In (0, 1). */
  | "unit";

const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 33, 65];
const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  1.5,
  -2.5,
  Number.NaN,
  Infinity,
  -Infinity,
  2 ** -149,
  2 ** -126,
  3.4e38,
  2 ** 24 + 2,
];
const SPECIAL = [Number.NaN, Infinity, -Infinity];
const INTEGERS = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1, -(2 ** 24) - 1, 2 ** 16, 46341, 2 ** 30];
const STRINGS = ["", "a", "b", "ab", "a b", "ä", "日本", "a,b;c", "🙂", "ABC"];

export class Draw {
  readonly #gen: fc.GeneratorValue;

  constructor(gen: fc.GeneratorValue) {
    this.#gen = gen;
  }

  /** Leaves out the case unless this holds. */
  require(condition: boolean): void {
    fc.pre(condition);
  }

  /** An integer in [low, high]. */
  integer(low: number, high: number): number {
    return this.#gen(fc.integer, { min: low, max: Math.max(low, high) });
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** Once in so many times. */
  once(times: number): boolean {
    return this.integer(1, times) === times;
  }

  truth(): boolean {
    return this.integer(0, 1) === 1;
  }

  list<T>(count: number, make: (i: number) => T): T[] {
    return Array.from({ length: count }, (_, i) => make(i));
  }

  /** The length of an axis, now and then 0. */
  length(most = 65): number {
    if (this.once(20)) return 0;
    return this.pick(LENGTHS.filter((length) => length <= most));
  }

  /** A shape of a rank from `least` to `most` and of at most some thousand elements. */
  shape(least = 0, most = 6): number[] {
    const rank = this.integer(least, most);
    let room = 2000;
    return this.list(rank, () => {
      const length = this.length(Math.max(1, Math.min(rank > 3 ? 5 : 65, room)));
      room = Math.floor(room / Math.max(1, length));
      return length;
    });
  }

  /** A shape that broadcasts to another: some axes are 1, or missing. */
  narrowed(shape: readonly number[]): number[] {
    const kept = shape.map((length) => (this.once(3) ? 1 : length));
    return kept.slice(this.once(2) ? this.integer(0, kept.length) : 0);
  }

  /** Two shapes that broadcast, and rarely two that do not. */
  pair(): [number[], number[]] {
    const shape = this.shape();
    if (this.once(40)) return [[2, 3], [4]];
    return this.truth() ? [this.narrowed(shape), shape] : [shape, this.narrowed(shape)];
  }

  /** An axis of a shape, counted from either end. */
  axis(rank: number): number {
    return this.integer(-rank, rank - 1);
  }

  /** Different axes in any order; possibly none. */
  axes(rank: number): number[] {
    return this.#gen(fc.shuffledSubarray, [...Array(rank).keys()] as number[]);
  }

  permutation(rank: number): number[] {
    const all = [...Array(rank).keys()];
    return this.#gen(fc.shuffledSubarray, all, { minLength: rank });
  }

  float(low: number, high: number): number {
    return Math.fround(low + ((high - low) * this.integer(0, 1000)) / 1000);
  }

  /** A tensor of random values. */
  tensor(shape: readonly number[], dtype: DType = "float32", kind: Kind = "moderate"): Given {
    const random = new Random(this.integer(0, 2 ** 31 - 1));
    const size = sizeOf(shape);
    return { shape: [...shape], dtype, values: valuesOf(random, size, dtype, kind) };
  }

  /** Integers in [low, high]. */
  integers(shape: readonly number[], low: number, high: number): Given {
    const random = new Random(this.integer(0, 2 ** 31 - 1));
    const values = Int32Array.from({ length: sizeOf(shape) }, () => low + random.below(high - low + 1));
    return { shape: [...shape], dtype: "int32", values };
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** Integers as a vector. */
export function vector(values: readonly number[]): Given {
  return { shape: [values.length], dtype: "int32", values: Int32Array.from(values) };
}

function valuesOf(random: Random, size: number, dtype: DType, kind: Kind): Given["values"] {
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T;
  switch (dtype) {
    case "string":
      return Array.from({ length: size }, () => pick(STRINGS));
    case "bool":
      return Uint8Array.from({ length: size }, () => random.below(2));
    case "int32":
      return Int32Array.from({ length: size }, () =>
        kind === "any" && random.below(3) === 0 ? pick(INTEGERS) : random.below(19) - 9,
      );
    case "complex64":
      return Float32Array.from({ length: 2 * size }, () => floatOf(random, kind));
    case "float32":
      return Float32Array.from({ length: size }, () => floatOf(random, kind));
  }
}

function floatOf(random: Random, kind: Kind): number {
  if (kind === "unit") return random.uniform(0.01, 1);
  if (kind === "ties") return random.below(7) - 3;
  if (kind === "special" && random.below(30) === 0) return SPECIAL[random.below(SPECIAL.length)] as number;
  if (kind === "moderate" || kind === "special") return random.uniform(-2, 2);
  switch (random.below(8)) {
    case 0:
      return FLOATS[random.below(FLOATS.length)] as number;
    case 1:
      return random.uniform(-1, 1) * 2 ** (random.below(270) - 140);
    case 2:
      return random.below(41) / 2 - 10;
    default:
      return random.uniform(-4, 4);
  }
}
