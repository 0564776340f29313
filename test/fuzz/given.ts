/** Valid values that many functions take, drawn at random and small. */

import { type Tensor, tensor, variable } from "../../lib/index.js";
import type { Draw } from "../tfjs/fuzz/draw.js";

/** The arguments of a function that it takes, drawn anew; of a method, its object before them. */
export type Arguments = (draw: Draw) => readonly unknown[];

/** Valid arguments of every callable of a module by its name; `"f()"` is what `f` returns, and `"f().g"` a member of that. */
export type Table = Readonly<Record<string, Arguments>>;

/** Lengths of a few axes, each of 1 to 4. */
export function shapeOf(draw: Draw, rank = draw.integer(0, 4)): number[] {
  return draw.list(rank, () => draw.integer(1, 4));
}

export function floats(draw: Draw, shape = shapeOf(draw)): Tensor {
  const { values } = draw.tensor(shape, "float32", draw.once(8) ? "any" : "moderate");
  return tensor(values as Float32Array, { shape });
}

/** Integers in [low, high]. */
export function integers(draw: Draw, shape: readonly number[], low = 0, high = 1): Tensor {
  return tensor(draw.integers(shape, low, high).values as Int32Array, { shape });
}

export function bools(draw: Draw, shape = shapeOf(draw)): Tensor {
  return tensor(draw.tensor(shape, "bool").values as Uint8Array, { shape, dtype: "bool" });
}

/** `[n, c, h, w]`, with room for windows of 3. */
export function images(draw: Draw, channels = draw.integer(1, 3)): Tensor {
  return floats(draw, [draw.integer(1, 2), channels, draw.integer(3, 6), draw.integer(3, 6)]);
}

/** A variable of floats. */
export function parameter(draw: Draw, shape = shapeOf(draw, 2)): Tensor {
  return variable(floats(draw, shape), { name: "w" });
}

/** Options of which each is there or not. */
export function some(draw: Draw, options: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(options).filter(() => draw.truth()));
}

/** Options in a list of arguments that may also end before them. */
export function maybe(draw: Draw, options: Readonly<Record<string, unknown>>): object[] {
  return draw.once(4) ? [] : [some(draw, options)];
}

/** Copies a table for functions that take the same. */
export function each(names: string, args: (draw: Draw, name: string) => readonly unknown[]): Table {
  return Object.fromEntries(names.split(" ").map((name) => [name, (draw: Draw) => args(draw, name)]));
}
